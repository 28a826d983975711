-- A template keeps its name and its place; a unit's says what its parent says; versions are numbered without a gap.

CREATE TRIGGER contracts_termstemplate_key BEFORE UPDATE ON contracts_termstemplate
    FOR EACH ROW EXECUTE FUNCTION
        contracts_guard_key('id', 'slug', 'parent_id', 'legal_entity_id', 'is_published');
ALTER TABLE contracts_termstemplate ENABLE ALWAYS TRIGGER contracts_termstemplate_key;

CREATE FUNCTION contracts_guard_template_version() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parent bigint;
    newest bigint;
BEGIN
    SELECT parent_id INTO parent FROM public.contracts_termstemplate WHERE id = NEW.template_id FOR UPDATE;
    IF parent IS NOT NULL THEN
        RAISE EXCEPTION 'template % belongs to a unit and says what template % says', NEW.template_id, parent
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_termstemplateversion_of_a_whole';
    END IF;
    SELECT coalesce(max(number), 0) INTO newest
        FROM public.contracts_termstemplateversion WHERE template_id = NEW.template_id;
    IF NEW.number <> newest + 1 THEN
        RAISE EXCEPTION 'version % does not follow version % of template %', NEW.number, newest, NEW.template_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_termstemplateversion_in_order';
    END IF;
    IF btrim(NEW.reason) = '' THEN
        RAISE EXCEPTION 'version % of template % says no reason', NEW.number, NEW.template_id
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_termstemplateversion_reason';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_termstemplateversion_guard BEFORE INSERT ON contracts_termstemplateversion
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_template_version();
ALTER TABLE contracts_termstemplateversion ENABLE ALWAYS TRIGGER contracts_termstemplateversion_guard;

-- Which contracts' versions were started from a template is asked by the template's name in their documents.
CREATE INDEX contracts_version_started_from
    ON contracts_contractversion ((terms #>> '{filled_from,template}'));
