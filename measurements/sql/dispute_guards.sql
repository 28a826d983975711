-- Whoever proposed an exclusion may withdraw it and decide nothing else; words alone excuse no outage; evidence,
-- tolerances, attributions and accepted figures are the acts of persons.

CREATE OR REPLACE FUNCTION measurements_guard_decision() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposed record;
    broken text;
    message text;
BEGIN
    -- Evidence that is just being added waits here, so that none comes in after the decision.
    SELECT proposed_by_id, proposed_at, kind INTO proposed
        FROM public.measurements_exclusion WHERE id = NEW.exclusion_id;
    PERFORM pg_advisory_xact_lock(hashtextextended('measurements_exclusion', NEW.exclusion_id));
    IF NEW.verdict = 'withdrawn' AND proposed.proposed_by_id <> NEW.decided_by_id THEN
        broken := 'measurements_withdrawal_by_proposer';
        message := 'is withdrawn by somebody else than who proposed it';
    ELSIF NEW.verdict <> 'withdrawn' AND proposed.proposed_by_id = NEW.decided_by_id THEN
        broken := 'measurements_decision_four_eyes';
        message := 'is decided by whoever proposed it';
    ELSIF EXISTS (SELECT FROM public.base_user WHERE id = NEW.decided_by_id AND kind = 'job') THEN
        broken := 'measurements_decision_by_a_person';
        message := 'is decided by a scheduled job';
    ELSIF NEW.decided_at < proposed.proposed_at THEN
        broken := 'measurements_decision_after_proposal';
        message := 'is decided before it was proposed';
    ELSIF NEW.verdict = 'approved' AND proposed.kind <> 'planned_maintenance' AND NOT EXISTS (
            SELECT FROM public.measurements_exclusionevidence WHERE exclusion_id = NEW.exclusion_id) THEN
        broken := 'measurements_decision_needs_evidence';
        message := 'is approved without a file or a link that shows it';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'exclusion % %', NEW.exclusion_id, message
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = broken;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION measurements_guard_evidence() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('measurements_exclusion', NEW.exclusion_id));
    IF EXISTS (SELECT FROM public.measurements_exclusiondecision WHERE exclusion_id = NEW.exclusion_id) THEN
        RAISE EXCEPTION 'exclusion % is decided already: evidence comes before the decision', NEW.exclusion_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'measurements_evidence_before_decision';
    END IF;
    IF NEW.content IS NOT NULL AND encode(sha256(NEW.content), 'hex') <> NEW.sha256 THEN
        RAISE EXCEPTION 'the bytes of % do not give the hash %', NEW.name, NEW.sha256
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'measurements_evidence_has_its_hash';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measurements_evidence_guard BEFORE INSERT ON measurements_exclusionevidence
    FOR EACH ROW EXECUTE FUNCTION measurements_guard_evidence();
ALTER TABLE measurements_exclusionevidence ENABLE ALWAYS TRIGGER measurements_evidence_guard;

CREATE FUNCTION measurements_guard_person() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public.base_user
        WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint AND kind = 'job') THEN
        RAISE EXCEPTION 'a scheduled job acts, but decides nothing'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_by_a_person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measurements_attribution_guard BEFORE INSERT ON measurements_attribution
    FOR EACH ROW EXECUTE FUNCTION measurements_guard_person('decided_by_id');
ALTER TABLE measurements_attribution ENABLE ALWAYS TRIGGER measurements_attribution_guard;
CREATE TRIGGER measurements_differencedecision_guard BEFORE INSERT ON measurements_differencedecision
    FOR EACH ROW EXECUTE FUNCTION measurements_guard_person('decided_by_id');
ALTER TABLE measurements_differencedecision ENABLE ALWAYS TRIGGER measurements_differencedecision_guard;
CREATE TRIGGER measurements_differencetolerance_guard BEFORE INSERT ON measurements_differencetolerance
    FOR EACH ROW EXECUTE FUNCTION measurements_guard_person('set_by_id');
ALTER TABLE measurements_differencetolerance ENABLE ALWAYS TRIGGER measurements_differencetolerance_guard;
