DROP TRIGGER measurements_differencetolerance_guard ON measurements_differencetolerance;
DROP TRIGGER measurements_differencedecision_guard ON measurements_differencedecision;
DROP TRIGGER measurements_attribution_guard ON measurements_attribution;
DROP FUNCTION measurements_guard_person();
DROP TRIGGER measurements_evidence_guard ON measurements_exclusionevidence;
DROP FUNCTION measurements_guard_evidence();

CREATE OR REPLACE FUNCTION measurements_guard_decision() RETURNS trigger LANGUAGE plpgsql
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
