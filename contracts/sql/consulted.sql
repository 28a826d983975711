-- The gate of consultation: nobody is missing whom the last policy of the direction wants to be consulted, unless legal
-- let it stand, with a reason, for exactly this text. contracts/review_checks.py says the same.

-- The first seat that nobody was consulted in, as `consulted.<role>` or `consulted.service_owner.<code>`; NULL for none.
CREATE FUNCTION contracts_not_consulted(of_version bigint) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    WITH this AS (
        SELECT v.id, v.terms, v.terms_sha256, c.direction
        FROM public.contracts_contractversion v JOIN public.contracts_contract c ON c.id = v.contract_id
        WHERE v.id = of_version
    ), wanted AS (
        SELECT jsonb_array_elements_text(p.roles) AS role
        FROM public.contracts_consultationpolicy p, this
        WHERE p.id = (SELECT max(last.id) FROM public.contracts_consultationpolicy last
                      WHERE last.direction = this.direction)
    ), seat AS (
        SELECT role, '' AS service_code, 'consulted.' || role AS path FROM wanted WHERE role <> 'service_owner'
        UNION
        SELECT role, code, 'consulted.' || role || '.' || code
        FROM wanted, this,
             jsonb_array_elements(this.terms -> 'commitments') AS commitment,
             jsonb_array_elements_text(commitment -> 'services') AS code
        WHERE role = 'service_owner'
    )
    SELECT seat.path FROM seat, this
    WHERE NOT EXISTS (
            SELECT FROM public.contracts_consultation met
            WHERE met.version_id = this.id AND met.role = seat.role AND met.service_code = seat.service_code)
      AND NOT EXISTS (
            SELECT FROM public.contracts_findingacceptance let
            WHERE let.version_id = this.id AND let.terms_sha256 = this.terms_sha256
              AND let.code = 'GATE_NOT_CONSULTED' AND let.path = seat.path)
    ORDER BY seat.path LIMIT 1
$$;

CREATE FUNCTION contracts_guard_consulted() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    missing text;
BEGIN
    missing := public.contracts_not_consulted(NEW.id);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'version %: % was not consulted', NEW.id, missing
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_version_consulted';
    END IF;
    RETURN NEW;
END $$;
-- What there was to ask of a conformed text was asked of the change that it is signed with. The text itself does not
-- change in this update, which contracts_guard_version sees to, so that the stored one is the one that is signed.
CREATE TRIGGER contracts_version_consulted BEFORE UPDATE ON contracts_contractversion
    FOR EACH ROW WHEN (NEW.state = 'signed' AND OLD.state <> 'signed' AND NEW.kind <> 'conformed')
    EXECUTE FUNCTION contracts_guard_consulted();
ALTER TABLE contracts_contractversion ENABLE ALWAYS TRIGGER contracts_version_consulted;
