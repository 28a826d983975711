-- Whoever asks for a review, answers an objection, asks a signer, completes the signatures or voids them, writes with it
-- that somebody is to be told. There is one announcement of each fact.

CREATE FUNCTION notices_announce_of_version(what text, of_version bigint, of_fact bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO public.notices_announcement (kind, version_id, fact) VALUES (what, of_version, of_fact)
        ON CONFLICT (kind, fact) WHERE version_id IS NOT NULL DO NOTHING RETURNING id INTO made;
    IF made IS NOT NULL THEN
        INSERT INTO public.base_job (kind, key, arguments, correlation_id, attempts, last_error)
            VALUES ('notices.compose', made::text, jsonb_build_object('announcement_id', made), '', 0, '')
            ON CONFLICT (kind, key) DO NOTHING;
    END IF;
END $$;

CREATE FUNCTION notices_announce_review() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM public.notices_announce_of_version('review', NEW.version_id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER contracts_reviewrequest_announced AFTER INSERT ON contracts_reviewrequest
    FOR EACH ROW EXECUTE FUNCTION notices_announce_review();
ALTER TABLE contracts_reviewrequest ENABLE ALWAYS TRIGGER contracts_reviewrequest_announced;

-- Of objections only, and not where their author answers themselves.
CREATE FUNCTION notices_announce_answer() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_version bigint;
BEGIN
    SELECT r.version_id INTO of_version FROM public.contracts_reviewremark r
        WHERE r.id = NEW.remark_id AND r.kind = 'objection' AND r.made_by_id <> NEW.answered_by_id;
    IF of_version IS NOT NULL THEN
        PERFORM public.notices_announce_of_version('answer', of_version, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER contracts_remarkanswer_announced AFTER INSERT ON contracts_remarkanswer
    FOR EACH ROW EXECUTE FUNCTION notices_announce_answer();
ALTER TABLE contracts_remarkanswer ENABLE ALWAYS TRIGGER contracts_remarkanswer_announced;

-- Of signers with a login: others are asked on paper.
CREATE FUNCTION notices_announce_turn() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_version bigint;
BEGIN
    SELECT s.version_id INTO of_version FROM public.contracts_namedsigner s
        WHERE s.id = NEW.signer_id AND s.login_id IS NOT NULL;
    IF of_version IS NOT NULL THEN
        PERFORM public.notices_announce_of_version('turn', of_version, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER contracts_signerstep_announced AFTER INSERT ON contracts_signerstep
    FOR EACH ROW WHEN (NEW.kind = 'asked') EXECUTE FUNCTION notices_announce_turn();
ALTER TABLE contracts_signerstep ENABLE ALWAYS TRIGGER contracts_signerstep_announced;

-- For the contract's owner, where it has one.
CREATE FUNCTION notices_announce_signed() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.contracts_contract c WHERE c.id = NEW.contract_id AND c.owner_id IS NOT NULL) THEN
        PERFORM public.notices_announce_of_version('signed', NEW.id, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER contracts_contractversion_announced AFTER UPDATE OF state ON contracts_contractversion
    FOR EACH ROW WHEN (NEW.state = 'signed' AND OLD.state <> 'signed' AND NEW.kind <> 'conformed')
    EXECUTE FUNCTION notices_announce_signed();
ALTER TABLE contracts_contractversion ENABLE ALWAYS TRIGGER contracts_contractversion_announced;

-- Once for all signatures that are voided at once.
CREATE FUNCTION notices_announce_voided() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT s.version_id, min(s.id) AS first FROM voided
            JOIN public.contracts_signature s ON s.id = voided.signature_id
            JOIN public.contracts_contractversion v ON v.id = s.version_id
            JOIN public.contracts_contract c ON c.id = v.contract_id
            WHERE c.owner_id IS NOT NULL GROUP BY s.version_id
    LOOP
        PERFORM public.notices_announce_of_version('voided', one.version_id, one.first);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER contracts_signaturevoided_announced AFTER INSERT ON contracts_signaturevoided
    REFERENCING NEW TABLE AS voided FOR EACH STATEMENT EXECUTE FUNCTION notices_announce_voided();
ALTER TABLE contracts_signaturevoided ENABLE ALWAYS TRIGGER contracts_signaturevoided_announced;
