DROP FUNCTION audit_require_event();
