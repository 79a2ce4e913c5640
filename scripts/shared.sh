# shellcheck shell=bash
# Sourced by the scripts beside it, never run: where the checkout is, the help text, what the system must provide.

# shellcheck disable=SC2034  # used by the scripts that source this file
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build_packages=(pkg-config libpq-dev libhiredis-dev libjemalloc-dev tzdata)
# shellcheck disable=SC2034
server_packages=(postgresql redis-server python3)

# A script's help is the comment at its top.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"; }

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }
bad_usage() { say "error: $*"; usage >&2; exit 64; }

# A port that nobody listens on, below the range the kernel gives to outgoing connections.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# The folder with initdb and postgres: Debian keeps it out of PATH.
pg_bin() {
    local dir
    for dir in "${SKEIN_TEST_PG_BIN:-}" "$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5n | tail -n 1)" \
        "$(dirname "$(command -v initdb || echo /none/initdb)")"; do
        [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && { echo "$dir"; return; }
    done
    return 1
}

# Asks for the thing, not for the package: another system may have it from elsewhere.
provided() {
    case $1 in
        libpq-dev) pkg-config --exists libpq 2>/dev/null ;;
        libhiredis-dev) pkg-config --exists hiredis 2>/dev/null ;;
        libjemalloc-dev) pkg-config --exists jemalloc 2>/dev/null ;;
        postgresql) pg_bin >/dev/null ;;
        redis-server) command -v redis-server && command -v redis-cli ;;
        tzdata) [ -e "${TZDIR:-/usr/share/zoneinfo}/Europe/Berlin" ] ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        *) command -v "$1" ;;
    esac >/dev/null
}

# need PACKAGE…: installs those that are missing, or says which they are.
need() {
    local package missing=() as_root=()
    for package; do provided "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "missing: ${missing[*]} (names of Debian's packages); install them, then run this again"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; } && as_root=(sudo)
        [ ${#as_root[@]} -gt 0 ] || die "missing packages; run as root: apt-get install ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" bash -c "$(declare -f install_packages); install_packages \"\$@\"" install "${missing[@]}" \
        || die "could not install ${missing[*]}; the lines above say why"
    for package in "${missing[@]}"; do provided "$package" || die "$package is installed but does not work here"; done
}

# Runs as root, alone in its shell, so its variables outlive it for the trap. The servers that these packages bring must not start:
# ours are started by hand, elsewhere. What that takes is undone at the end.
install_packages() {
    local try
    policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf fresh_policy='' fresh_cluster='' fresh_redis=''
    log=$(mktemp)
    # shellcheck disable=SC2317  # called by the trap
    undo() {
        rm -f "$log"
        [ -z "$fresh_policy" ] || rm -f "$policy"
        [ -z "$fresh_cluster" ] || cp "/usr/share/postgresql-common/${cluster##*/}" "$cluster" 2>/dev/null || rm -f "$cluster"
    }
    trap undo EXIT
    trap 'exit 130' INT TERM HUP
    command -v redis-server >/dev/null || fresh_redis=yes
    [ -e "$policy" ] || { fresh_policy=yes && printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"; }
    [ -e "$cluster" ] || { fresh_cluster=yes && mkdir -p "${cluster%/*}" && echo 'create_main_cluster = false' >"$cluster"; }
    for try in 1 2 3; do
        if { apt-get update -qq -o Acquire::Retries=3 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"; } >"$log" 2>&1 </dev/null; then
            # Debian enables the server for the next boot; nobody asked for that.
            if [ "$fresh_redis" ] && [ -d /run/systemd/system ] && command -v redis-server >/dev/null; then
                systemctl disable --quiet redis-server 2>/dev/null || true
            fi
            return 0
        fi
        [ "$try" = 3 ] || sleep 5
    done
    tail -n 20 "$log" >&2
    return 1
}
