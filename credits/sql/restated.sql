-- What caps take stands in the result itself, which is told what earlier windows were granted: no cuts beside it.
CREATE OR REPLACE FUNCTION credits_payable_of(which bigint) RETURNS numeric LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT own.credit_amount FROM public.credits_assessment own WHERE own.id = which
$$;

CREATE OR REPLACE FUNCTION credits_check_restated_amount() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.payable_amount IS DISTINCT FROM (
        SELECT result.credit_amount
          FROM public.credits_assessment result WHERE result.id = NEW.assessment_id) THEN
        RAISE EXCEPTION 'restatement % pays another amount than its result after caps', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_restatement_amount';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION credits_check_restatement() RETURNS trigger LANGUAGE plpgsql
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
            OR now_it.revision <= before_it.revision THEN
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
