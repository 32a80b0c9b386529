#!/bin/sh
# Creates the roles and databases of IJAA on a PostgreSQL server: a name for `ijaa db setup`.
set -eu

if [ "${1:-}" = "--help" ] || [ "${1:-}" = "-h" ]; then
  cat <<'HELP'
Usage: IJAA_SETUP_URL=postgresql://superuser:password@host:5432/postgres deploy/setup-databases.sh [users|events]

Creates the five roles and the database of a module (of both without an argument) on PostgreSQL 15 or later.
Run it once per cluster; running it again changes nothing. Generated passwords are printed once, as lines for the
environment of ijaa. Options are those of `ijaa db setup`: --dry-run, --whole-cluster, --json.
The same as plain SQL: deploy/database-setup.sql.
HELP
  exit 0
fi

here=$(CDPATH="" cd -- "$(dirname -- "$0")/.." && pwd)
if [ -x "$here/.venv/bin/ijaa" ]; then
  exec "$here/.venv/bin/ijaa" db setup "$@"
fi
exec ijaa db setup "$@"
