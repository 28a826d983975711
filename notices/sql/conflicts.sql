-- A conflict of promises that is found is announced by whoever writes that it was, as breaches are.

CREATE FUNCTION notices_announce_conflict() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO public.notices_announcement (kind, conflict_step_id) VALUES ('conflict', NEW.id)
        ON CONFLICT (conflict_step_id) DO NOTHING RETURNING id INTO made;
    IF made IS NOT NULL THEN
        INSERT INTO public.base_job (kind, key, arguments, correlation_id, attempts, last_error)
            VALUES ('notices.compose', made::text, jsonb_build_object('announcement_id', made), '', 0, '')
            ON CONFLICT (kind, key) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER contracts_conflictstep_announced AFTER INSERT ON contracts_conflictstep
    FOR EACH ROW WHEN (NEW.kind = 'found') EXECUTE FUNCTION notices_announce_conflict();
ALTER TABLE contracts_conflictstep ENABLE ALWAYS TRIGGER contracts_conflictstep_announced;
