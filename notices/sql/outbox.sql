-- The outbox: whoever writes a breach, or a further revision of a result that was announced, writes with it that
-- there is something to tell, and the work to tell it. No door leads round a trigger.

CREATE FUNCTION notices_announce(what text, result bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO public.notices_announcement (kind, assessment_id) VALUES (what, result)
        ON CONFLICT (assessment_id) DO NOTHING RETURNING id INTO made;
    IF made IS NOT NULL THEN
        INSERT INTO public.base_job (kind, key, arguments, correlation_id, attempts, last_error)
            VALUES ('notices.compose', made::text, jsonb_build_object('announcement_id', made), '', 0, '')
            ON CONFLICT (kind, key) DO NOTHING;
    END IF;
END $$;

CREATE FUNCTION notices_announce_breach() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM public.notices_announce('found', NEW.assessment_id);
    RETURN NULL;
END $$;
CREATE TRIGGER credits_breach_announced AFTER INSERT ON credits_breach
    FOR EACH ROW EXECUTE FUNCTION notices_announce_breach();
ALTER TABLE credits_breach ENABLE ALWAYS TRIGGER credits_breach_announced;

CREATE FUNCTION notices_announce_revision() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    told text;
BEGIN
    SELECT announcement.kind INTO told FROM public.notices_announcement announcement
      JOIN public.credits_assessment earlier ON earlier.id = announcement.assessment_id
     WHERE earlier.commitment_id = NEW.commitment_id AND earlier.window_start = NEW.window_start
       AND earlier.revision < NEW.revision
     ORDER BY earlier.revision DESC LIMIT 1;
    IF NEW.outcome = 'breach' OR NEW.credit_amount > 0 THEN
        IF told IS NOT NULL THEN
            PERFORM public.notices_announce('revised', NEW.id);
        END IF;
    ELSIF told <> 'withdrawn' THEN
        PERFORM public.notices_announce('withdrawn', NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER credits_assessment_announced AFTER INSERT ON credits_assessment
    FOR EACH ROW WHEN (NEW.revision > 1) EXECUTE FUNCTION notices_announce_revision();
ALTER TABLE credits_assessment ENABLE ALWAYS TRIGGER credits_assessment_announced;
