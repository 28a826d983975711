-- What is said of how a payload came in is said when it comes in, in its own transaction, or never.

CREATE FUNCTION measurements_guard_intake() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added
        JOIN public.measurements_payload payload ON payload.id = added.payload_id
        WHERE payload.transaction_id <> pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION 'how a payload came in is written in the transaction of the payload'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = TG_TABLE_NAME || '_of_its_payload';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER measurements_intake_guard AFTER INSERT ON measurements_intake
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_intake();
ALTER TABLE measurements_intake ENABLE ALWAYS TRIGGER measurements_intake_guard;

CREATE TRIGGER measurements_maintenancenotice_guard AFTER INSERT ON measurements_maintenancenotice
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_observations();
ALTER TABLE measurements_maintenancenotice ENABLE ALWAYS TRIGGER measurements_maintenancenotice_guard;
