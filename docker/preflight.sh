#!/bin/sh
# Refuses to start the stack where anybody could log in: a documented password, or an API without a token, on an address that
# is not this machine's loopback. Whatever publishes a port waits for this to end well.

set -u
refused=0

is_loopback() {
  case "$1" in
  127.* | localhost | ::1 | '[::1]') return 0 ;;
  *) return 1 ;;
  esac
}

refuse() {
  echo "refused: $1" >&2
  refused=1
}

# Is it empty, documented, or short enough to try?
is_weak() {
  case "$1" in
  '' | password | admin | 'change me') return 0 ;;
  esac
  [ "${#1}" -lt 12 ]
}

if ! is_loopback "$GRAFANA_BIND" && is_weak "$GRAFANA_PASSWORD"; then
  refuse "Grafana would be published on $GRAFANA_BIND with a weak password: set GRAFANA_PASSWORD in .env to 12 characters or more"
fi
if ! is_loopback "$CLICKHOUSE_BIND"; then
  for name in CLICKHOUSE CLICKHOUSE_MIGRATE CLICKHOUSE_API CLICKHOUSE_INGEST CLICKHOUSE_GRAFANA; do
    eval "password=\${${name}_PASSWORD}"
    if is_weak "$password"; then
      refuse "ClickHouse would be published on $CLICKHOUSE_BIND with a weak password: set ${name}_PASSWORD in .env to 12 characters or more"
    fi
  done
fi
if ! is_loopback "$API_BIND" && [ "$NETMON_ANONYMOUS" != false ]; then
  refuse "the API would be published on $API_BIND and let everybody in: set NETMON_ANONYMOUS=false and NETMON_API_TOKEN in .env"
fi

exit "$refused"
