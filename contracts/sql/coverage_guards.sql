-- A list is published whole, by somebody who wrote none of it, and does not grow afterwards.

CREATE FUNCTION contracts_guard_coverage_entry() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- The lock keeps a publication out until this is committed.
    PERFORM FROM public.contracts_coveragelist l WHERE l.id = NEW.coverage_id FOR UPDATE;
    IF EXISTS (SELECT FROM public.contracts_coveragepublication p WHERE p.coverage_id = NEW.coverage_id) THEN
        RAISE EXCEPTION 'list % was published and does not grow', NEW.coverage_id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_coverage_published_is_whole';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_coverageentry_guard BEFORE INSERT ON contracts_coverageentry
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_coverage_entry();
ALTER TABLE contracts_coverageentry ENABLE ALWAYS TRIGGER contracts_coverageentry_guard;

CREATE FUNCTION contracts_guard_coverage_publication() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    list record;
    lacking text;
    last_published integer;
BEGIN
    SELECT l.id, l.contract_id, l.number INTO list
        FROM public.contracts_coveragelist l WHERE l.id = NEW.coverage_id FOR UPDATE;
    IF EXISTS (SELECT FROM public.contracts_coveragelist l
               WHERE l.contract_id = list.contract_id AND l.number > list.number) THEN
        RAISE EXCEPTION 'list % was drafted anew since', list.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_coverage_publishes_the_newest';
    END IF;
    IF NOT EXISTS (SELECT FROM public.contracts_coverageentry e WHERE e.coverage_id = list.id) THEN
        RAISE EXCEPTION 'list % has no entry', list.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_coverage_has_entries';
    END IF;
    SELECT e.journey INTO lacking FROM public.contracts_coverageentry e
        WHERE e.coverage_id = list.id
          AND CASE WHEN e.covered THEN btrim(e.owner) = '' OR e.cost_amount IS NULL
                   ELSE btrim(e.why_not) = '' END
        ORDER BY e.position LIMIT 1;
    IF lacking IS NOT NULL THEN
        RAISE EXCEPTION 'journey % lacks its owner, its cost or its reason', lacking
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_coverage_owner_and_cost';
    END IF;
    SELECT coalesce(max(l.number), 0) INTO last_published
        FROM public.contracts_coveragepublication p
        JOIN public.contracts_coveragelist l ON l.id = p.coverage_id
        WHERE l.contract_id = list.contract_id;
    IF EXISTS (SELECT FROM public.contracts_coveragelist l
               WHERE l.contract_id = list.contract_id AND l.number > last_published
                 AND l.drafted_by_id = NEW.published_by_id) THEN
        RAISE EXCEPTION 'list % was drafted by whoever publishes it', list.id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_coverage_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_coveragepublication_guard BEFORE INSERT ON contracts_coveragepublication
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_coverage_publication();
ALTER TABLE contracts_coveragepublication ENABLE ALWAYS TRIGGER contracts_coveragepublication_guard;
