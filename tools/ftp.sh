#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# lftp, logged in to the site's files, in a container of its own that sees one directory of this
# machine: DIR, or the present one. Commands come from the terminal or from standard input.
. "$(dirname "$0")/lib.sh"

here=$(cd -P -- "${DIR:-$ROOT}" && pwd) || die "DIR '$DIR': expected a directory"
[ "$(docker inspect --format '{{.State.Running}}' ftp 2>/dev/null)" = true ] || die "ftp is down: 'make bonus' starts it"
terminal=()
if [ -t 0 ]; then terminal=(--tty); fi

# The password goes by the environment of lftp alone: neither Docker nor a command line knows it.
# shellcheck disable=SC2016 # the variables belong to the container's shell
exec docker run --rm --interactive "${terminal[@]}" --read-only --cap-drop ALL --security-opt no-new-privileges \
    --network "$(project_name)_web" --user "$(id -u):$(id -g)" --tmpfs /tmp --env HOME=/tmp --env TERM \
    --volume "$here:/here" --workdir /here --volume "$ROOT/secrets/ftp_password:/run/secrets/ftp_password:ro" \
    --entrypoint /bin/sh "ftp:$(env_value IMAGE_TAG)" -c \
    'LFTP_PASSWORD=$(cat /run/secrets/ftp_password) exec lftp -e "source /etc/pidone/lftp.conf" --env-password "$@"' \
    lftp --user "$(env_value FTP_USER)" --port "$(env_value FTP_PORT)" ftp.web
