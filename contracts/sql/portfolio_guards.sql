-- What came in is kept as it came; a row that was written keeps what it was and where it went.

CREATE TRIGGER contracts_portfolioimport_key BEFORE UPDATE ON contracts_portfolioimport
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_key(
        'id', 'name', 'sha256', 'headers', 'row_total', 'requested_by_id', 'requested_at');
ALTER TABLE contracts_portfolioimport ENABLE ALWAYS TRIGGER contracts_portfolioimport_key;

CREATE TRIGGER contracts_portfoliorow_key BEFORE UPDATE ON contracts_portfoliorow
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_key('id', 'portfolio_id', 'number', 'cells');
ALTER TABLE contracts_portfoliorow ENABLE ALWAYS TRIGGER contracts_portfoliorow_key;

CREATE FUNCTION contracts_guard_portfolio_row() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'written' AND (NEW.state, NEW.version_id) IS DISTINCT FROM (OLD.state, OLD.version_id) THEN
        RAISE EXCEPTION 'row % of portfolio % is written and stays so', OLD.number, OLD.portfolio_id
            USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'contracts_portfoliorow_written_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_portfoliorow_guard BEFORE UPDATE ON contracts_portfoliorow
    FOR EACH ROW EXECUTE FUNCTION contracts_guard_portfolio_row();
ALTER TABLE contracts_portfoliorow ENABLE ALWAYS TRIGGER contracts_portfoliorow_guard;
