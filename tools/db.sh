#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The database client, as the application's user in the application's database.
. "$(dirname "$0")/lib.sh"

[ "$(docker inspect --format '{{.State.Running}}' mariadb 2>/dev/null)" = true ] ||
    die "mariadb does not run: 'make' starts it"
terminal=()
if [ -t 0 ]; then terminal=(--tty); fi
exec docker exec --interactive "${terminal[@]}" mariadb mariadb --defaults-file=/run/pidone/client.cnf "$@"
