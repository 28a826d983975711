DROP TRIGGER contracts_remarkanswer_guard ON contracts_remarkanswer;
DROP FUNCTION contracts_guard_remark_answer();
DROP TRIGGER contracts_checklistanswer_guard ON contracts_checklistanswer;
DROP TRIGGER contracts_reviewremark_guard ON contracts_reviewremark;
DROP FUNCTION contracts_guard_of_this_text();
DROP TRIGGER contracts_signerstep_guard ON contracts_signerstep;
DROP TRIGGER contracts_namedsigner_guard ON contracts_namedsigner;
DROP FUNCTION contracts_guard_signers();
DROP TRIGGER contracts_signaturevoided_guard ON contracts_signaturevoided;
DROP FUNCTION contracts_guard_voided();

CREATE OR REPLACE FUNCTION contracts_guard_version() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signatures bigint;
    broken text;
    message text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a version begins as a draft, not as %', NEW.state
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_state_in_order';
        END IF;
        RETURN NEW;
    END IF;

    SELECT count(*) INTO signatures FROM public.contracts_signature WHERE version_id = OLD.id;

    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' OR signatures > 0 THEN
            RAISE EXCEPTION 'version % is % and is kept', OLD.id, OLD.state
                USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_kept';
        END IF;
        RETURN OLD;
    END IF;

    IF (NEW.id, NEW.contract_id, NEW.number, NEW.created_by_id, NEW.recorded_at)
       IS DISTINCT FROM (OLD.id, OLD.contract_id, OLD.number, OLD.created_by_id, OLD.recorded_at) THEN
        broken := 'contracts_version_frozen';
        message := 'whose version it is, by whom and since when';
    ELSIF (OLD.state <> 'draft' OR signatures > 0)
       AND (NEW.terms, NEW.terms_sha256, NEW.effective_from_on, NEW.effective_until_on)
           IS DISTINCT FROM (OLD.terms, OLD.terms_sha256, OLD.effective_from_on, OLD.effective_until_on) THEN
        broken := 'contracts_version_frozen';
        message := 'the text of a version that is no draft any more';
    ELSIF NEW.signed_on IS DISTINCT FROM OLD.signed_on AND NOT (OLD.state = 'in_review' AND NEW.state = 'signed') THEN
        broken := 'contracts_version_frozen';
        message := 'the day of signing, other than by signing';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'version %: % cannot be changed', OLD.id, message
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
    END IF;

    IF NEW.state <> OLD.state AND NOT (
           (OLD.state = 'draft' AND NEW.state IN ('in_review', 'withdrawn'))
        OR (OLD.state = 'in_review' AND NEW.state IN ('signed', 'withdrawn'))
        OR (OLD.state = 'in_review' AND NEW.state = 'draft' AND signatures = 0)) THEN
        RAISE EXCEPTION 'version % cannot go from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_version_state_in_order';
    END IF;

    IF NEW.state = 'signed' AND OLD.state <> 'signed' THEN
        IF NOT EXISTS (
            SELECT FROM public.contracts_contract c
            JOIN public.contracts_legalentity ours ON ours.id = c.legal_entity_id
            JOIN public.contracts_counterparty theirs ON theirs.id = c.counterparty_id
            WHERE c.id = NEW.contract_id
              AND EXISTS (SELECT FROM public.contracts_signature s
                          WHERE s.version_id = NEW.id AND s.party = ours.name)
              AND EXISTS (SELECT FROM public.contracts_signature s
                          WHERE s.version_id = NEW.id AND s.party = theirs.name)) THEN
            RAISE EXCEPTION 'version % lacks a party''s signature', NEW.id
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_signed_by_both';
        END IF;
        IF (SELECT s.recorded_by_id FROM public.contracts_signature s
            WHERE s.version_id = NEW.id ORDER BY s.id DESC LIMIT 1) = NEW.created_by_id THEN
            RAISE EXCEPTION 'version % was drafted by whoever recorded its last signature', NEW.id
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_four_eyes';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION contracts_guard_signature() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    version record;
BEGIN
    -- The lock keeps the text still between this look at it and the commit.
    SELECT v.state, v.terms_sha256 INTO version
        FROM public.contracts_contractversion v WHERE v.id = NEW.version_id FOR UPDATE;
    IF version.state <> 'in_review' THEN
        RAISE EXCEPTION 'version % is %, not in review, and cannot be signed', NEW.version_id, version.state
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_signature_in_review';
    END IF;
    IF NEW.terms_sha256 = '' OR version.terms_sha256 <> NEW.terms_sha256 THEN
        RAISE EXCEPTION 'the signature under version % is for another text', NEW.version_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_signature_of_this_text';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION contracts_guard_amending() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    base record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.kind, NEW.amends_id) IS DISTINCT FROM (OLD.kind, OLD.amends_id) THEN
            RAISE EXCEPTION 'version %: what it changes is said once', OLD.id
                USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_frozen';
        END IF;
        IF NEW.amendment IS DISTINCT FROM OLD.amendment AND (OLD.state <> 'draft' OR EXISTS (
                SELECT FROM public.contracts_signature s WHERE s.version_id = OLD.id)) THEN
            RAISE EXCEPTION 'version %: the change of a version that is no draft any more cannot be changed', OLD.id
                USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_frozen';
        END IF;
    END IF;
    IF NEW.amends_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT v.contract_id, v.state, v.kind, v.terms_sha256 INTO base
        FROM public.contracts_contractversion v WHERE v.id = NEW.amends_id;
    IF base.contract_id IS DISTINCT FROM NEW.contract_id OR base.state IS DISTINCT FROM 'signed'
       OR base.kind NOT IN ('whole', 'amendment') THEN
        RAISE EXCEPTION 'version % is written upon no signed text of its contract', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_version_amends_a_signed_text';
    END IF;
    IF NEW.kind IN ('amendment', 'variation') AND (
           NEW.amendment ->> 'base_sha256' IS DISTINCT FROM base.terms_sha256
        OR NEW.amendment ->> 'kind' IS DISTINCT FROM NEW.kind) THEN
        RAISE EXCEPTION 'version %: its document is a change of another text', NEW.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_version_amends_this_text';
    END IF;
    RETURN NEW;
END $$;

DROP FUNCTION contracts_named_signers(bigint);
DROP FUNCTION contracts_live_signatures(bigint);
DROP FUNCTION contracts_open_objection(bigint);
DROP FUNCTION contracts_checklist_missing(bigint, text);
DROP FUNCTION contracts_checklist_required(text);
