DROP FUNCTION base_refuse_change();
