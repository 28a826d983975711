-- What a memo credits is what was invoiced: same contract, same currency, same tax; and it is the whole memo.

CREATE FUNCTION invoices_check_credited_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    memo public.credits_creditmemo;
    line public.invoices_invoiceline;
    invoice public.invoices_invoice;
BEGIN
    SELECT * INTO memo FROM public.credits_creditmemo WHERE id = NEW.memo_id;
    SELECT * INTO line FROM public.invoices_invoiceline WHERE id = NEW.invoice_line_id;
    SELECT * INTO invoice FROM public.invoices_invoice WHERE id = line.invoice_id;
    IF invoice.contract_id IS DISTINCT FROM memo.contract_id OR invoice.currency IS DISTINCT FROM memo.currency THEN
        RAISE EXCEPTION 'line % was not invoiced under the contract and in the currency of memo %',
            line.external_id, NEW.memo_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_credited_line_of_its_contract';
    END IF;
    IF (NEW.tax_category, NEW.tax_percent, NEW.tax_exemption_reason)
        IS DISTINCT FROM (line.tax_category, line.tax_percent, line.tax_exemption_reason) THEN
        RAISE EXCEPTION 'line % was invoiced with another tax', line.external_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_credited_tax_as_invoiced';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER invoices_creditedline_checked BEFORE INSERT ON invoices_creditedline
    FOR EACH ROW EXECUTE FUNCTION invoices_check_credited_line();
ALTER TABLE invoices_creditedline ENABLE ALWAYS TRIGGER invoices_creditedline_checked;

CREATE FUNCTION invoices_check_credited_whole() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT sum(net_amount) FROM public.invoices_creditedline WHERE memo_id = NEW.memo_id)
        <> (SELECT amount FROM public.credits_creditmemo WHERE id = NEW.memo_id) THEN
        RAISE EXCEPTION 'the credited lines of memo % do not sum to its amount', NEW.memo_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_credited_whole';
    END IF;
    IF NOT EXISTS (SELECT FROM public.credits_memostep WHERE memo_id = NEW.memo_id AND state = 'issued') THEN
        RAISE EXCEPTION 'memo % is not issued; its lines are taken from the invoice at issue', NEW.memo_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoices_credited_at_issue';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER invoices_creditedline_whole AFTER INSERT ON invoices_creditedline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoices_check_credited_whole();
ALTER TABLE invoices_creditedline ENABLE ALWAYS TRIGGER invoices_creditedline_whole;
