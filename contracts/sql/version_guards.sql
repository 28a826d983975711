-- A version's life and its text (rule 10), its signatures, and the commitments that follow from its document.

CREATE FUNCTION contracts_guard_version() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER contracts_version_guard BEFORE INSERT OR UPDATE OR DELETE ON contracts_contractversion
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_version();
ALTER TABLE contracts_contractversion ENABLE ALWAYS TRIGGER contracts_version_guard;

CREATE FUNCTION contracts_guard_signature() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER contracts_signature_guard BEFORE INSERT ON contracts_signature
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_signature();
ALTER TABLE contracts_signature ENABLE ALWAYS TRIGGER contracts_signature_guard;

CREATE FUNCTION contracts_guard_commitment() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.contracts_contractversion v
        JOIN public.contracts_service s ON s.id = NEW.service_id
        CROSS JOIN LATERAL jsonb_array_elements(v.terms -> 'commitments') clause
        WHERE v.id = NEW.version_id AND v.state = 'signed'
          AND clause ->> 'key' = NEW.key AND (clause -> 'services') ? s.code) THEN
        RAISE EXCEPTION 'no signed text promises % of service %', NEW.key, NEW.service_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_commitment_of_signed_text';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_commitment_guard BEFORE INSERT ON contracts_commitment
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_commitment();
ALTER TABLE contracts_commitment ENABLE ALWAYS TRIGGER contracts_commitment_guard;

CREATE FUNCTION contracts_guard_contract() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.contracts_counterparty c
        WHERE c.id = NEW.counterparty_id
          AND CASE NEW.direction WHEN 'promised_to_us' THEN c.is_vendor ELSE c.is_customer END) THEN
        RAISE EXCEPTION 'contract %: its counterparty is not on the side of %', NEW.reference, NEW.direction
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_contract_side_of_counterparty';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_contract_guard BEFORE INSERT OR UPDATE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_contract();
ALTER TABLE contracts_contract ENABLE ALWAYS TRIGGER contracts_contract_guard;

-- What others refer to by name is given once: the columns are the trigger's arguments.
CREATE FUNCTION contracts_guard_key() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    column_name text;
BEGIN
    FOREACH column_name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(NEW) -> column_name IS DISTINCT FROM to_jsonb(OLD) -> column_name THEN
            RAISE EXCEPTION '%.% is given once and not changed', TG_TABLE_NAME, column_name
                USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, COLUMN = column_name,
                      CONSTRAINT = TG_TABLE_NAME || '_key_fixed';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_legalentity_key BEFORE UPDATE ON contracts_legalentity
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_key('id', 'code');
ALTER TABLE contracts_legalentity ENABLE ALWAYS TRIGGER contracts_legalentity_key;
CREATE TRIGGER contracts_counterparty_key BEFORE UPDATE ON contracts_counterparty
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_key('id', 'code');
ALTER TABLE contracts_counterparty ENABLE ALWAYS TRIGGER contracts_counterparty_key;
CREATE TRIGGER contracts_service_key BEFORE UPDATE ON contracts_service
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_key('id', 'code');
ALTER TABLE contracts_service ENABLE ALWAYS TRIGGER contracts_service_key;
CREATE TRIGGER contracts_contract_key BEFORE UPDATE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION
        contracts_guard_key('id', 'reference', 'legal_entity_id', 'counterparty_id', 'direction', 'currency');
ALTER TABLE contracts_contract ENABLE ALWAYS TRIGGER contracts_contract_key;
