-- Papers are what their hash says; passages lie on a paper of the same contract, and are found there or read by a person.

CREATE FUNCTION contracts_guard_paper() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.sha256 <> encode(sha256(NEW.content), 'hex') OR NEW.byte_count <> length(NEW.content) THEN
        RAISE EXCEPTION 'the hash or size of paper % is not that of its bytes', NEW.name
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_paper_of_its_hash';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_paper_guard BEFORE INSERT ON contracts_paper
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_paper();
ALTER TABLE contracts_paper ENABLE ALWAYS TRIGGER contracts_paper_guard;

CREATE FUNCTION contracts_guard_paperpage() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.number > (SELECT p.page_count FROM public.contracts_paper p WHERE p.id = NEW.paper_id) THEN
        RAISE EXCEPTION 'paper % has no page %', NEW.paper_id, NEW.number
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_paperpage_of_paper';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_paperpage_guard BEFORE INSERT ON contracts_paperpage
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_paperpage();
ALTER TABLE contracts_paperpage ENABLE ALWAYS TRIGGER contracts_paperpage_guard;

CREATE FUNCTION contracts_guard_passage() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found record;
BEGIN
    SELECT theirs.contract_id AS paper_contract, ours.contract_id AS version_contract,
           jsonb_array_length(page.words) AS words INTO found
        FROM public.contracts_paperpage page
        JOIN public.contracts_paper paper ON paper.id = page.paper_id
        JOIN public.contracts_contractversion theirs ON theirs.id = paper.version_id
        JOIN public.contracts_contractversion ours ON ours.id = NEW.version_id
        WHERE page.id = NEW.page_id;
    IF found.paper_contract IS DISTINCT FROM found.version_contract THEN
        RAISE EXCEPTION 'the passage lies on a paper of another contract than version %', NEW.version_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_passage_of_the_contract';
    END IF;
    IF NEW.read_by_person <> (found.words = 0) OR NEW.last_word >= found.words THEN
        RAISE EXCEPTION 'the passage does not stand on page %', NEW.page_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_passage_on_the_page';
    END IF;
    IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.contracts_clausepassage old
        WHERE old.id = NEW.replaces_id AND old.version_id = NEW.version_id
          AND old.place = NEW.place AND NOT old.removed) THEN
        RAISE EXCEPTION 'the passage replaces one of another clause'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_passage_replaces_its_own';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_clausepassage_guard BEFORE INSERT ON contracts_clausepassage
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_passage();
ALTER TABLE contracts_clausepassage ENABLE ALWAYS TRIGGER contracts_clausepassage_guard;
