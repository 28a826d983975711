#!/bin/sh
# Run once by PostgreSQL's image on an empty data volume: the two roles and the database (docs/operations.md).
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$LEDGER_OWNER_PASSWORD" --set app_password="$LEDGER_APP_PASSWORD" <<'SQL'
CREATE ROLE ledger_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE ledger_app   LOGIN PASSWORD :'app_password';
GRANT ledger_app TO ledger_owner;
CREATE DATABASE ledger OWNER ledger_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE ledger FROM PUBLIC;
SQL
