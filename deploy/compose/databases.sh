#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume: a role and its databases for Temporal, and one for our records.
# Neither role may look into the other's.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set temporal_password="$TEMPORAL_DB_PASSWORD" --set records_password="$RECORDS_DB_PASSWORD" <<'SQL'
create role temporal login password :'temporal_password';
create role kap login password :'records_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
create database kap owner kap;
revoke connect on database temporal, temporal_visibility, kap from public;
SQL
