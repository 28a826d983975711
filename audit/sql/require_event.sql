-- No act without its event: a deferred trigger asks, at commit, whether this transaction recorded one.
CREATE FUNCTION audit_require_event() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.audit_event WHERE transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '% on % without an audit event in the same transaction', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = TG_TABLE_NAME || '_has_event',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
