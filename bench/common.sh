# What bench/run and bench/doors share. They set $DATA (the run's folder) and $samples (a file that gets the figures).

# Asks process $1 to end by signal $2; insists after ten seconds.
end_server() {
    [ -n "$1" ] || return 0
    kill "-$2" "$1" 2>/dev/null || return 0
    waited=0
    while grep -qs '^State:[^Z]*$' "/proc/$1/status" && [ $waited -lt 100 ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
    kill -KILL "$1" 2>/dev/null || true
}

remark() {
    echo "# $*" >>"$samples"
    echo "  $*" >&2
}

# Tries a command every tenth of a second for 20 seconds.
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || return 1
        sleep 0.1
    done
}

need_disk() {
    free=$(df -Pk "$DATA" | awk 'NR == 2 { print int($4 / 1048576) }')
    [ "$free" -ge "$1" ] && return 0
    remark "$2 left out: it needs $1 GiB of free disk, there are $free"
    return 1
}

remark_machine() {
    processor=$(awk '/^model name/ { sub(/.*: /, ""); print; exit }' /proc/cpuinfo)
    remark "$(date -u +%Y-%m-%dT%H:%M:%SZ) $(uname -sr) $(nproc) cores $processor"
}
