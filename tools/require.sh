#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sees to a Docker engine that answers and a compose. As root on Debian or Ubuntu it installs and
# starts what is missing; for anybody else it says exactly what to do. Nothing is touched when
# everything is there.
. "$(dirname "$0")/lib.sh"

has_compose() { docker compose version >/dev/null 2>&1 || have docker-compose; }
has_systemd() { [ -d /run/systemd/system ] && have systemctl; }

missing_packages() {
    have docker || printf 'docker.io '
    if ! has_compose; then
        # Ubuntu has the v2 plugin as a package, Debian 12 has 1.29.
        if apt-cache show docker-compose-v2 >/dev/null 2>&1; then
            printf 'docker-compose-v2 '
        else
            printf 'docker-compose '
        fi
    fi
    # Debian's engine loads its AppArmor profile with this and refuses to start a container without.
    if grep -qs Y /sys/module/apparmor/parameters/enabled && ! have apparmor_parser; then
        printf 'apparmor '
    fi
    have docker || have mmdebstrap || printf 'mmdebstrap '
}

install_missing() {
    is_root && is_debian && ! have docker && { apt-get -qq update </dev/null || true; }
    local packages
    read -ra packages <<<"$(missing_packages)"
    [ "${#packages[@]}" -eq 0 ] && return
    if is_root && is_debian; then
        apt_install "${packages[@]}"
    else
        say "missing on this machine: ${packages[*]}" >&2
        say "  either run 'sudo make', which installs it on Debian and Ubuntu," >&2
        say "  or install Docker (engine and compose) your system's way and run 'make' again" >&2
        exit 1
    fi
}

start_with_systemd() {
    say "starting the Docker engine and enabling it at boot"
    systemctl enable --now docker >/dev/null 2>&1 || systemctl start docker || true
}

# Containers and small machines without systemd: the engine runs in the background, logging to a file.
start_in_background() {
    say "starting the Docker engine in the background (log: /var/log/dockerd.log)"
    if ! grep -q ' - cgroup2\? ' /proc/self/mountinfo; then
        mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null ||
            warn "no cgroup is mounted and cgroup2 cannot be: the engine may refuse to start"
    fi
    rm -f /var/run/docker.pid
    setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null &
}

start_engine() {
    engine_answers && return
    if ! is_root; then
        if [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
            die "user '$(id -un)' may not use Docker. Once: sudo usermod -aG docker $(id -un), then log in again"
        fi
        die "the Docker engine does not answer. Start it: sudo systemctl enable --now docker"
    fi
    if has_systemd; then start_with_systemd; else start_in_background; fi
    wait_until 60 engine_answers && return
    if has_systemd; then
        journalctl -u docker --no-pager -n 10 >&2 || true
    else
        tail -n 10 /var/log/dockerd.log >&2 || true
    fi
    die "the Docker engine does not answer after 60 s; its last lines are above"
}

# Without this a reboot would leave the site down.
enable_at_boot() {
    is_root && has_systemd || return 0
    systemctl cat docker.service >/dev/null 2>&1 || return 0
    systemctl is-enabled --quiet docker.service 2>/dev/null && return
    say "enabling the Docker engine at boot"
    systemctl enable --quiet docker.service || warn "docker.service could not be enabled at boot"
}

if ! have docker || ! has_compose; then install_missing; fi
start_engine
enable_at_boot
