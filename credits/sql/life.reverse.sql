-- Back to the ledger and the memos as they were before.

DROP TRIGGER credits_provisionmove_posted ON credits_provisionmove;
DROP TRIGGER credits_disputestep_checked ON credits_disputestep;
DROP TRIGGER credits_dispute_checked ON credits_dispute;
DROP TRIGGER credits_memouse_posted ON credits_memouse;
DROP TRIGGER credits_memouse_checked ON credits_memouse;
DROP TRIGGER credits_memoapproval_checked ON credits_memoapproval;
DROP TRIGGER credits_restatement_amount_checked ON credits_restatement;
DROP TRIGGER credits_restatement_checked ON credits_restatement;

CREATE OR REPLACE FUNCTION credits_check_memo_step() RETURNS trigger LANGUAGE plpgsql
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

CREATE OR REPLACE FUNCTION credits_acts_under_memo(memo bigint, who bigint) RETURNS text LANGUAGE sql
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

CREATE OR REPLACE FUNCTION credits_check_memo() RETURNS trigger LANGUAGE plpgsql
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

CREATE OR REPLACE FUNCTION credits_check_period_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    period public.credits_period;
    last_step public.credits_periodstep;
    wanted text;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'periods are closed in read committed transactions'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_isolation';
    END IF;
    SELECT * INTO period FROM public.credits_period WHERE id = NEW.period_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no period %', NEW.period_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_order';
    END IF;
    PERFORM public.credits_lock_period(period.legal_entity_id, period.starts_on, true);
    SELECT * INTO last_step FROM public.credits_periodstep
     WHERE period_id = NEW.period_id ORDER BY number DESC LIMIT 1;
    wanted := CASE WHEN last_step.state = 'closed' THEN 'reopened' ELSE 'closed' END;
    IF NEW.state <> wanted OR NEW.number <> coalesce(last_step.number, 0) + 1 THEN
        RAISE EXCEPTION 'the next step of period % is number %, %',
            to_char(period.starts_on, 'YYYY-MM'), coalesce(last_step.number, 0) + 1, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_order';
    END IF;
    IF NEW.state = 'reopened' AND NEW.taken_by_id = last_step.taken_by_id THEN
        RAISE EXCEPTION 'period % is reopened by somebody else than who closed it',
            to_char(period.starts_on, 'YYYY-MM')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_four_eyes';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION credits_check_entry() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    original public.credits_journalentry;
BEGIN
    -- Under an older snapshot a closing that was committed meanwhile would not be seen.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'entries are posted in read committed transactions, not in %',
            current_setting('transaction_isolation')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_isolation';
    END IF;
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    NEW.posted_at := transaction_timestamp();
    PERFORM public.credits_lock_period(NEW.legal_entity_id, NEW.effective_on, false);
    IF public.credits_period_is_closed(NEW.legal_entity_id, NEW.effective_on) THEN
        RAISE EXCEPTION 'entry % is effective on %, in a closed period', NEW.reference, NEW.effective_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_period_open';
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO original FROM public.credits_journalentry WHERE id = NEW.reverses_id;
        IF NOT FOUND OR original.id = NEW.id THEN
            RAISE EXCEPTION 'entry % reverses no entry that is there', NEW.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_reversal_of_an_entry';
        END IF;
        IF original.reverses_id IS NOT NULL THEN
            RAISE EXCEPTION 'entry % is a reversal itself, and a reversal is not reversed', original.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_reversal_not_reversed';
        END IF;
        IF original.legal_entity_id <> NEW.legal_entity_id THEN
            RAISE EXCEPTION 'entry % belongs to another legal entity', original.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_reversal_same_entity';
        END IF;
    END IF;
    RETURN NEW;
END $$;

DROP FUNCTION credits_check_provision_move();
DROP FUNCTION credits_check_dispute_step();
DROP FUNCTION credits_check_dispute();
DROP FUNCTION credits_check_use_posted();
DROP FUNCTION credits_check_memo_use();
DROP FUNCTION credits_memo_balance(bigint);
DROP FUNCTION credits_check_memo_approval();
DROP FUNCTION credits_require_approver(bigint, bigint);
DROP FUNCTION credits_approvals_needed(bigint);
DROP FUNCTION credits_check_restated_amount();
DROP FUNCTION credits_check_restatement();
DROP FUNCTION credits_basis_of_memo(bigint);
DROP FUNCTION credits_payable_of(bigint);
DROP FUNCTION credits_has_role(bigint, text);
DROP FUNCTION credits_period_state(bigint, date);
