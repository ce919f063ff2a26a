#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The end of the logs: SERVICE=name for one service, FOLLOW=1 to keep reading.
. "$(dirname "$0")/lib.sh"

args=(--tail "${LINES_SHOWN:-50}")
if [ "${FOLLOW:-}" = 1 ]; then args+=(--follow); fi
if [ -n "${SERVICE:-}" ]; then
    need_service "$SERVICE"
    grep -qxF -- "$SERVICE" <<<"$(project_containers)" ||
        die "'$SERVICE' has no container, so no log: '$(goal_of "$SERVICE")' starts it"
    args+=("$SERVICE")
fi
exec tools/compose.sh logs "${args[@]}"
