#!/bin/sh
# Brings Temporal's own two databases to the schema of this server version. May be run again, and is, at every start.
set -eu

for database in temporal temporal_visibility; do
    case "$database" in
        temporal) folder=temporal ;;
        temporal_visibility) folder=visibility ;;
    esac
    temporal-sql-tool --db "$database" setup-schema -v 0.0
    temporal-sql-tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
done
