-- The life of a memo and of a month: who may approve how much, what a credit is used for, disputes, restatements,
-- locked months, and what is provided for. The same rules stand in the services, by name.

CREATE FUNCTION credits_period_state(entity bigint, day date) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT step.state FROM public.credits_periodstep step
          JOIN public.credits_period period ON period.id = step.period_id
         WHERE period.legal_entity_id = entity AND period.starts_on = date_trunc('month', day)::date
         ORDER BY step.number DESC LIMIT 1), 'open')
$$;

CREATE FUNCTION credits_has_role(who bigint, role text) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.base_user own
          JOIN public.base_user_groups member ON member.user_id = own.id
          JOIN public.auth_group g ON g.id = member.group_id
         WHERE own.id = who AND own.kind <> 'job' AND g.name = role)
$$;

-- As before, and: a locked month takes entries of finance approvers only.
CREATE OR REPLACE FUNCTION credits_check_entry() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    original public.credits_journalentry;
    month text;
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
    month := public.credits_period_state(NEW.legal_entity_id, NEW.effective_on);
    IF month = 'closed' THEN
        RAISE EXCEPTION 'entry % is effective on %, in a closed period', NEW.reference, NEW.effective_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_period_open';
    END IF;
    IF month = 'locked' AND NOT public.credits_has_role(NEW.posted_by_id, 'finance_approver') THEN
        RAISE EXCEPTION 'entry % is effective on %, in a locked period', NEW.reference, NEW.effective_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_period_not_locked';
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

-- Open, locked, closed; reopened from either, by somebody else than who took the last step.
CREATE OR REPLACE FUNCTION credits_check_period_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    period public.credits_period;
    last_step public.credits_periodstep;
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
    IF NOT (CASE coalesce(last_step.state, 'reopened')
            WHEN 'reopened' THEN NEW.state IN ('locked', 'closed')
            WHEN 'locked' THEN NEW.state IN ('closed', 'reopened')
            ELSE NEW.state = 'reopened' END) OR NEW.number <> coalesce(last_step.number, 0) + 1 THEN
        RAISE EXCEPTION 'period % is % and does not become % by step %', to_char(period.starts_on, 'YYYY-MM'),
            coalesce(last_step.state, 'open'), NEW.state, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_order';
    END IF;
    IF NEW.state = 'reopened' AND NEW.taken_by_id = last_step.taken_by_id THEN
        RAISE EXCEPTION 'period % is reopened by somebody else than who % it',
            to_char(period.starts_on, 'YYYY-MM'), last_step.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_four_eyes';
    END IF;
    RETURN NEW;
END $$;

-- What a result pays after caps, before any restatement.
CREATE FUNCTION credits_payable_of(which bigint) RETURNS numeric LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT own.credit_amount - coalesce((
               SELECT sum(cut.cut_amount) FROM public.credits_capcut cut
                WHERE cut.assessment_id = own.id AND cut.restatement_id IS NULL), 0)
      FROM public.credits_assessment own WHERE own.id = which
$$;

-- The result that a memo rests on: its own, or that of its restatement; none for goodwill.
CREATE FUNCTION credits_basis_of_memo(which bigint) RETURNS bigint LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(own.assessment_id, restated.assessment_id)
      FROM public.credits_creditmemo own
      LEFT JOIN public.credits_restatement restated ON restated.id = own.restatement_id
     WHERE own.id = which
$$;

CREATE FUNCTION credits_check_restatement() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    final public.credits_finalisation;
    earlier public.credits_restatement;
    before_it public.credits_assessment;
    now_it public.credits_assessment;
    entity bigint;
BEGIN
    SELECT * INTO final FROM public.credits_finalisation WHERE id = NEW.finalisation_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a restatement is of a final result'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_restatement_of_a_final_result';
    END IF;
    PERFORM public.credits_hold('commitment', final.commitment_id);
    SELECT * INTO earlier FROM public.credits_restatement
     WHERE finalisation_id = NEW.finalisation_id ORDER BY number DESC LIMIT 1;
    SELECT * INTO before_it FROM public.credits_assessment WHERE id = NEW.previous_id;
    SELECT * INTO now_it FROM public.credits_assessment WHERE id = NEW.assessment_id;
    IF NEW.number <> coalesce(earlier.number, 0) + 1
            OR NEW.previous_id <> coalesce(earlier.assessment_id, final.assessment_id)
            OR NEW.previous_amount <> coalesce(earlier.payable_amount,
                                               public.credits_payable_of(final.assessment_id)) THEN
        RAISE EXCEPTION 'restatement % does not follow what counted before', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_restatement_order';
    END IF;
    IF (now_it.commitment_id, now_it.window_start) IS DISTINCT FROM (final.commitment_id, final.window_start)
            OR now_it.credit_amount IS NULL OR now_it.outcome = 'open_question'
            OR NEW.currency IS DISTINCT FROM now_it.currency::varchar
            OR (NEW.cause = 'late_fact' AND now_it.revision <= before_it.revision) THEN
        RAISE EXCEPTION 'a restatement is by a later, answered revision of the same window'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_restatement_by_a_revision';
    END IF;
    SELECT contract.legal_entity_id INTO entity
      FROM public.contracts_commitment own
      JOIN public.contracts_contractversion version ON version.id = own.version_id
      JOIN public.contracts_contract contract ON contract.id = version.contract_id
     WHERE own.id = final.commitment_id;
    PERFORM public.credits_lock_period(entity, NEW.restated_on, false);
    IF public.credits_period_state(entity, NEW.restated_on) = 'closed' THEN
        RAISE EXCEPTION 'what is restated on % belongs into an open period', NEW.restated_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_restatement_period_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_restatement_checked BEFORE INSERT ON credits_restatement
    FOR EACH ROW EXECUTE FUNCTION credits_check_restatement();
ALTER TABLE credits_restatement ENABLE ALWAYS TRIGGER credits_restatement_checked;

-- At the commit, when the cuts of its caps are there.
CREATE FUNCTION credits_check_restated_amount() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.payable_amount IS DISTINCT FROM (
        SELECT result.credit_amount - coalesce((SELECT sum(cut.cut_amount) FROM public.credits_capcut cut
                                                 WHERE cut.restatement_id = NEW.id), 0)
          FROM public.credits_assessment result WHERE result.id = NEW.assessment_id) THEN
        RAISE EXCEPTION 'restatement % pays another amount than its result after caps', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_restatement_amount';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credits_restatement_amount_checked AFTER INSERT ON credits_restatement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_restated_amount();
ALTER TABLE credits_restatement ENABLE ALWAYS TRIGGER credits_restatement_amount_checked;

CREATE OR REPLACE FUNCTION credits_check_memo() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    basis record;
    restated public.credits_restatement;
    owed numeric;
BEGIN
    IF NEW.kind = 'goodwill' THEN
        SELECT contract.id AS contract_id, contract.legal_entity_id, contract.counterparty_id, contract.direction
          INTO basis FROM public.contracts_contract contract WHERE contract.id = NEW.contract_id;
        IF (NEW.legal_entity_id, NEW.counterparty_id, NEW.direction) IS DISTINCT FROM
                (basis.legal_entity_id, basis.counterparty_id, basis.direction)
                OR NEW.direction <> 'promised_by_us' THEN
            RAISE EXCEPTION 'goodwill is given to the customer of a contract'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_parties_of_result';
        END IF;
        IF coalesce(NEW.facts ->> 'no_precedent', '') = '' THEN
            RAISE EXCEPTION 'a goodwill credit says that it sets no precedent'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_goodwill_no_precedent';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.kind IN ('increase', 'reduction') THEN
        SELECT * INTO restated FROM public.credits_restatement WHERE id = NEW.restatement_id;
        SELECT result.currency, contract.id AS contract_id, contract.legal_entity_id, contract.counterparty_id,
               contract.direction, claim.id AS claim_id, claim.deadline_on, original.id AS memo_id,
               (SELECT step.kind FROM public.credits_claimstep step
                 WHERE step.claim_id = claim.id ORDER BY step.number DESC LIMIT 1) AS claim_state
          INTO basis
          FROM public.credits_finalisation final
          JOIN public.credits_assessment result ON result.id = final.assessment_id
          JOIN public.contracts_commitment commitment ON commitment.id = result.commitment_id
          JOIN public.contracts_contractversion version ON version.id = commitment.version_id
          JOIN public.contracts_contract contract ON contract.id = version.contract_id
          LEFT JOIN public.credits_creditmemo original ON original.assessment_id = result.id
          LEFT JOIN public.credits_breach breach ON breach.assessment_id = result.id
          LEFT JOIN public.credits_claim claim ON claim.breach_id = breach.id
         WHERE final.id = restated.finalisation_id;
        IF restated.id IS NULL OR NEW.direction <> 'promised_by_us' THEN
            RAISE EXCEPTION 'a difference is granted to a customer, for a restatement'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_of_a_final_breach';
        END IF;
        IF (NEW.amount, NEW.currency, NEW.kind) IS DISTINCT FROM (
                abs(restated.difference_amount), basis.currency::varchar,
                (CASE WHEN restated.difference_amount > 0 THEN 'increase' ELSE 'reduction' END)::varchar) THEN
            RAISE EXCEPTION 'the memo says % of %, the restatement a difference of %',
                NEW.kind, NEW.amount, restated.difference_amount
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_amount_of_result';
        END IF;
    ELSE
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
        owed := public.credits_payable_of(NEW.assessment_id);
        IF (NEW.amount, NEW.currency) IS DISTINCT FROM (owed, basis.currency::varchar) THEN
            RAISE EXCEPTION 'the memo says % %, the final result % % after caps',
                NEW.amount, NEW.currency, owed, basis.currency
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_amount_of_result';
        END IF;
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

-- The acts of one user that a memo rests on, in words; null where there is none. Of a restated credit, the acts
-- under the revision that restates it count.
CREATE OR REPLACE FUNCTION credits_acts_under_memo(memo bigint, who bigint) RETURNS text LANGUAGE sql
    SET search_path = pg_catalog, public, pg_temp AS $$
    WITH basis AS (
        SELECT own.id, own.proposed_by_id, own.restatement_id,
               public.credits_basis_of_memo(own.id) AS assessment_id
          FROM public.credits_creditmemo own WHERE own.id = memo
    )
    SELECT string_agg(DISTINCT act, ', ') FROM (
        SELECT 'proposed the memo' AS act FROM basis WHERE proposed_by_id = who
        UNION ALL
        SELECT 'restated the result'
          FROM basis JOIN public.credits_restatement restated ON restated.id = basis.restatement_id
         WHERE restated.restated_by_id = who
        UNION ALL
        SELECT 'proposed an exclusion'
          FROM basis
          JOIN public.credits_assessment result ON result.id = basis.assessment_id
          CROSS JOIN LATERAL jsonb_array_elements(result.inputs -> 'exclusions') AS item
          JOIN public.measurements_exclusion exclusion
            ON exclusion.id = (item ->> 'id')::bigint
         WHERE exclusion.proposed_by_id = who
        UNION ALL
        SELECT 'chose a reading'
          FROM basis
          JOIN public.credits_assessment result ON result.id = basis.assessment_id
          JOIN public.contracts_commitment commitment ON commitment.id = result.commitment_id
          JOIN public.contracts_readingchoice choice ON choice.version_id = commitment.version_id
         WHERE choice.chosen_by_id = who
        UNION ALL
        -- Inputs name an observation by the first sixteen digits of its file's hash, a colon and the row.
        SELECT 'uploaded an observation'
          FROM basis
          JOIN public.credits_assessment result ON result.id = basis.assessment_id
          CROSS JOIN LATERAL jsonb_array_elements(
              (result.inputs -> 'intervals') || (result.inputs -> 'seconds')) AS item
          JOIN public.measurements_payload payload
            ON left(payload.sha256, 16) = split_part(item ->> 'observation', ':', 1)
         WHERE payload.imported_by_id = who
        UNION ALL
        SELECT 'imported the invoices of the fee'
          FROM basis
          JOIN public.credits_assessment result ON result.id = basis.assessment_id
          CROSS JOIN LATERAL jsonb_array_elements_text(
              CASE WHEN jsonb_typeof(result.inputs -> 'fee') = 'object'
                   THEN result.inputs -> 'fee' -> 'lines' ELSE '[]'::jsonb END) AS item
          JOIN public.invoices_invoiceline line ON line.external_id = item
          JOIN public.invoices_invoice invoice ON invoice.id = line.invoice_id
          JOIN public.invoices_invoicefile file ON file.id = invoice.file_id
         WHERE file.imported_by_id = who
        UNION ALL
        SELECT 'waived the claim'
          FROM basis
          LEFT JOIN public.credits_restatement restated ON restated.id = basis.restatement_id
          LEFT JOIN public.credits_finalisation final ON final.id = restated.finalisation_id
          JOIN public.credits_breach breach
            ON breach.assessment_id = coalesce(final.assessment_id, basis.assessment_id)
          JOIN public.credits_claim claim ON claim.breach_id = breach.id
          JOIN public.credits_claimstep step ON step.claim_id = claim.id
         WHERE step.kind = 'waived' AND step.taken_by_id = who
    ) AS acts
$$;

-- How many persons approve a memo: the last rule for the highest amount below it, the entity's own before one of all.
CREATE FUNCTION credits_approvals_needed(which bigint) RETURNS integer LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT rule.approvals FROM (
            SELECT DISTINCT ON (one.legal_entity_id, one.above_amount) one.*
              FROM public.credits_approvalrule one
              JOIN public.credits_creditmemo own ON own.id = which
             WHERE one.direction = own.direction AND one.currency = own.currency
               AND (one.legal_entity_id IS NULL OR one.legal_entity_id = own.legal_entity_id)
               AND one.above_amount < own.amount
             ORDER BY one.legal_entity_id, one.above_amount, one.id DESC) rule
         ORDER BY rule.legal_entity_id IS NULL, rule.above_amount DESC LIMIT 1), 1)
$$;

CREATE FUNCTION credits_require_approver(memo bigint, who bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    acts text;
BEGIN
    IF NOT public.credits_has_role(who, 'finance_approver') THEN
        RAISE EXCEPTION 'a memo is approved by a person with the role finance approver'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_approver';
    END IF;
    acts := public.credits_acts_under_memo(memo, who);
    IF acts IS NOT NULL THEN
        RAISE EXCEPTION 'who approves this memo has no hand in it; this approver %', acts
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_approver_has_no_hand';
    END IF;
END $$;

CREATE FUNCTION credits_check_memo_approval() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_step public.credits_memostep;
BEGIN
    PERFORM public.credits_hold('memo', NEW.memo_id);
    SELECT * INTO last_step FROM public.credits_memostep
     WHERE memo_id = NEW.memo_id ORDER BY number DESC LIMIT 1;
    IF last_step.state IS NULL OR last_step.state NOT IN ('proposed', 'in_review') THEN
        RAISE EXCEPTION 'a memo that is % is not approved', coalesce(last_step.state, 'not there')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_step_order';
    END IF;
    IF NEW.taken_on < last_step.taken_on THEN
        RAISE EXCEPTION 'the approval on % comes before the last step', NEW.taken_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_step_days_in_order';
    END IF;
    PERFORM public.credits_require_approver(NEW.memo_id, NEW.approved_by_id);
    RETURN NEW;
END $$;
CREATE TRIGGER credits_memoapproval_checked BEFORE INSERT ON credits_memoapproval
    FOR EACH ROW EXECUTE FUNCTION credits_check_memo_approval();
ALTER TABLE credits_memoapproval ENABLE ALWAYS TRIGGER credits_memoapproval_checked;

CREATE OR REPLACE FUNCTION credits_check_memo_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    memo public.credits_creditmemo;
    last_step public.credits_memostep;
    allowed boolean;
    needed integer;
    given integer;
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
        PERFORM public.credits_require_approver(NEW.memo_id, NEW.taken_by_id);
        needed := public.credits_approvals_needed(NEW.memo_id);
        SELECT count(*) + 1 INTO given FROM public.credits_memoapproval
         WHERE memo_id = NEW.memo_id AND approved_by_id <> NEW.taken_by_id;
        IF given < needed THEN
            RAISE EXCEPTION 'a memo of % % needs % approvals and has %', memo.amount, memo.currency, needed, given
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_approvals_enough';
        END IF;
    END IF;
    IF NEW.state = 'reversed' AND (memo.kind = 'reduction' OR EXISTS (
            SELECT FROM public.credits_memouse WHERE memo_id = NEW.memo_id)) THEN
        RAISE EXCEPTION 'a credit that was used, or that reduced another, is not voided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_not_used';
    END IF;
    RETURN NEW;
END $$;

-- What is left of an issued credit: its amount, less what took from it, and what was asked back or let go.
CREATE FUNCTION credits_memo_balance(which bigint) RETURNS numeric LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN own.kind = 'reduction' THEN 0 ELSE own.amount END - coalesce((
        SELECT sum(CASE WHEN one.kind IN ('clawed_back', 'written_off') THEN -one.amount ELSE one.amount END)
          FROM public.credits_memouse one WHERE one.memo_id = which), 0)
      FROM public.credits_creditmemo own WHERE own.id = which
$$;

CREATE FUNCTION credits_check_memo_use() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    memo public.credits_creditmemo;
    issue public.credits_memostep;
    last_state text;
    last_number integer;
    balance numeric;
    against public.credits_memouse;
    other public.credits_creditmemo;
    invoice_side record;
    entry public.credits_journalentry;
BEGIN
    PERFORM public.credits_hold('memo', NEW.memo_id);
    SELECT * INTO memo FROM public.credits_creditmemo WHERE id = NEW.memo_id;
    SELECT * INTO issue FROM public.credits_memostep WHERE memo_id = NEW.memo_id AND state = 'issued';
    SELECT state INTO last_state FROM public.credits_memostep
     WHERE memo_id = NEW.memo_id ORDER BY number DESC LIMIT 1;
    IF last_state IS DISTINCT FROM 'issued' OR memo.direction <> 'promised_by_us' OR NEW.taken_on < issue.taken_on THEN
        RAISE EXCEPTION 'a credit is used after its issue, while it stands'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_of_an_issued_credit';
    END IF;
    SELECT coalesce(max(number), 0) INTO last_number FROM public.credits_memouse WHERE memo_id = NEW.memo_id;
    IF NEW.number <> last_number + 1 THEN
        RAISE EXCEPTION 'the next use is number %, not %', last_number + 1, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_number_once';
    END IF;
    IF NEW.kind IN ('applied', 'paid_out', 'set_off', 'expired') AND EXISTS (
        SELECT FROM public.credits_dispute dispute
         WHERE dispute.memo_id = NEW.memo_id AND NOT EXISTS (
             SELECT FROM public.credits_disputestep step
              WHERE step.dispute_id = dispute.id AND step.kind = 'resolved')
    ) THEN
        RAISE EXCEPTION 'memo % is in dispute; nothing of it is used until that is resolved', NEW.memo_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_not_in_dispute';
    END IF;
    IF (NEW.kind IN ('applied', 'set_off') AND NEW.taken_on > issue.expires_on)
            OR (NEW.kind = 'expired' AND (issue.expires_on IS NULL OR NEW.taken_on <= issue.expires_on)) THEN
        RAISE EXCEPTION 'the last day of this credit is %', issue.expires_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_in_time';
    END IF;
    balance := public.credits_memo_balance(NEW.memo_id);
    IF (NEW.kind IN ('applied', 'paid_out', 'set_off', 'expired') AND NEW.amount > balance)
            OR (NEW.kind IN ('clawed_back', 'written_off') AND NEW.amount > -balance)
            OR (NEW.kind = 'reduced' AND NEW.amount + coalesce((
                SELECT sum(amount) FROM public.credits_memouse
                 WHERE memo_id = NEW.memo_id AND kind = 'reduced'), 0) > memo.amount) THEN
        RAISE EXCEPTION 'the balance of memo % is %; % of % is too much', NEW.memo_id, balance, NEW.kind, NEW.amount
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_within_balance';
    END IF;
    IF NEW.kind = 'applied' THEN
        SELECT contract.counterparty_id, contract.legal_entity_id, invoice.currency INTO invoice_side
          FROM public.invoices_invoice invoice
          JOIN public.contracts_contract contract ON contract.id = invoice.contract_id
         WHERE invoice.id = NEW.invoice_id;
        IF (invoice_side.counterparty_id, invoice_side.legal_entity_id, invoice_side.currency::varchar)
                IS DISTINCT FROM (memo.counterparty_id, memo.legal_entity_id, memo.currency) THEN
            RAISE EXCEPTION 'a credit is applied to an invoice of the same parties and currency'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_same_parties';
        END IF;
    END IF;
    IF NEW.kind = 'set_off' THEN
        SELECT * INTO against FROM public.credits_memouse WHERE id = NEW.against_id;
        PERFORM public.credits_hold('claw_back', NEW.against_id);
        SELECT * INTO other FROM public.credits_creditmemo WHERE id = against.memo_id;
        IF against.kind IS DISTINCT FROM 'clawed_back'
                OR (other.counterparty_id, other.legal_entity_id, other.currency)
                   IS DISTINCT FROM (memo.counterparty_id, memo.legal_entity_id, memo.currency) THEN
            RAISE EXCEPTION 'a credit is set off against a claw-back of the same parties and currency'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_same_parties';
        END IF;
        IF NEW.amount + coalesce((SELECT sum(amount) FROM public.credits_memouse
                                   WHERE against_id = NEW.against_id), 0) > against.amount THEN
            RAISE EXCEPTION 'more is set off than was clawed back'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_within_balance';
        END IF;
    END IF;
    SELECT * INTO entry FROM public.credits_journalentry WHERE id = NEW.entry_id;
    IF entry.transaction_id IS DISTINCT FROM pg_current_xact_id()::text::bigint
            OR entry.legal_entity_id IS DISTINCT FROM memo.legal_entity_id THEN
        RAISE EXCEPTION 'a use of memo % has an entry of its own transaction', NEW.memo_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_posted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_memouse_checked BEFORE INSERT ON credits_memouse
    FOR EACH ROW EXECUTE FUNCTION credits_check_memo_use();
ALTER TABLE credits_memouse ENABLE ALWAYS TRIGGER credits_memouse_checked;

-- At the commit: the uses that an entry posts are what it debits.
CREATE FUNCTION credits_check_use_posted() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT sum(amount) FROM public.credits_memouse WHERE entry_id = NEW.entry_id) IS DISTINCT FROM
            (SELECT sum(amount) FROM public.credits_posting WHERE entry_id = NEW.entry_id AND side = 'debit') THEN
        RAISE EXCEPTION 'use % of memo % is posted with another amount', NEW.number, NEW.memo_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_use_posted';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credits_memouse_posted AFTER INSERT ON credits_memouse
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_use_posted();
ALTER TABLE credits_memouse ENABLE ALWAYS TRIGGER credits_memouse_posted;

-- One dispute at a time, about an issued memo; opened, perhaps answered, resolved by somebody else than who opened it.
CREATE FUNCTION credits_check_dispute() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM public.credits_hold('memo', NEW.memo_id);
    IF NOT EXISTS (SELECT FROM public.credits_memostep WHERE memo_id = NEW.memo_id AND state = 'issued')
        OR EXISTS (SELECT FROM public.credits_memostep WHERE memo_id = NEW.memo_id AND state = 'reversed')
        OR EXISTS (
            SELECT FROM public.credits_dispute other WHERE other.memo_id = NEW.memo_id AND NOT EXISTS (
                SELECT FROM public.credits_disputestep step
                 WHERE step.dispute_id = other.id AND step.kind = 'resolved'))
        OR NEW.number <> 1 + (SELECT count(*) FROM public.credits_dispute WHERE memo_id = NEW.memo_id) THEN
        RAISE EXCEPTION 'a dispute is about an issued memo, one at a time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_dispute_one_at_a_time';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_dispute_checked BEFORE INSERT ON credits_dispute
    FOR EACH ROW EXECUTE FUNCTION credits_check_dispute();
ALTER TABLE credits_dispute ENABLE ALWAYS TRIGGER credits_dispute_checked;

CREATE FUNCTION credits_check_dispute_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_step public.credits_disputestep;
    opener bigint;
BEGIN
    PERFORM public.credits_hold('dispute', NEW.dispute_id);
    SELECT * INTO last_step FROM public.credits_disputestep
     WHERE dispute_id = NEW.dispute_id ORDER BY number DESC LIMIT 1;
    SELECT taken_by_id INTO opener FROM public.credits_disputestep
     WHERE dispute_id = NEW.dispute_id AND number = 1;
    IF NOT (CASE coalesce(last_step.kind, '')
            WHEN '' THEN NEW.kind = 'opened'
            WHEN 'opened' THEN NEW.kind IN ('answered', 'resolved')
            WHEN 'answered' THEN NEW.kind IN ('answered', 'resolved')
            ELSE false END)
            OR NEW.number <> coalesce(last_step.number, 0) + 1 OR NEW.taken_on < last_step.taken_on THEN
        RAISE EXCEPTION 'a dispute does not go from % to %', coalesce(last_step.kind, 'nothing'), NEW.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_dispute_step_order';
    END IF;
    IF NEW.kind = 'resolved' AND NEW.taken_by_id = opener THEN
        RAISE EXCEPTION 'a dispute is resolved by somebody else than who opened it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_dispute_step_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credits_disputestep_checked BEFORE INSERT ON credits_disputestep
    FOR EACH ROW EXECUTE FUNCTION credits_check_dispute_step();
ALTER TABLE credits_disputestep ENABLE ALWAYS TRIGGER credits_disputestep_checked;

-- At the commit: the moves of a provision are what its entry posts to the provision's account.
CREATE FUNCTION credits_check_provision_move() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT sum(CASE WHEN kind IN ('accrued', 'restored') THEN amount ELSE -amount END)
          FROM public.credits_provisionmove WHERE entry_id = NEW.entry_id) IS DISTINCT FROM
       (SELECT sum(CASE posting.side WHEN 'credit' THEN posting.amount ELSE -posting.amount END)
          FROM public.credits_posting posting
          JOIN public.credits_account account ON account.id = posting.account_id
         WHERE posting.entry_id = NEW.entry_id AND account.purpose = 'provision') THEN
        RAISE EXCEPTION 'move % of a provision is not what its entry posts', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_provision_move_posted';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credits_provisionmove_posted AFTER INSERT ON credits_provisionmove
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_provision_move();
ALTER TABLE credits_provisionmove ENABLE ALWAYS TRIGGER credits_provisionmove_posted;
