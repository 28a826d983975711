-- Results, claims and memos: what the services refuse by name, refused once more by the database.
-- Steps of one thing are taken one after the other under a lock on that thing; the keys are checked here
-- because Django's foreign keys are deferred to the commit.

CREATE FUNCTION credits_hold(what text, id bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('credits_' || what || ':' || id, 0));
END $$;

CREATE FUNCTION credits_check_assessment() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_one public.credits_assessment;
BEGIN
    PERFORM public.credits_hold('commitment', NEW.commitment_id);
    SELECT * INTO last_one FROM public.credits_assessment
     WHERE commitment_id = NEW.commitment_id AND window_start = NEW.window_start
     ORDER BY revision DESC LIMIT 1;
    IF NEW.revision <> coalesce(last_one.revision, 0) + 1 THEN
        RAISE EXCEPTION 'the next revision is %, not %', coalesce(last_one.revision, 0) + 1, NEW.revision
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_assessment_revision_next';
    END IF;
    IF NEW.known_at < last_one.known_at THEN
        RAISE EXCEPTION 'revision % is known at %, before the revision before it', NEW.revision, NEW.known_at
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_assessment_known_in_order';
    END IF;
    IF NEW.window_end <> last_one.window_end THEN
        RAISE EXCEPTION 'the window from % ends at %', NEW.window_start, last_one.window_end
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_assessment_one_window';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_assessment_checked BEFORE INSERT ON credits_assessment
    FOR EACH ROW EXECUTE FUNCTION credits_check_assessment();
ALTER TABLE credits_assessment ENABLE ALWAYS TRIGGER credits_assessment_checked;

-- The cut-off of a commitment's window: so many local days after its end, from the signed document.
CREATE FUNCTION credits_cut_off(commitment bigint, window_end timestamptz) RETURNS timestamptz LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (date_trunc('day', window_end AT TIME ZONE zone.name)
            + (clause ->> 'cut_off_days')::int * interval '1 day') AT TIME ZONE zone.name
      FROM public.contracts_commitment own
      JOIN public.contracts_contractversion version ON version.id = own.version_id
      CROSS JOIN LATERAL jsonb_array_elements(version.terms -> 'commitments') AS clause
      CROSS JOIN LATERAL (
          SELECT coalesce(clause -> 'window' ->> 'zone', version.terms ->> 'zone') AS name) AS zone
     WHERE own.id = commitment AND clause ->> 'key' = own.key
$$;

CREATE FUNCTION credits_check_finalisation() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    result public.credits_assessment;
    cut_off timestamptz;
BEGIN
    PERFORM public.credits_hold('commitment', NEW.commitment_id);
    SELECT * INTO result FROM public.credits_assessment WHERE id = NEW.assessment_id;
    IF NOT FOUND OR (result.commitment_id, result.window_start, result.known_at)
            IS DISTINCT FROM (NEW.commitment_id, NEW.window_start, NEW.known_at) THEN
        RAISE EXCEPTION 'a finalisation names the commitment, window and cut-off of its assessment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_finalisation_of_its_window';
    END IF;
    IF result.outcome = 'open_question' OR result.credit_amount IS NULL THEN
        RAISE EXCEPTION 'revision % has open questions, and a question is not final', result.revision
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_finalisation_answered';
    END IF;
    cut_off := public.credits_cut_off(result.commitment_id, result.window_end);
    IF cut_off IS NULL OR NEW.known_at < cut_off THEN
        RAISE EXCEPTION 'until its cut-off at % a result is provisional', cut_off
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_finalisation_after_cut_off';
    END IF;
    IF EXISTS (SELECT FROM public.credits_assessment later
                WHERE later.commitment_id = result.commitment_id AND later.window_start = result.window_start
                  AND later.revision > result.revision) THEN
        RAISE EXCEPTION 'revision % is not the latest of its window', result.revision
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_finalisation_latest';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_finalisation_checked BEFORE INSERT ON credits_finalisation
    FOR EACH ROW EXECUTE FUNCTION credits_check_finalisation();
ALTER TABLE credits_finalisation ENABLE ALWAYS TRIGGER credits_finalisation_checked;

CREATE FUNCTION credits_check_breach() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.credits_assessment result
          JOIN public.credits_finalisation final ON final.assessment_id = result.id
         WHERE result.id = NEW.assessment_id AND (result.outcome = 'breach' OR result.credit_amount > 0)
    ) THEN
        RAISE EXCEPTION 'a breach is found in a final result that is one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_breach_of_a_final_result';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_breach_checked BEFORE INSERT ON credits_breach
    FOR EACH ROW EXECUTE FUNCTION credits_check_breach();
ALTER TABLE credits_breach ENABLE ALWAYS TRIGGER credits_breach_checked;

CREATE FUNCTION credits_check_claim() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.credits_breach breach
          JOIN public.credits_assessment result ON result.id = breach.assessment_id
         WHERE breach.id = NEW.breach_id AND result.credit_amount > 0
           AND result.claim_deadline_on IS NOT DISTINCT FROM NEW.deadline_on
    ) THEN
        RAISE EXCEPTION 'a claim is for a breach with a credit, and has the deadline of its result'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_claim_of_its_breach';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_claim_checked BEFORE INSERT ON credits_claim
    FOR EACH ROW EXECUTE FUNCTION credits_check_claim();
ALTER TABLE credits_claim ENABLE ALWAYS TRIGGER credits_claim_checked;

-- found -> sent -> acknowledged -> paid (ours on a vendor), found -> claimed or waived (a customer's on us);
-- refused after sent, forfeited where the last day has passed unused.
CREATE FUNCTION credits_check_claim_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    claim record;
    last_step public.credits_claimstep;
    most numeric;
    allowed boolean;
BEGIN
    PERFORM public.credits_hold('claim', NEW.claim_id);
    SELECT own.deadline_on, contract.direction, result.id AS assessment_id, result.credit_amount INTO claim
      FROM public.credits_claim own
      JOIN public.credits_breach breach ON breach.id = own.breach_id
      JOIN public.credits_assessment result ON result.id = breach.assessment_id
      JOIN public.contracts_commitment commitment ON commitment.id = result.commitment_id
      JOIN public.contracts_contractversion version ON version.id = commitment.version_id
      JOIN public.contracts_contract contract ON contract.id = version.contract_id
     WHERE own.id = NEW.claim_id;
    SELECT * INTO last_step FROM public.credits_claimstep
     WHERE claim_id = NEW.claim_id ORDER BY number DESC LIMIT 1;
    allowed := CASE
        WHEN claim.direction IS NULL THEN false
        WHEN last_step.kind IS NULL THEN NEW.kind = 'found'
        WHEN claim.direction = 'promised_to_us' THEN (last_step.kind, NEW.kind) IN (
            ('found', 'sent'), ('found', 'forfeited'), ('sent', 'acknowledged'), ('sent', 'refused'),
            ('acknowledged', 'paid'))
        ELSE (last_step.kind, NEW.kind) IN (
            ('found', 'claimed'), ('found', 'waived'), ('found', 'forfeited'))
    END;
    IF NOT allowed OR NEW.number <> coalesce(last_step.number, 0) + 1 THEN
        RAISE EXCEPTION 'a claim does not go from % to % as its step %',
            coalesce(last_step.kind, 'nothing'), NEW.kind, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_claim_step_order';
    END IF;
    IF NEW.kind IN ('sent', 'claimed') AND NEW.taken_on > claim.deadline_on THEN
        RAISE EXCEPTION 'the last day for this claim was %, not %', claim.deadline_on, NEW.taken_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_claim_step_in_time';
    END IF;
    IF NEW.kind = 'forfeited' AND (claim.deadline_on IS NULL OR NEW.taken_on <= claim.deadline_on) THEN
        RAISE EXCEPTION 'a claim is forfeited after its last day only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_claim_step_not_forfeited';
    END IF;
    IF NEW.kind IN ('acknowledged', 'refused', 'paid') AND NEW.taken_on < last_step.taken_on THEN
        RAISE EXCEPTION 'the step % on % comes before the last one', NEW.kind, NEW.taken_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_claim_step_days_in_order';
    END IF;
    IF NEW.kind = 'sent' AND NOT EXISTS (
        SELECT FROM public.credits_creditmemo memo JOIN public.credits_memostep step ON step.memo_id = memo.id
         WHERE memo.assessment_id = claim.assessment_id AND step.state = 'issued'
    ) THEN
        RAISE EXCEPTION 'a claim is sent once its memo is issued'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_claim_step_memo_issued';
    END IF;
    most := CASE WHEN NEW.kind = 'paid' THEN last_step.amount ELSE claim.credit_amount END;
    IF (NEW.kind IN ('acknowledged', 'paid')) <> (NEW.amount IS NOT NULL)
            OR NEW.amount <= 0 OR NEW.amount > most THEN
        RAISE EXCEPTION 'the amount of step % is above zero and at most %', NEW.kind, most
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_claim_step_amount';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_claimstep_checked BEFORE INSERT ON credits_claimstep
    FOR EACH ROW EXECUTE FUNCTION credits_check_claim_step();
ALTER TABLE credits_claimstep ENABLE ALWAYS TRIGGER credits_claimstep_checked;
