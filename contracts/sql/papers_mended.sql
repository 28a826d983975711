-- A passage that replaces another was refused by a mistake: "old" is the row of the trigger, not that of the query.

CREATE OR REPLACE FUNCTION contracts_guard_passage() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lies record;
BEGIN
    SELECT theirs.contract_id AS paper_contract, ours.contract_id AS version_contract,
           jsonb_array_length(page.words) AS words INTO lies
        FROM public.contracts_paperpage page
        JOIN public.contracts_paper paper ON paper.id = page.paper_id
        JOIN public.contracts_contractversion theirs ON theirs.id = paper.version_id
        JOIN public.contracts_contractversion ours ON ours.id = NEW.version_id
        WHERE page.id = NEW.page_id;
    IF lies.paper_contract IS DISTINCT FROM lies.version_contract THEN
        RAISE EXCEPTION 'the passage lies on a paper of another contract than version %', NEW.version_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_passage_of_the_contract';
    END IF;
    IF NEW.read_by_person <> (lies.words = 0) OR NEW.last_word >= lies.words THEN
        RAISE EXCEPTION 'the passage does not stand on page %', NEW.page_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_passage_on_the_page';
    END IF;
    IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.contracts_clausepassage earlier
        WHERE earlier.id = NEW.replaces_id AND earlier.version_id = NEW.version_id
          AND earlier.place = NEW.place AND NOT earlier.removed) THEN
        RAISE EXCEPTION 'the passage replaces one of another clause'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_passage_replaces_its_own';
    END IF;
    RETURN NEW;
END $$;

-- The application may not lock rows of tables that it only appends to: the contract is locked in their place.

CREATE OR REPLACE FUNCTION contracts_guard_coverage_entry() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- The lock keeps a publication out until this is committed.
    PERFORM FROM public.contracts_contract c
        WHERE c.id = (SELECT l.contract_id FROM public.contracts_coveragelist l WHERE l.id = NEW.coverage_id)
        FOR UPDATE;
    IF EXISTS (SELECT FROM public.contracts_coveragepublication p WHERE p.coverage_id = NEW.coverage_id) THEN
        RAISE EXCEPTION 'list % was published and does not grow', NEW.coverage_id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_coverage_published_is_whole';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION contracts_guard_coverage_publication() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    list record;
    lacking text;
    last_published integer;
BEGIN
    SELECT l.id, l.contract_id, l.number INTO list
        FROM public.contracts_coveragelist l WHERE l.id = NEW.coverage_id;
    PERFORM FROM public.contracts_contract c WHERE c.id = list.contract_id FOR UPDATE;
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
