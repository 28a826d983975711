-- The life of a version from draft to signed: remarks, the checklist, named signers, and signatures that are voided.

-- The items of the checklist that a paper under this law must have answered; contracts/checklist.py says the same.
CREATE FUNCTION contracts_checklist_required(law text) RETURNS SETOF text LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT item FROM (VALUES
        ('governing_law', NULL::text[]), ('jurisdiction', NULL), ('credit_character', NULL),
        ('exclusive_remedy', NULL), ('liability_cap', NULL), ('penalty_test', NULL), ('notice_form', NULL),
        ('precedence', NULL), ('data_relied_on', NULL), ('chronic_failure', NULL),
        ('de_at_standard_terms', ARRAY['DE', 'AT']), ('de_lower_damage', ARRAY['DE']), ('at_moderation', ARRAY['AT']),
        ('uk_reasonableness', ARRAY['UK']), ('us_reasonable_forecast', ARRAY['US']), ('fr_moderation', ARRAY['FR'])
    ) AS known (item, laws)
    WHERE laws IS NULL OR law = ANY (laws)
$$;

-- The first required item that nobody answered for exactly this text, NULL where all are.
CREATE FUNCTION contracts_checklist_missing(of_version bigint, text_hash text) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT required.item
    FROM public.contracts_checklist_required(
        (SELECT a.answer FROM public.contracts_checklistanswer a
         WHERE a.version_id = of_version AND a.terms_sha256 = text_hash AND a.item = 'governing_law'
         ORDER BY a.id DESC LIMIT 1)) AS required (item)
    WHERE NOT EXISTS (
        SELECT FROM public.contracts_checklistanswer a
        WHERE a.version_id = of_version AND a.terms_sha256 = text_hash AND a.item = required.item)
    LIMIT 1
$$;

-- The first objection of a version that nothing closed.
CREATE FUNCTION contracts_open_objection(of_version bigint) RETURNS bigint LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.id FROM public.contracts_reviewremark r
    WHERE r.version_id = of_version AND r.kind = 'objection' AND NOT EXISTS (
        SELECT FROM public.contracts_remarkanswer a
        WHERE a.remark_id = r.id
          AND (a.outcome = 'withdrawn' OR (a.outcome IN ('accepted', 'rejected') AND r.objection_class <> 'veto')))
    ORDER BY r.id LIMIT 1
$$;

-- Signatures of a version that were not voided.
CREATE FUNCTION contracts_live_signatures(of_version bigint) RETURNS SETOF public.contracts_signature
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT s.* FROM public.contracts_signature s
    WHERE s.version_id = of_version
      AND NOT EXISTS (SELECT FROM public.contracts_signaturevoided v WHERE v.signature_id = s.id)
$$;

-- Named signers who were not taken off the list.
CREATE FUNCTION contracts_named_signers(of_version bigint) RETURNS SETOF public.contracts_namedsigner
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT n.* FROM public.contracts_namedsigner n
    WHERE n.version_id = of_version
      AND NOT EXISTS (SELECT FROM public.contracts_signerstep p WHERE p.signer_id = n.id AND p.kind = 'removed')
$$;

CREATE OR REPLACE FUNCTION contracts_guard_version() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signatures bigint;
    named text;
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

    SELECT count(*) INTO signatures FROM public.contracts_live_signatures(OLD.id);

    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft'
           OR EXISTS (SELECT FROM public.contracts_signature WHERE version_id = OLD.id) THEN
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
              AND EXISTS (SELECT FROM public.contracts_live_signatures(NEW.id) s
                          WHERE s.party = ours.name AND s.terms_sha256 = NEW.terms_sha256)
              AND EXISTS (SELECT FROM public.contracts_live_signatures(NEW.id) s
                          WHERE s.party = theirs.name AND s.terms_sha256 = NEW.terms_sha256)) THEN
            RAISE EXCEPTION 'version % lacks a party''s signature', NEW.id
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_signed_by_both';
        END IF;
        SELECT n.name INTO named FROM public.contracts_named_signers(NEW.id) n
            WHERE n.must_sign AND NOT EXISTS (
                SELECT FROM public.contracts_live_signatures(NEW.id) s
                WHERE s.signer_id = n.id AND s.terms_sha256 = NEW.terms_sha256)
            ORDER BY n.id LIMIT 1;
        IF named IS NOT NULL THEN
            RAISE EXCEPTION 'version % lacks the signature of %', NEW.id, named
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_signed_by_all_named';
        END IF;
        IF (SELECT s.recorded_by_id FROM public.contracts_live_signatures(NEW.id) s
            ORDER BY s.id DESC LIMIT 1) = NEW.created_by_id THEN
            RAISE EXCEPTION 'version % was drafted by whoever recorded its last signature', NEW.id
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_four_eyes';
        END IF;
        -- A conformed text is made of signed ones; what there was to ask was asked of the change that it is signed with.
        IF NEW.kind = 'conformed' THEN
            IF NOT EXISTS (
                SELECT FROM public.contracts_contractversion v
                WHERE v.contract_id = NEW.contract_id AND v.state = 'signed' AND v.kind <> 'conformed'
                  AND to_jsonb(v.number) = NEW.amendment -> 'signed_with') THEN
                RAISE EXCEPTION 'version %: the change that it would be signed with is not in force', NEW.id
                    USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                          CONSTRAINT = 'contracts_version_conformed_with_a_signed_change';
            END IF;
            RETURN NEW;
        END IF;
        IF public.contracts_open_objection(NEW.id) IS NOT NULL THEN
            RAISE EXCEPTION 'version %: objection % is open', NEW.id, public.contracts_open_objection(NEW.id)
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_no_open_objection';
        END IF;
        named := public.contracts_checklist_missing(NEW.id, NEW.terms_sha256);
        IF named IS NOT NULL THEN
            RAISE EXCEPTION 'version %: item % of the checklist is not answered', NEW.id, named
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_version_checklist_answered';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION contracts_guard_signature() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    version record;
    named record;
    waits_for text;
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
    IF EXISTS (SELECT FROM public.contracts_live_signatures(NEW.version_id) s
               WHERE s.party = NEW.party AND s.signatory = NEW.signatory) THEN
        RAISE EXCEPTION '% signed version % for % already', NEW.signatory, NEW.version_id, NEW.party
            USING ERRCODE = 'unique_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'contracts_signature_once';
    END IF;
    SELECT n.* INTO named FROM public.contracts_named_signers(NEW.version_id) n WHERE n.id = NEW.signer_id;
    IF NEW.signer_id IS NULL THEN
        IF EXISTS (SELECT FROM public.contracts_named_signers(NEW.version_id) n WHERE n.party = NEW.party) THEN
            RAISE EXCEPTION '% is not named to sign version % for %', NEW.signatory, NEW.version_id, NEW.party
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_signature_of_a_named_signer';
        END IF;
    ELSIF named.id IS NULL OR named.party <> NEW.party OR named.name <> NEW.signatory THEN
        RAISE EXCEPTION 'the signature under version % is not the named signer''s', NEW.version_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_signature_of_a_named_signer';
    ELSIF named.position IS NOT NULL THEN
        SELECT n.name INTO waits_for FROM public.contracts_named_signers(NEW.version_id) n
            WHERE n.must_sign AND n.position < named.position AND NOT EXISTS (
                SELECT FROM public.contracts_live_signatures(NEW.version_id) s WHERE s.signer_id = n.id)
            ORDER BY n.position LIMIT 1;
        IF waits_for IS NOT NULL THEN
            RAISE EXCEPTION '% signs version % after %', NEW.signatory, NEW.version_id, waits_for
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_signature_in_order';
        END IF;
    END IF;
    RETURN NEW;
END $$;

-- A signature is voided only while its version is in review: what is in force stays signed.
CREATE FUNCTION contracts_guard_voided() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_state text;
BEGIN
    SELECT v.state INTO found_state
        FROM public.contracts_contractversion v
        JOIN public.contracts_signature s ON s.version_id = v.id
        WHERE s.id = NEW.signature_id FOR UPDATE OF v;
    IF found_state <> 'in_review' THEN
        RAISE EXCEPTION 'signature % stands under a version that is %', NEW.signature_id, found_state
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_signaturevoided_in_review';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_signaturevoided_guard BEFORE INSERT ON contracts_signaturevoided
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_voided();
ALTER TABLE contracts_signaturevoided ENABLE ALWAYS TRIGGER contracts_signaturevoided_guard;

-- The list of signers changes while nobody has signed, and only before the version is in force.
CREATE FUNCTION contracts_guard_signers() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_version bigint;
    version record;
    ours boolean;
BEGIN
    IF TG_TABLE_NAME = 'contracts_signerstep' THEN
        SELECT n.version_id INTO of_version FROM public.contracts_namedsigner n WHERE n.id = NEW.signer_id;
    ELSE
        of_version := NEW.version_id;
    END IF;
    SELECT v.state, v.terms_sha256, v.contract_id INTO version
        FROM public.contracts_contractversion v WHERE v.id = of_version FOR UPDATE;
    IF version.state NOT IN ('draft', 'in_review') THEN
        RAISE EXCEPTION 'version % is %: its signers are what they were', of_version, version.state
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'contracts_signers_before_signing';
    END IF;
    IF TG_TABLE_NAME = 'contracts_namedsigner' THEN
        SELECT true INTO ours FROM public.contracts_contract c
            JOIN public.contracts_legalentity e ON e.id = c.legal_entity_id
            JOIN public.contracts_counterparty p ON p.id = c.counterparty_id
            WHERE c.id = version.contract_id AND NEW.party IN (e.name, p.name);
        IF ours IS NULL THEN
            RAISE EXCEPTION '% is no party of version %', NEW.party, of_version
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'contracts_signers_of_a_party';
        END IF;
    ELSIF NEW.kind <> 'removed' THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM public.contracts_live_signatures(of_version)) THEN
        RAISE EXCEPTION 'version % carries a signature: its list of signers is fixed', of_version
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'contracts_signers_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_namedsigner_guard BEFORE INSERT ON contracts_namedsigner
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_signers();
ALTER TABLE contracts_namedsigner ENABLE ALWAYS TRIGGER contracts_namedsigner_guard;
CREATE TRIGGER contracts_signerstep_guard BEFORE INSERT ON contracts_signerstep
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_signers();
ALTER TABLE contracts_signerstep ENABLE ALWAYS TRIGGER contracts_signerstep_guard;

-- Remarks and answers of the checklist are for the text as it is, and only before it is signed. The lock makes a signing
-- that runs at the same time wait, or this see its outcome.
CREATE FUNCTION contracts_guard_of_this_text() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    version record;
BEGIN
    SELECT v.state, v.terms_sha256 INTO version
        FROM public.contracts_contractversion v WHERE v.id = NEW.version_id FOR UPDATE;
    IF version.state NOT IN ('draft', 'in_review') THEN
        RAISE EXCEPTION 'version % is %: it is not under review any more', NEW.version_id, version.state
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_before_signing';
    END IF;
    IF NEW.terms_sha256 <> version.terms_sha256 THEN
        RAISE EXCEPTION 'version % has another text by now', NEW.version_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_of_this_text';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_reviewremark_guard BEFORE INSERT ON contracts_reviewremark
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_of_this_text();
ALTER TABLE contracts_reviewremark ENABLE ALWAYS TRIGGER contracts_reviewremark_guard;
CREATE TRIGGER contracts_checklistanswer_guard BEFORE INSERT ON contracts_checklistanswer
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_of_this_text();
ALTER TABLE contracts_checklistanswer ENABLE ALWAYS TRIGGER contracts_checklistanswer_guard;

-- Nobody answers their own objection; a veto is withdrawn by its author, or by somebody who did not draft the text.
CREATE FUNCTION contracts_guard_remark_answer() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    remark record;
BEGIN
    SELECT r.made_by_id, r.kind, r.objection_class, v.state, v.created_by_id INTO remark
        FROM public.contracts_reviewremark r
        JOIN public.contracts_contractversion v ON v.id = r.version_id
        WHERE r.id = NEW.remark_id FOR UPDATE OF v;
    IF remark.state NOT IN ('draft', 'in_review') THEN
        RAISE EXCEPTION 'remark %: its version is % and not under review any more', NEW.remark_id, remark.state
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_remarkanswer_before_signing';
    END IF;
    IF NEW.outcome IN ('accepted', 'rejected') AND NEW.answered_by_id = remark.made_by_id THEN
        RAISE EXCEPTION 'remark %: whoever made it does not decide on it', NEW.remark_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_remarkanswer_by_another';
    END IF;
    IF NEW.outcome = 'withdrawn' AND NEW.answered_by_id <> remark.made_by_id
       AND (remark.objection_class <> 'veto' OR NEW.answered_by_id = remark.created_by_id) THEN
        RAISE EXCEPTION 'remark %: it is not for % to withdraw', NEW.remark_id, NEW.answered_by_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_remarkanswer_withdrawn_by_whom';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_remarkanswer_guard BEFORE INSERT ON contracts_remarkanswer
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_remark_answer();
ALTER TABLE contracts_remarkanswer ENABLE ALWAYS TRIGGER contracts_remarkanswer_guard;

-- As before, but for signatures that were voided: they freeze the change of an amendment no more than its text.
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
                SELECT FROM public.contracts_live_signatures(OLD.id))) THEN
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
