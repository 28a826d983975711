CREATE OR REPLACE FUNCTION contracts_guard_conflict_row() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_number bigint;
    last_kind text;
BEGIN
    PERFORM FROM public.contracts_conflict c WHERE c.id = NEW.conflict_id FOR UPDATE;
    IF TG_TABLE_NAME = 'contracts_conflictstep' THEN
        SELECT s.number, s.kind INTO last_number, last_kind FROM public.contracts_conflictstep s
            WHERE s.conflict_id = NEW.conflict_id ORDER BY s.number DESC LIMIT 1;
        IF NEW.kind = coalesce(last_kind, 'gone') THEN
            RAISE EXCEPTION 'conflict % is % already', NEW.conflict_id, NEW.kind
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_conflictstep_in_order';
        END IF;
    ELSE
        SELECT max(d.number) INTO last_number FROM public.contracts_conflictdecision d
            WHERE d.conflict_id = NEW.conflict_id;
        IF NEW.gives_way <> 'neither' AND EXISTS (
                SELECT FROM public.contracts_conflict c WHERE c.id = NEW.conflict_id AND c.kind = 'objective') THEN
            RAISE EXCEPTION 'conflict %: a promise does not give way to an objective', NEW.conflict_id
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'contracts_conflictdecision_of_promises';
        END IF;
    END IF;
    IF NEW.number <> coalesce(last_number, 0) + 1 THEN
        RAISE EXCEPTION 'the next of conflict % is number %', NEW.conflict_id, coalesce(last_number, 0) + 1
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = TG_TABLE_NAME || '_once';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION contracts_guard_decision_confirmation() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    decision record;
BEGIN
    SELECT d.* INTO decision FROM public.contracts_conflictdecision d WHERE d.id = NEW.decision_id;
    PERFORM FROM public.contracts_conflict c WHERE c.id = decision.conflict_id FOR UPDATE;
    IF decision.decided_by_id = NEW.confirmed_by_id THEN
        RAISE EXCEPTION 'decision % is confirmed by whoever made it', NEW.decision_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_conflictdecision_four_eyes';
    END IF;
    IF EXISTS (SELECT FROM public.contracts_conflictdecision d
               WHERE d.conflict_id = decision.conflict_id AND d.number > decision.number) THEN
        RAISE EXCEPTION 'a later decision took the place of %', NEW.decision_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_conflictdecision_is_the_last';
    END IF;
    RETURN NEW;
END $$;

DROP FUNCTION contracts_hold_conflict(bigint);
