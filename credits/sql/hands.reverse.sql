-- As before.
CREATE OR REPLACE FUNCTION credits_require_approver(memo bigint, who bigint) RETURNS void LANGUAGE plpgsql
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

DROP FUNCTION credits_hands_between_sources(bigint, bigint);
