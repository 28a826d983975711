-- A version that changes another stays the change that it was drafted as, and is frozen with its text (rule 10).

CREATE FUNCTION contracts_guard_amending() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER contracts_version_amending BEFORE INSERT OR UPDATE ON contracts_contractversion
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_amending();
ALTER TABLE contracts_contractversion ENABLE ALWAYS TRIGGER contracts_version_amending;
