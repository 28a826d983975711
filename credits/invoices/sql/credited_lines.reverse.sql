DROP TRIGGER invoices_creditedline_whole ON invoices_creditedline;
DROP FUNCTION invoices_check_credited_whole();
DROP TRIGGER invoices_creditedline_checked ON invoices_creditedline;
DROP FUNCTION invoices_check_credited_line();
