-- A batch is made whole, once, and says of its files what they are.

CREATE FUNCTION exports_check_file() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.sha256 <> encode(sha256(NEW.content), 'hex') THEN
        RAISE EXCEPTION 'file % has another SHA-256 than its content', NEW.name
            USING ERRCODE = 'check_violation', CONSTRAINT = 'exports_file_hash';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exports_exportfile_checked BEFORE INSERT ON exports_exportfile
    FOR EACH ROW EXECUTE FUNCTION exports_check_file();
ALTER TABLE exports_exportfile ENABLE ALWAYS TRIGGER exports_exportfile_checked;

CREATE FUNCTION exports_check_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    batch public.exports_exportbatch;
    owner_id bigint;
    last_outcome text;
BEGIN
    SELECT * INTO batch FROM public.exports_exportbatch WHERE id = NEW.batch_id;
    SELECT coalesce(
        (SELECT legal_entity_id FROM public.credits_journalentry WHERE id = NEW.entry_id),
        (SELECT legal_entity_id FROM public.credits_creditmemo WHERE id = NEW.memo_id)) INTO owner_id;
    IF batch.target IS DISTINCT FROM NEW.target OR batch.legal_entity_id IS DISTINCT FROM owner_id THEN
        RAISE EXCEPTION 'line % is of another target or legal entity than its batch', NEW.external_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'exports_line_of_its_entity';
    END IF;
    IF NEW.attempt > 1 THEN
        SELECT said.outcome INTO last_outcome
          FROM public.exports_exportline before
          JOIN public.exports_importreport report ON report.batch_id = before.batch_id
          JOIN public.exports_importreportline said
            ON said.report_id = report.id AND said.external_id = before.external_id
         WHERE before.target = NEW.target AND before.external_id = NEW.external_id
           AND before.attempt = NEW.attempt - 1
         ORDER BY report.number DESC LIMIT 1;
        IF last_outcome IS DISTINCT FROM 'rejected' THEN
            RAISE EXCEPTION 'line % was not rejected; it is exported once', NEW.external_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'exports_line_again_if_rejected';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exports_exportline_checked BEFORE INSERT ON exports_exportline
    FOR EACH ROW EXECUTE FUNCTION exports_check_line();
ALTER TABLE exports_exportline ENABLE ALWAYS TRIGGER exports_exportline_checked;

-- At the commit: as many lines and files as the batch says, whichever of the three was written last.
CREATE FUNCTION exports_check_batch_whole() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    batch public.exports_exportbatch;
    wanted bigint := CASE TG_TABLE_NAME WHEN 'exports_exportbatch' THEN (to_jsonb(NEW) ->> 'id')::bigint
                          ELSE (to_jsonb(NEW) ->> 'batch_id')::bigint END;
BEGIN
    SELECT * INTO batch FROM public.exports_exportbatch WHERE id = wanted;
    IF batch.line_count <> (SELECT count(*) FROM public.exports_exportline WHERE batch_id = wanted)
        OR batch.file_count <> (SELECT count(*) FROM public.exports_exportfile WHERE batch_id = wanted)
        OR batch.line_count = 0 OR batch.file_count = 0 THEN
        RAISE EXCEPTION 'batch % is not whole', wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'exports_batch_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER exports_exportbatch_whole AFTER INSERT ON exports_exportbatch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION exports_check_batch_whole();
ALTER TABLE exports_exportbatch ENABLE ALWAYS TRIGGER exports_exportbatch_whole;
CREATE CONSTRAINT TRIGGER exports_exportfile_whole AFTER INSERT ON exports_exportfile
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION exports_check_batch_whole();
ALTER TABLE exports_exportfile ENABLE ALWAYS TRIGGER exports_exportfile_whole;

-- Lines come by the thousand: counted once per statement, not once per line.
CREATE FUNCTION exports_check_lines_whole() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.exports_exportbatch batch
                WHERE batch.id IN (SELECT batch_id FROM added)
                  AND batch.line_count < (SELECT count(*) FROM public.exports_exportline WHERE batch_id = batch.id))
    THEN
        RAISE EXCEPTION 'a batch has more lines than it says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'exports_batch_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER exports_exportline_whole AFTER INSERT ON exports_exportline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION exports_check_lines_whole();
ALTER TABLE exports_exportline ENABLE ALWAYS TRIGGER exports_exportline_whole;

CREATE FUNCTION exports_check_report_whole() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.row_count <> (SELECT count(*) FROM public.exports_importreportline WHERE report_id = NEW.id) THEN
        RAISE EXCEPTION 'report % has not as many lines as it says', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'exports_report_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER exports_importreport_whole AFTER INSERT ON exports_importreport
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION exports_check_report_whole();
ALTER TABLE exports_importreport ENABLE ALWAYS TRIGGER exports_importreport_whole;

CREATE FUNCTION exports_check_report_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.exports_importreport report
                WHERE report.id IN (SELECT report_id FROM added)
                  AND report.row_count
                      < (SELECT count(*) FROM public.exports_importreportline WHERE report_id = report.id)) THEN
        RAISE EXCEPTION 'a report has more lines than it says'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'exports_report_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER exports_importreportline_checked AFTER INSERT ON exports_importreportline
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION exports_check_report_line();
ALTER TABLE exports_importreportline ENABLE ALWAYS TRIGGER exports_importreportline_checked;
