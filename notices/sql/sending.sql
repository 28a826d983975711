-- Sending: what the services refuse by name, refused once more by the database. Attempts at one notice and
-- decisions about it take turns under a lock on the notice.

CREATE FUNCTION notices_hold(id bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('notices_notice:' || id, 0));
END $$;

-- What came of an attempt; the server's own answer goes before our guess that the attempt was lost.
CREATE FUNCTION notices_outcome_of(one bigint) RETURNS SETOF notices_outcome LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM public.notices_outcome WHERE attempt_id = one ORDER BY kind = 'uncertain', id LIMIT 1
$$;

CREATE FUNCTION notices_check_notice() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    earlier public.notices_notice;
BEGIN
    IF NEW.assessment_id IS DISTINCT FROM
            (SELECT assessment_id FROM public.notices_announcement WHERE id = NEW.announcement_id) THEN
        RAISE EXCEPTION 'a notice is of the result that its announcement is of'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_notice_of_its_result';
    END IF;
    IF NEW.replaces_id IS NOT NULL THEN
        SELECT * INTO earlier FROM public.notices_notice WHERE id = NEW.replaces_id;
        IF (earlier.recipient_address, earlier.channel) IS DISTINCT FROM (NEW.recipient_address, NEW.channel)
                OR NOT EXISTS (
                    SELECT FROM public.credits_assessment before
                      JOIN public.credits_assessment after ON after.id = NEW.assessment_id
                     WHERE before.id = earlier.assessment_id AND before.commitment_id = after.commitment_id
                       AND before.window_start = after.window_start AND before.revision < after.revision) THEN
            RAISE EXCEPTION 'a notice replaces the same receiver''s notice of an earlier revision'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_notice_replaces_earlier';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notices_notice_checked BEFORE INSERT ON notices_notice
    FOR EACH ROW EXECUTE FUNCTION notices_check_notice();
ALTER TABLE notices_notice ENABLE ALWAYS TRIGGER notices_notice_checked;

CREATE FUNCTION notices_check_attempt() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    notice public.notices_notice;
    last_one public.notices_attempt;
    result public.notices_outcome;
BEGIN
    PERFORM public.notices_hold(NEW.notice_id);
    SELECT * INTO notice FROM public.notices_notice WHERE id = NEW.notice_id;
    IF NOT FOUND OR notice.held_because <> '' OR notice.needless
            OR EXISTS (SELECT FROM public.notices_notice WHERE replaces_id = NEW.notice_id) THEN
        RAISE EXCEPTION 'notice % is held, needless or replaced by a later one', NEW.notice_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_attempt_not_due';
    END IF;
    SELECT * INTO last_one FROM public.notices_attempt WHERE notice_id = NEW.notice_id ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last_one.number, 0) + 1 THEN
        RAISE EXCEPTION 'the next attempt is number %', coalesce(last_one.number, 0) + 1
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_attempt_next';
    END IF;
    IF last_one.id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT * INTO result FROM public.notices_outcome_of(last_one.id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'attempt % has no outcome yet', last_one.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_attempt_under_way';
    END IF;
    IF result.kind = 'accepted' OR NOT (
            (result.next_try_at IS NOT NULL AND result.next_try_at <= NEW.started_at)
            OR EXISTS (SELECT FROM public.notices_decision WHERE attempt_id = last_one.id AND kind = 'resend')) THEN
        RAISE EXCEPTION 'attempt % was %; nothing is due', last_one.number, result.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_attempt_not_due';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notices_attempt_checked BEFORE INSERT ON notices_attempt
    FOR EACH ROW EXECUTE FUNCTION notices_check_attempt();
ALTER TABLE notices_attempt ENABLE ALWAYS TRIGGER notices_attempt_checked;

CREATE FUNCTION notices_check_outcome() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM public.notices_hold((SELECT notice_id FROM public.notices_attempt WHERE id = NEW.attempt_id));
    -- A guess never comes after an answer.
    IF NEW.kind = 'uncertain' AND EXISTS (
            SELECT FROM public.notices_outcome WHERE attempt_id = NEW.attempt_id) THEN
        RAISE EXCEPTION 'the attempt has an outcome'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'notices_outcome_uncertain_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notices_outcome_checked BEFORE INSERT ON notices_outcome
    FOR EACH ROW EXECUTE FUNCTION notices_check_outcome();
ALTER TABLE notices_outcome ENABLE ALWAYS TRIGGER notices_outcome_checked;

CREATE FUNCTION notices_check_decision() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    notice public.notices_notice;
    last_one public.notices_attempt;
    result public.notices_outcome;
BEGIN
    PERFORM public.notices_hold(NEW.notice_id);
    SELECT * INTO notice FROM public.notices_notice WHERE id = NEW.notice_id;
    SELECT * INTO last_one FROM public.notices_attempt WHERE notice_id = NEW.notice_id ORDER BY number DESC LIMIT 1;
    IF NEW.attempt_id IS DISTINCT FROM last_one.id THEN
        RAISE EXCEPTION 'a decision is about the last attempt'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_decision_due';
    END IF;
    IF EXISTS (SELECT FROM public.notices_decision
                WHERE notice_id = NEW.notice_id AND attempt_id IS NOT DISTINCT FROM NEW.attempt_id) THEN
        RAISE EXCEPTION 'somebody decided on this attempt before'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'notices_decision_once';
    END IF;
    IF last_one.id IS NULL THEN
        IF notice.held_because = '' OR NEW.kind = 'resend' THEN
            RAISE EXCEPTION 'a notice without an attempt is decided on only where it is held, and not to be sent'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_decision_due';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO result FROM public.notices_outcome_of(last_one.id);
    IF NOT FOUND OR result.kind = 'accepted' OR result.next_try_at IS NOT NULL THEN
        RAISE EXCEPTION 'a person decides on an attempt that is uncertain or failed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_decision_due';
    END IF;
    IF NEW.kind = 'resend'
            AND EXISTS (SELECT FROM public.notices_notice WHERE replaces_id = NEW.notice_id) THEN
        RAISE EXCEPTION 'a later notice took the place of this one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'notices_decision_due';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notices_decision_checked BEFORE INSERT ON notices_decision
    FOR EACH ROW EXECUTE FUNCTION notices_check_decision();
ALTER TABLE notices_decision ENABLE ALWAYS TRIGGER notices_decision_checked;

-- A subscription is ended once, and otherwise stays what it is.
CREATE FUNCTION notices_check_subscription() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
            OR (to_jsonb(OLD) - 'ended_at') IS DISTINCT FROM (to_jsonb(NEW) - 'ended_at') THEN
        RAISE EXCEPTION 'a subscription is ended once, and nothing else of it changes'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'notices_subscription_ends_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notices_subscription_checked BEFORE UPDATE OR DELETE ON notices_subscription
    FOR EACH ROW EXECUTE FUNCTION notices_check_subscription();
ALTER TABLE notices_subscription ENABLE ALWAYS TRIGGER notices_subscription_checked;
