DROP TRIGGER measurements_payloadremoval_removes ON measurements_payloadremoval;
DROP FUNCTION measurements_remove_payload();
DROP TRIGGER measurements_payload_has_content ON measurements_payload;
DROP FUNCTION measurements_payload_needs_content();
DROP TRIGGER measurements_payload_append_only ON measurements_payload;
DROP FUNCTION measurements_refuse_payload_change();
-- What was removed does not come back; before this migration there was no word for that.
ALTER TABLE measurements_payload DISABLE TRIGGER measurements_payload_has_event;
UPDATE measurements_payload SET content = '' WHERE content IS NULL;
ALTER TABLE measurements_payload ENABLE ALWAYS TRIGGER measurements_payload_has_event;
CREATE TRIGGER measurements_payload_append_only BEFORE UPDATE OR DELETE ON measurements_payload
    FOR EACH ROW EXECUTE FUNCTION base_refuse_change();
ALTER TABLE measurements_payload ENABLE ALWAYS TRIGGER measurements_payload_append_only;
