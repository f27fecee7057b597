# Sourced by checks.sh: what the appliance needs of its container's memory while spans come in. Only when run.sh was given a
# program to send with; nothing is asserted, because it takes ten minutes and says what a document says.
# shellcheck shell=bash disable=SC2154

# measure_memory PROFILE SECONDS: 500 spans a second, from within the container. The status of the process tells, not the control
# group: the node keeps its containers' disks in memory, and what the appliance stores counts there.
measure_memory() {
    local pid load samples=$work/memory.$1
    # From outside, so that the pages are not the container's.
    cp "$work/bench" "/proc/$(lxc-info --name "$appliance" --pid --no-humanize)/root/opt/bench"
    pid=$(property MainPID)
    inside env TRACEMETER_KEY="$(key mine)" /opt/bench --seconds "$2" load --key-env TRACEMETER_KEY --profile "$1" --rate 500 \
        >"$work/load.$1" 2>&1 &
    load=$!
    while kill -0 "$load" 2>/dev/null; do
        inside cat "/proc/$pid/status" | awk '/^(VmRSS|RssAnon):/ {printf "%.1f ", $2 / 1024} END {print ""}'
        sleep 1
    done >"$samples"
    wait "$load"
    sed 's/^/# /' "$work/load.$1"
    tail -n "+$(($(wc -l <"$samples") / 2 + 1))" "$samples" | awk -v profile="$1" '
        function add(name, value) {
            if (!(name in least) || value < least[name]) least[name] = value
            if (value > most[name]) most[name] = value
            sum[name] += value
        }
        NF == 2 {add("resident", $1); add("own", $2); add("program file", $1 - $2); rows++}
        END {
            if (rows < 10) {print "too few samples: " rows; exit 1}
            split("resident,own,program file", names, ",")
            for (at = 1; at <= 3; at++) {
                name = names[at]
                printf "# %s, second half, %s: %.0f to %.0f MiB, mean %.0f\n", profile, name, least[name], most[name], sum[name] / rows
            }
        }'
}
