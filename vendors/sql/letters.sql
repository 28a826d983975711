-- Letters and answers: what the services refuse by name, refused once more by the database.

CREATE FUNCTION vendors_check_profile() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.contracts_counterparty WHERE id = NEW.counterparty_id AND is_vendor) THEN
        RAISE EXCEPTION 'counterparty % is no vendor', NEW.counterparty_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_profile_of_a_vendor';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vendors_vendorprofile_checked BEFORE INSERT OR UPDATE ON vendors_vendorprofile
    FOR EACH ROW EXECUTE FUNCTION vendors_check_profile();
ALTER TABLE vendors_vendorprofile ENABLE ALWAYS TRIGGER vendors_vendorprofile_checked;

-- Letters of one claim are written one after the other, under the lock under which the claim's steps are taken.
CREATE FUNCTION vendors_check_letter() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    newest integer;
    state text;
BEGIN
    PERFORM public.credits_hold('claim', NEW.claim_id);
    IF NOT EXISTS (
        SELECT FROM public.credits_claim claim
          JOIN public.credits_breach breach ON breach.id = claim.breach_id
          JOIN public.credits_assessment result ON result.id = breach.assessment_id
          JOIN public.contracts_commitment commitment ON commitment.id = result.commitment_id
          JOIN public.contracts_contractversion version ON version.id = commitment.version_id
          JOIN public.contracts_contract contract ON contract.id = version.contract_id
         WHERE claim.id = NEW.claim_id AND contract.direction = 'promised_to_us'
    ) THEN
        RAISE EXCEPTION 'claim % is not one of ours on a vendor', NEW.claim_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_letter_on_a_vendor';
    END IF;
    SELECT kind INTO state FROM public.credits_claimstep
     WHERE claim_id = NEW.claim_id ORDER BY number DESC LIMIT 1;
    IF state IS DISTINCT FROM 'found' THEN
        RAISE EXCEPTION 'claim % is %; a letter is drafted before it is sent', NEW.claim_id, state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_letter_before_sending';
    END IF;
    SELECT max(version) INTO newest FROM public.vendors_claimletter WHERE claim_id = NEW.claim_id;
    IF NEW.version <> coalesce(newest, 0) + 1 THEN
        RAISE EXCEPTION 'the next version of the letter is %, not %', coalesce(newest, 0) + 1, NEW.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_letter_version_next';
    END IF;
    IF NEW.text_sha256 <> encode(sha256(convert_to(NEW.text, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'the hash of a letter is that of its text'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_letter_hash_of_its_text';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vendors_claimletter_checked BEFORE INSERT ON vendors_claimletter
    FOR EACH ROW EXECUTE FUNCTION vendors_check_letter();
ALTER TABLE vendors_claimletter ENABLE ALWAYS TRIGGER vendors_claimletter_checked;

CREATE FUNCTION vendors_check_sent() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    letter public.vendors_claimletter;
    step public.credits_claimstep;
BEGIN
    SELECT * INTO letter FROM public.vendors_claimletter WHERE id = NEW.letter_id;
    PERFORM public.credits_hold('claim', letter.claim_id);
    SELECT * INTO step FROM public.credits_claimstep WHERE id = NEW.step_id;
    IF (step.claim_id, step.kind) IS DISTINCT FROM (letter.claim_id, 'sent') THEN
        RAISE EXCEPTION 'a sent letter belongs to the step that sent its claim'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_sent_of_its_claim';
    END IF;
    IF EXISTS (SELECT FROM public.vendors_claimletter
                WHERE claim_id = letter.claim_id AND version > letter.version) THEN
        RAISE EXCEPTION 'version % of the letter is not the newest', letter.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_sent_newest';
    END IF;
    IF step.taken_on < letter.written_on THEN
        RAISE EXCEPTION 'the letter is written on % and not sent before', letter.written_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_sent_after_written';
    END IF;
    IF NEW.document_sha256 <> encode(sha256(NEW.document), 'hex') THEN
        RAISE EXCEPTION 'the hash of a document is that of its bytes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_sent_hash_of_its_document';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vendors_sentletter_checked BEFORE INSERT ON vendors_sentletter
    FOR EACH ROW EXECUTE FUNCTION vendors_check_sent();
ALTER TABLE vendors_sentletter ENABLE ALWAYS TRIGGER vendors_sentletter_checked;

-- An answer says what its step did: in full is the whole of the result's credit, in part is less.
CREATE FUNCTION vendors_check_answer() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    step record;
BEGIN
    SELECT own.claim_id, own.kind, own.taken_on, own.amount, result.credit_amount INTO step
      FROM public.credits_claimstep own
      JOIN public.credits_claim claim ON claim.id = own.claim_id
      JOIN public.credits_breach breach ON breach.id = claim.breach_id
      JOIN public.credits_assessment result ON result.id = breach.assessment_id
     WHERE own.id = NEW.step_id;
    IF step.claim_id IS DISTINCT FROM NEW.claim_id OR step.taken_on IS DISTINCT FROM NEW.received_on
            OR step.amount IS DISTINCT FROM NEW.amount
            OR NEW.verdict <> (CASE WHEN step.kind = 'refused' THEN 'refused'
                                    WHEN step.kind = 'acknowledged' AND step.amount = step.credit_amount
                                        THEN 'acknowledged_whole'
                                    WHEN step.kind = 'acknowledged' THEN 'acknowledged_part'
                                    ELSE '' END) THEN
        RAISE EXCEPTION 'an answer says what the step of its claim did'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'vendors_answer_of_its_step';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vendors_answer_checked BEFORE INSERT ON vendors_answer
    FOR EACH ROW EXECUTE FUNCTION vendors_check_answer();
ALTER TABLE vendors_answer ENABLE ALWAYS TRIGGER vendors_answer_checked;
