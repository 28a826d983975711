-- Credit memos: for a final result and its amount only, through their states in order, and approved by a
-- person of the right role who has no hand in what the memo rests on (rule 20).

CREATE FUNCTION credits_check_memo() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    basis record;
BEGIN
    SELECT result.credit_amount, result.currency, contract.id AS contract_id, contract.legal_entity_id,
           contract.counterparty_id, contract.direction, claim.id AS claim_id, claim.deadline_on,
           (SELECT step.kind FROM public.credits_claimstep step
             WHERE step.claim_id = claim.id ORDER BY step.number DESC LIMIT 1) AS claim_state
      INTO basis
      FROM public.credits_assessment result
      JOIN public.credits_finalisation final ON final.assessment_id = result.id
      JOIN public.credits_breach breach ON breach.assessment_id = result.id
      JOIN public.credits_claim claim ON claim.breach_id = breach.id
      JOIN public.contracts_commitment commitment ON commitment.id = result.commitment_id
      JOIN public.contracts_contractversion version ON version.id = commitment.version_id
      JOIN public.contracts_contract contract ON contract.id = version.contract_id
     WHERE result.id = NEW.assessment_id;
    IF basis.claim_id IS NULL THEN
        RAISE EXCEPTION 'a memo is for a final breach with a credit'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_of_a_final_breach';
    END IF;
    IF (NEW.amount, NEW.currency) IS DISTINCT FROM (basis.credit_amount, basis.currency::varchar) THEN
        RAISE EXCEPTION 'the memo says % %, the final result % %',
            NEW.amount, NEW.currency, basis.credit_amount, basis.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_amount_of_result';
    END IF;
    IF (NEW.contract_id, NEW.legal_entity_id, NEW.counterparty_id, NEW.direction) IS DISTINCT FROM
            (basis.contract_id, basis.legal_entity_id, basis.counterparty_id, basis.direction) THEN
        RAISE EXCEPTION 'the memo names another contract or party than its result'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_parties_of_result';
    END IF;
    IF basis.claim_state = 'forfeited' OR (NEW.direction = 'promised_by_us' AND basis.deadline_on IS NOT NULL
            AND basis.claim_state IS DISTINCT FROM 'claimed' AND basis.claim_state IS DISTINCT FROM 'waived') THEN
        RAISE EXCEPTION 'the credit is earned by a claim in time or by a waiver'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_earned';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_creditmemo_checked BEFORE INSERT ON credits_creditmemo
    FOR EACH ROW EXECUTE FUNCTION credits_check_memo();
ALTER TABLE credits_creditmemo ENABLE ALWAYS TRIGGER credits_creditmemo_checked;

-- A memo without its first step would have no state.
CREATE FUNCTION credits_check_memo_proposed() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.credits_memostep
                    WHERE memo_id = NEW.id AND number = 1 AND state = 'proposed') THEN
        RAISE EXCEPTION 'memo % has no first step', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_has_first_step';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credits_creditmemo_proposed AFTER INSERT ON credits_creditmemo
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_memo_proposed();
ALTER TABLE credits_creditmemo ENABLE ALWAYS TRIGGER credits_creditmemo_proposed;

-- The acts of one user that a memo rests on, in words; null where there is none.
CREATE FUNCTION credits_acts_under_memo(memo bigint, who bigint) RETURNS text LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT string_agg(DISTINCT act, ', ') FROM (
        SELECT 'proposed the memo' AS act FROM public.credits_creditmemo own
         WHERE own.id = memo AND own.proposed_by_id = who
        UNION ALL
        SELECT 'proposed an exclusion'
          FROM public.credits_creditmemo own
          JOIN public.credits_assessment result ON result.id = own.assessment_id
          CROSS JOIN LATERAL jsonb_array_elements(result.inputs -> 'exclusions') AS item
          JOIN public.measurements_exclusion exclusion
            ON exclusion.id = (item ->> 'id')::bigint
         WHERE own.id = memo AND exclusion.proposed_by_id = who
        UNION ALL
        SELECT 'chose a reading'
          FROM public.credits_creditmemo own
          JOIN public.credits_assessment result ON result.id = own.assessment_id
          JOIN public.contracts_commitment commitment ON commitment.id = result.commitment_id
          JOIN public.contracts_readingchoice choice ON choice.version_id = commitment.version_id
         WHERE own.id = memo AND choice.chosen_by_id = who
        UNION ALL
        -- Inputs name an observation by the first sixteen digits of its file's hash, a colon and the row.
        SELECT 'uploaded an observation'
          FROM public.credits_creditmemo own
          JOIN public.credits_assessment result ON result.id = own.assessment_id
          CROSS JOIN LATERAL jsonb_array_elements(
              (result.inputs -> 'intervals') || (result.inputs -> 'seconds')) AS item
          JOIN public.measurements_payload payload
            ON left(payload.sha256, 16) = split_part(item ->> 'observation', ':', 1)
         WHERE own.id = memo AND payload.imported_by_id = who
        UNION ALL
        SELECT 'imported the invoices of the fee'
          FROM public.credits_creditmemo own
          JOIN public.credits_assessment result ON result.id = own.assessment_id
          CROSS JOIN LATERAL jsonb_array_elements_text(
              CASE WHEN jsonb_typeof(result.inputs -> 'fee') = 'object'
                   THEN result.inputs -> 'fee' -> 'lines' ELSE '[]'::jsonb END) AS item
          JOIN public.invoices_invoiceline line ON line.external_id = item
          JOIN public.invoices_invoice invoice ON invoice.id = line.invoice_id
          JOIN public.invoices_invoicefile file ON file.id = invoice.file_id
         WHERE own.id = memo AND file.imported_by_id = who
        UNION ALL
        SELECT 'waived the claim'
          FROM public.credits_creditmemo own
          JOIN public.credits_breach breach ON breach.assessment_id = own.assessment_id
          JOIN public.credits_claim claim ON claim.breach_id = breach.id
          JOIN public.credits_claimstep step ON step.claim_id = claim.id
         WHERE own.id = memo AND step.kind = 'waived' AND step.taken_by_id = who
    ) AS acts
$$;

CREATE FUNCTION credits_check_memo_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    memo public.credits_creditmemo;
    last_step public.credits_memostep;
    allowed boolean;
    acts text;
BEGIN
    PERFORM public.credits_hold('memo', NEW.memo_id);
    SELECT * INTO memo FROM public.credits_creditmemo WHERE id = NEW.memo_id;
    SELECT * INTO last_step FROM public.credits_memostep
     WHERE memo_id = NEW.memo_id ORDER BY number DESC LIMIT 1;
    allowed := CASE
        WHEN memo.id IS NULL THEN false
        WHEN last_step.state IS NULL THEN NEW.state = 'proposed' AND NEW.taken_by_id = memo.proposed_by_id
        ELSE (last_step.state, NEW.state) IN (
            ('proposed', 'in_review'), ('proposed', 'approved'), ('in_review', 'approved'),
            ('approved', 'issued'), ('issued', 'reversed'))
    END;
    IF NOT allowed OR NEW.number <> coalesce(last_step.number, 0) + 1 THEN
        RAISE EXCEPTION 'a memo does not go from % to % as its step %',
            coalesce(last_step.state, 'nothing'), NEW.state, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_step_order';
    END IF;
    IF NEW.taken_on < last_step.taken_on THEN
        RAISE EXCEPTION 'the step % on % comes before the last one', NEW.state, NEW.taken_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_step_days_in_order';
    END IF;
    IF NEW.state = 'approved' THEN
        IF NOT EXISTS (
            SELECT FROM public.base_user who
              JOIN public.base_user_groups member ON member.user_id = who.id
              JOIN public.auth_group role ON role.id = member.group_id
             WHERE who.id = NEW.taken_by_id AND who.kind <> 'job' AND role.name = 'finance_approver'
        ) THEN
            RAISE EXCEPTION 'a memo is approved by a person with the role finance approver'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_approver';
        END IF;
        acts := public.credits_acts_under_memo(NEW.memo_id, NEW.taken_by_id);
        IF acts IS NOT NULL THEN
            RAISE EXCEPTION 'who approves this memo has no hand in it; this approver %', acts
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_approver_has_no_hand';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_memostep_checked BEFORE INSERT ON credits_memostep
    FOR EACH ROW EXECUTE FUNCTION credits_check_memo_step();
ALTER TABLE credits_memostep ENABLE ALWAYS TRIGGER credits_memostep_checked;

-- An issued memo stands in the ledger: some entry of the same transaction names it.
CREATE FUNCTION credits_check_memo_posted() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state IN ('issued', 'reversed') AND NOT EXISTS (
        SELECT FROM public.credits_journalentry
         WHERE memo_id = NEW.memo_id AND transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'memo % is % without an entry in the ledger', NEW.memo_id, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_step_posted';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credits_memostep_posted AFTER INSERT ON credits_memostep
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_memo_posted();
ALTER TABLE credits_memostep ENABLE ALWAYS TRIGGER credits_memostep_posted;

-- A series has no gaps: it begins at one and goes up by one, and no row of it goes away.
CREATE FUNCTION credits_check_series() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'INSERT' AND NEW.next_number <> 1) OR (TG_OP = 'UPDATE' AND
            (NEW.id, NEW.legal_entity_id, NEW.prefix, NEW.next_number) IS DISTINCT FROM
            (OLD.id, OLD.legal_entity_id, OLD.prefix, OLD.next_number + 1)) THEN
        RAISE EXCEPTION 'a series of numbers begins at one and goes up by one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_series_gapless';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_numberseries_checked BEFORE INSERT OR UPDATE OR DELETE ON credits_numberseries
    FOR EACH ROW EXECUTE FUNCTION credits_check_series();
ALTER TABLE credits_numberseries ENABLE ALWAYS TRIGGER credits_numberseries_checked;
