-- What was known at a past moment stays what it was: a source's knowledge only grows, and an observation
-- belongs to the file that brought it, in that file's own transaction.

CREATE FUNCTION measurements_guard_payload() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    latest timestamptz;
BEGIN
    -- One import of a source at a time; without the lock two could pass each other unseen.
    PERFORM FROM public.measurements_source WHERE id = NEW.source_id FOR NO KEY UPDATE;
    SELECT max(known_at) INTO latest FROM public.measurements_payload
        WHERE source_id = NEW.source_id AND parser = NEW.parser;
    IF latest > NEW.known_at THEN
        RAISE EXCEPTION 'known_at % lies before %, when this source last reported', NEW.known_at, latest
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'measurements_payload_knowledge_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measurements_payload_guard BEFORE INSERT ON measurements_payload
    FOR EACH ROW EXECUTE FUNCTION measurements_guard_payload();
ALTER TABLE measurements_payload ENABLE ALWAYS TRIGGER measurements_payload_guard;

CREATE FUNCTION measurements_guard_observations() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added
        JOIN public.measurements_payload payload ON payload.id = added.payload_id
        WHERE payload.source_id <> added.source_id
           OR payload.known_at <> added.known_at
           OR payload.transaction_id <> pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION 'an observation of another source, moment or transaction than its payload'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = TG_TABLE_NAME || '_of_its_payload';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER measurements_intervalobservation_guard AFTER INSERT ON measurements_intervalobservation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_observations();
ALTER TABLE measurements_intervalobservation ENABLE ALWAYS TRIGGER measurements_intervalobservation_guard;
CREATE TRIGGER measurements_secondsobservation_guard AFTER INSERT ON measurements_secondsobservation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_observations();
ALTER TABLE measurements_secondsobservation ENABLE ALWAYS TRIGGER measurements_secondsobservation_guard;
CREATE TRIGGER measurements_vendorfigure_guard AFTER INSERT ON measurements_vendorfigure
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_observations();
ALTER TABLE measurements_vendorfigure ENABLE ALWAYS TRIGGER measurements_vendorfigure_guard;
