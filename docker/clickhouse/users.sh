#!/bin/sh
# Makes the users of schema/clickhouse-users.sql and gives each the password of .env. Runs at every start, so that a password changed
# there is changed here, too. Only hashes are sent, hexadecimal, so that no password can break a statement.

set -eu

for variable in INGEST_PASSWORD API_PASSWORD GRAFANA_PASSWORD MIGRATE_PASSWORD; do
  eval ": \"\${$variable:?}\""
done

ask() {
  clickhouse-client --host "$CLICKHOUSE_HOST" --multiquery
}

ask < /schema/clickhouse-users.sql

give() {
  hash=$(printf %s "$2" | sha256sum | cut -c 1-64)
  echo "ALTER USER $1 IDENTIFIED WITH sha256_hash BY '$hash';"
}
{
  give ingest "$INGEST_PASSWORD"
  give api "$API_PASSWORD"
  give grafana "$GRAFANA_PASSWORD"
  give migrate "$MIGRATE_PASSWORD"
} | ask
