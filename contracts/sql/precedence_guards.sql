-- Documents under documents, objectives in their order, four eyes on orders of precedence and on decisions.

-- A document stands under a master or framework agreement of the same parties and direction, in no circle. All that
-- change a place take turns, so that two of them together make no circle either.
CREATE FUNCTION contracts_guard_document() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    above record;
    circle boolean;
BEGIN
    IF NEW.owner_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.owner_id IS DISTINCT FROM OLD.owner_id)
       AND NOT EXISTS (SELECT FROM public.base_user u WHERE u.id = NEW.owner_id AND u.kind = 'staff') THEN
        RAISE EXCEPTION 'contract %: its owner is no person of ours', NEW.reference
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_contract_owner_is_ours';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.kind IS DISTINCT FROM OLD.kind
       AND NEW.kind NOT IN ('master_agreement', 'framework')
       AND EXISTS (SELECT FROM public.contracts_contract c WHERE c.under_id = NEW.id) THEN
        RAISE EXCEPTION 'contract %: other documents stand under it', NEW.reference
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_contract_under_fits';
    END IF;
    IF NEW.under_id IS NULL OR (TG_OP = 'UPDATE' AND NEW.under_id IS NOT DISTINCT FROM OLD.under_id) THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('contracts_contract.under', 0));
    SELECT c.kind, c.counterparty_id, c.direction INTO above
        FROM public.contracts_contract c WHERE c.id = NEW.under_id;
    IF above.kind NOT IN ('master_agreement', 'framework')
       OR (above.counterparty_id, above.direction) IS DISTINCT FROM (NEW.counterparty_id, NEW.direction) THEN
        RAISE EXCEPTION 'contract %: what it stands under is no master of the same parties and direction', NEW.reference
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_contract_under_fits';
    END IF;
    WITH RECURSIVE up AS (
        SELECT NEW.under_id AS id
        UNION
        SELECT c.under_id FROM public.contracts_contract c JOIN up ON c.id = up.id WHERE c.under_id IS NOT NULL
    )
    SELECT EXISTS (SELECT FROM up WHERE up.id = NEW.id) INTO circle;
    IF circle THEN
        RAISE EXCEPTION 'contract % would stand under itself', NEW.reference
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_contract_under_no_circle';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_contract_document BEFORE INSERT OR UPDATE ON contracts_contract
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_document();
ALTER TABLE contracts_contract ENABLE ALWAYS TRIGGER contracts_contract_document;

CREATE FUNCTION contracts_guard_objective() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last record;
BEGIN
    IF NOT EXISTS (SELECT FROM public.base_user u WHERE u.id = NEW.owner_id AND u.kind = 'staff') THEN
        RAISE EXCEPTION 'objective %: its owner is no person of ours', NEW.code
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_objective_owner_is_ours';
    END IF;
    SELECT o.number, o.service_id, o.figure INTO last FROM public.contracts_servicelevelobjective o
        WHERE o.code = NEW.code ORDER BY o.number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1
       OR (last.number IS NOT NULL AND (last.service_id, last.figure) IS DISTINCT FROM (NEW.service_id, NEW.figure))
    THEN
        RAISE EXCEPTION 'objective %: versions follow each other and stay with their service and figure', NEW.code
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_objective_versions_in_order';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_objective_guard BEFORE INSERT ON contracts_servicelevelobjective
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_objective();
ALTER TABLE contracts_servicelevelobjective ENABLE ALWAYS TRIGGER contracts_objective_guard;

CREATE FUNCTION contracts_guard_agreement() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.contracts_servicelevelobjective o WHERE o.id = NEW.objective_id
           AND o.owner_id = NEW.agreed_by_id AND o.entered_by_id <> NEW.agreed_by_id) THEN
        RAISE EXCEPTION 'objective %: its owner agrees to it, and did not enter it', NEW.objective_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_objective_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_agreement_guard BEFORE INSERT ON contracts_objectiveagreement
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_agreement();
ALTER TABLE contracts_objectiveagreement ENABLE ALWAYS TRIGGER contracts_agreement_guard;

CREATE FUNCTION contracts_guard_precedence_confirmation() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.contracts_precedenceorder o
               WHERE o.id = NEW.order_id AND o.recorded_by_id = NEW.confirmed_by_id) THEN
        RAISE EXCEPTION 'order % is confirmed by whoever recorded it', NEW.order_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_precedence_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_precedence_confirmed BEFORE INSERT ON contracts_precedenceconfirmation
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_precedence_confirmation();
ALTER TABLE contracts_precedenceconfirmation ENABLE ALWAYS TRIGGER contracts_precedence_confirmed;

-- An order is written as a whole: nothing is added to one that was confirmed.
CREATE FUNCTION contracts_guard_rank() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.contracts_precedenceconfirmation c WHERE c.order_id = NEW.order_id) THEN
        RAISE EXCEPTION 'order % is confirmed; a change is a further version', NEW.order_id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_precedence_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_rank_guard BEFORE INSERT ON contracts_precedencerank
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_rank();
ALTER TABLE contracts_precedencerank ENABLE ALWAYS TRIGGER contracts_rank_guard;

-- A side is a commitment of the contract of that side, against one of the other.
CREATE FUNCTION contracts_guard_side() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of record;
    own bigint;
    other bigint;
BEGIN
    SELECT c.first_id, c.second_id INTO of FROM public.contracts_conflict c WHERE c.id = NEW.conflict_id;
    SELECT v.contract_id INTO own FROM public.contracts_commitment m
        JOIN public.contracts_contractversion v ON v.id = m.version_id WHERE m.id = NEW.commitment_id;
    SELECT v.contract_id INTO other FROM public.contracts_commitment m
        JOIN public.contracts_contractversion v ON v.id = m.version_id WHERE m.id = NEW.against_id;
    IF (NEW.side = 'first' AND (own, other) IS DISTINCT FROM (of.first_id, of.second_id))
       OR (NEW.side = 'second' AND (own, other) IS DISTINCT FROM (of.second_id, of.first_id)) THEN
        RAISE EXCEPTION 'commitment % is on no side of conflict %', NEW.commitment_id, NEW.conflict_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_side_of_its_conflict';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_side_guard BEFORE INSERT ON contracts_conflictside
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_side();
ALTER TABLE contracts_conflictside ENABLE ALWAYS TRIGGER contracts_side_guard;

-- Steps follow each other and take turns; decisions too. A promise does not give way to an objective.
CREATE FUNCTION contracts_guard_conflict_row() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER contracts_conflictstep_guard BEFORE INSERT ON contracts_conflictstep
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_conflict_row();
ALTER TABLE contracts_conflictstep ENABLE ALWAYS TRIGGER contracts_conflictstep_guard;
CREATE TRIGGER contracts_conflictdecision_guard BEFORE INSERT ON contracts_conflictdecision
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_conflict_row();
ALTER TABLE contracts_conflictdecision ENABLE ALWAYS TRIGGER contracts_conflictdecision_guard;

CREATE FUNCTION contracts_guard_decision_confirmation() RETURNS trigger LANGUAGE plpgsql
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
CREATE TRIGGER contracts_decision_confirmed BEFORE INSERT ON contracts_decisionconfirmation
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_decision_confirmation();
ALTER TABLE contracts_decisionconfirmation ENABLE ALWAYS TRIGGER contracts_decision_confirmed;

-- The decision that counts for windows that begin on a day: the last confirmed one that reaches it.
CREATE FUNCTION contracts_decision_on(of_conflict bigint, on_day date) RETURNS bigint LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT d.id FROM public.contracts_conflictdecision d
      JOIN public.contracts_decisionconfirmation c ON c.decision_id = d.id
     WHERE d.conflict_id = of_conflict AND d.from_on <= on_day
     ORDER BY d.number DESC LIMIT 1
$$;

-- Whether the version of the other side is the one in effect on a day: only then is there anything to give way to.
CREATE FUNCTION contracts_side_meets(of_side bigint, on_day date) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.version_id = (
        SELECT v.id FROM public.contracts_contractversion v
         WHERE v.contract_id = own.contract_id AND v.state = 'signed' AND v.effective_from_on <= on_day
           AND (v.effective_until_on IS NULL OR v.effective_until_on > on_day)
         ORDER BY v.effective_from_on DESC, v.number DESC LIMIT 1)
      FROM public.contracts_conflictside s
      JOIN public.contracts_commitment m ON m.id = s.against_id
      JOIN public.contracts_contractversion own ON own.id = m.version_id
     WHERE s.id = of_side
$$;

-- Whether a side gives way in windows that begin on a day: it was decided so, and the other side is in effect.
CREATE FUNCTION contracts_side_gives_way(of_side bigint, on_day date) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT d.gives_way = s.side FROM public.contracts_conflictside s
          JOIN public.contracts_conflictdecision d ON d.id = public.contracts_decision_on(s.conflict_id, on_day)
         WHERE s.id = of_side), false) AND coalesce(public.contracts_side_meets(of_side, on_day), false)
$$;
