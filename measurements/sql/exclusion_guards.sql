-- Exclusions act on intervals only, and somebody else than their proposer, a person, decides on them.

CREATE FUNCTION measurements_guard_exclusion() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public.contracts_commitment commitment
        JOIN public.contracts_contractversion version ON version.id = commitment.version_id
        CROSS JOIN LATERAL jsonb_array_elements(version.terms -> 'commitments') clause
        WHERE version.contract_id = NEW.contract_id
          AND commitment.service_id = NEW.service_id
          AND clause ->> 'key' = commitment.key
          AND clause #>> '{indicator,kind}' <> 'uptime_from_intervals') THEN
        RAISE EXCEPTION 'service % is measured by daily seconds in contract %: nothing can be excluded from them',
            NEW.service_id, NEW.contract_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'measurements_exclusion_needs_intervals';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measurements_exclusion_guard BEFORE INSERT ON measurements_exclusion
    FOR EACH ROW EXECUTE FUNCTION measurements_guard_exclusion();
ALTER TABLE measurements_exclusion ENABLE ALWAYS TRIGGER measurements_exclusion_guard;

CREATE FUNCTION measurements_guard_decision() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed record;
    broken text;
    message text;
BEGIN
    SELECT proposed_by_id, proposed_at INTO proposed
        FROM public.measurements_exclusion WHERE id = NEW.exclusion_id;
    IF proposed.proposed_by_id = NEW.decided_by_id THEN
        broken := 'measurements_decision_four_eyes';
        message := 'is decided by whoever proposed it';
    ELSIF EXISTS (SELECT FROM public.base_user WHERE id = NEW.decided_by_id AND kind = 'job') THEN
        broken := 'measurements_decision_by_a_person';
        message := 'is decided by a scheduled job';
    ELSIF NEW.decided_at < proposed.proposed_at THEN
        broken := 'measurements_decision_after_proposal';
        message := 'is decided before it was proposed';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'exclusion % %', NEW.exclusion_id, message
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measurements_decision_guard BEFORE INSERT ON measurements_exclusiondecision
    FOR EACH ROW EXECUTE FUNCTION measurements_guard_decision();
ALTER TABLE measurements_exclusiondecision ENABLE ALWAYS TRIGGER measurements_decision_guard;
