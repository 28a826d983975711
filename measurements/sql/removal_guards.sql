-- The bytes of a payload go in one way only: with the row that says that they went, which is refused before the
-- source's retention is over. Everything else of a payload stays a fact that nobody changes, the owner included.

CREATE FUNCTION measurements_refuse_payload_change() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        OLD.content := NULL;
        IF OLD IS NOT DISTINCT FROM NEW
            AND EXISTS (SELECT FROM public.measurements_payloadremoval WHERE payload_id = OLD.id) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: its rows are facts and are only ever appended', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'measurements_payload_append_only', TABLE = TG_TABLE_NAME;
END $$;
DROP TRIGGER measurements_payload_append_only ON measurements_payload;
CREATE TRIGGER measurements_payload_append_only BEFORE UPDATE OR DELETE ON measurements_payload
    FOR EACH ROW EXECUTE FUNCTION measurements_refuse_payload_change();
ALTER TABLE measurements_payload ENABLE ALWAYS TRIGGER measurements_payload_append_only;

CREATE FUNCTION measurements_payload_needs_content() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.content IS NULL THEN
        RAISE EXCEPTION 'a payload without its bytes'
            USING ERRCODE = 'not_null_violation', CONSTRAINT = 'measurements_payload_has_content',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measurements_payload_has_content BEFORE INSERT ON measurements_payload
    FOR EACH ROW EXECUTE FUNCTION measurements_payload_needs_content();
ALTER TABLE measurements_payload ENABLE ALWAYS TRIGGER measurements_payload_has_content;

-- Runs as the owner: the application has no right to change payloads.
CREATE FUNCTION measurements_remove_payload() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept record;
    allowed integer;
BEGIN
    SELECT source_id, retrieved_at, octet_length(content) AS bytes INTO kept
        FROM public.measurements_payload WHERE id = NEW.payload_id FOR NO KEY UPDATE;
    SELECT payload_days INTO allowed
        FROM public.measurements_intakepolicy WHERE source_id = kept.source_id FOR SHARE;
    IF allowed IS NULL OR NEW.retention_days <> allowed
        OR kept.retrieved_at + make_interval(days => allowed) > NEW.removed_at
        OR NEW.removed_at > clock_timestamp() + interval '5 minutes' THEN
        RAISE EXCEPTION 'payload % is still to be kept', NEW.payload_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'measurements_removal_past_retention',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF kept.bytes IS DISTINCT FROM NEW.byte_count THEN
        RAISE EXCEPTION 'payload % has % bytes, not %', NEW.payload_id, kept.bytes, NEW.byte_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'measurements_removal_counts_bytes',
                  TABLE = TG_TABLE_NAME;
    END IF;
    UPDATE public.measurements_payload SET content = NULL WHERE id = NEW.payload_id;
    RETURN NULL;
END $$;
CREATE TRIGGER measurements_payloadremoval_removes AFTER INSERT ON measurements_payloadremoval
    FOR EACH ROW EXECUTE FUNCTION measurements_remove_payload();
ALTER TABLE measurements_payloadremoval ENABLE ALWAYS TRIGGER measurements_payloadremoval_removes;
