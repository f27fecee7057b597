# Sourced by checks.sh: the running service, its sandbox, and what it survives.
# shellcheck shell=bash disable=SC2154

takes_events() {
    pct exec $archive -- mkdir -p /srv/hec
    inside_of $archive sh -c 'cat >/srv/hec.py' <"$here/hec.py"
    inside_of $archive systemd-run --unit=hec python3 /srv/hec.py /srv/hec
    wait_for curl --noproxy '*' --silent --fail "http://10.99.0.$archive:8088/services/collector/health"
}
archived() { inside_of $archive grep -F "\"trace_id\":\"$1\"" /srv/hec/events.jsonl; }

sends_from_client() { inside_of $client env TRACEMETER_KEY="$(key mine)" python3 - send "$address" "$1" <"$here/trace.py"; }

changes_nothing_anywhere() {
    recap tracemeter-test 'changed=0' book site.yml --limit tracemeter-test,tracemeter-12 --diff
    grep -qE '^tracemeter-12 .* changed=0 ' "$work/play.log"
}

made_as_told() {
    local vmid
    for vmid in $appliance $appliance12; do
        pct config "$vmid"
        pct config "$vmid" >"$work/config"
        for line in 'memory: 512' 'cores: 1' 'swap: 0' 'unprivileged: 1' 'features: nesting=1' 'onboot: 1' 'startup: order=20' 'tags: tracemeter'; do
            grep -x "$line" "$work/config"
        done
        grep -E '^mp0: .*mp=/var/lib/tracemeter,backup=1' "$work/config"
        grep -E '^rootfs: .*size=8G' "$work/config"
        inside_of "$vmid" findmnt /var/lib/tracemeter
    done
    inside grep -x 'VERSION_CODENAME=trixie' /etc/os-release
    inside_of $appliance12 grep -x 'VERSION_CODENAME=bookworm' /etc/os-release
}

installed_as_told() {
    is active property ActiveState
    is enabled property UnitFileState
    is tracemeter inside stat -c %U "/proc/$(property MainPID)"
    is "700 tracemeter" inside stat -c '%a %U' /var/lib/tracemeter
    is "640 root tracemeter" inside stat -c '%a %U %G' /etc/tracemeter/tracemeter.toml
    local running
    running=$(inside readlink /usr/local/bin/tracemeter)
    is "$(sha256sum <"$work/first")" inside sh -c 'sha256sum <"$0"' "$running"
    is active inside systemctl is-active tracemeter-backup.timer
}

# sandboxed VMID: what the kernel says of the running process.
sandboxed() {
    local pid status
    pid=$(inside_of "$1" systemctl show --value --property MainPID tracemeter.service)
    status=$(inside_of "$1" cat "/proc/$pid/status")
    grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd):' <<<"$status"
    grep -qP '^NoNewPrivs:\t1$' <<<"$status"
    grep -qP '^Seccomp:\t2$' <<<"$status"
    grep -qP '^CapEff:\t0+$' <<<"$status"
    grep -qP '^CapBnd:\t0+$' <<<"$status"
    # The mounts that the service itself sees: its own data is the one place it may write to.
    inside_of "$1" cat "/proc/$pid/mountinfo" >"$work/mountinfo"
    cat "$work/mountinfo"
    awk '$5 == "/" {root = $6} $5 == "/var/lib/tracemeter" {data = $6}
        END {exit !(root ~ /^ro/ && data ~ /^rw/)}' "$work/mountinfo"
}

secrets_are_kept() {
    is "600 root" inside stat -c '%a %U' /etc/tracemeter/credentials/archive
    not inside grep -r not-a-real-token /etc/tracemeter/tracemeter.toml /etc/systemd/system
    not inside sh -c 'tr "\0" "\n" <"/proc/$0/environ" | grep not-a-real-token' "$(property MainPID)"
    not inside runuser -u nobody -- cat /run/credentials/tracemeter.service/archive
    # Nor does Ansible show them.
    play --check --diff -e '{"tracemeter_credentials": {"archive": "another-token"}}' >"$work/play.log"
    not grep -e not-a-real-token -e another-token "$work/play.log"
    grep -q 'changed=[1-9]' "$work/play.log"
}

# But for what the first start says of keys and the admin, which there are none of yet.
clean_journal() {
    local said
    said=$(inside journalctl --boot --no-pager --quiet --unit tracemeter.service --priority warning
        inside journalctl --boot --no-pager --quiet --unit tracemeter.service | grep -E ' (ERROR|WARN) ' |
            grep -v -e 'needs a key, and there is none yet' -e 'there is no admin yet' || true)
    is "" echo "$said"
    is 0 property NRestarts
}

bad_config_is_refused() {
    local before
    before=$(inside sha256sum /etc/tracemeter/tracemeter.toml; property MainPID)
    refused 'unknown key "grcp"' play -e '{"tracemeter_config": {"receive": {"grcp": "0.0.0.0:4317"}}}'
    is "$before" eval 'inside sha256sum /etc/tracemeter/tracemeter.toml; property MainPID'
    is 200 ready
}

change_is_rolled_out() {
    local before
    before=$(property MainPID)
    changed_something --diff -e '{"tracemeter_receive_http": "0.0.0.0:14318"}'
    inside grep -x 'http = "0.0.0.0:14318"' /etc/tracemeter/tracemeter.toml
    [ "$(property MainPID)" != "$before" ]
    is 200 ready
    changed_something
}

memory_is_raised() {
    changed_something -e proxmox_lxc_memory=640
    pct config $appliance | grep -x 'memory: 640'
    changed_nothing
    pct config $appliance | grep -x 'memory: 640'
    recap tracemeter-12 'changed=[1-9]' book site.yml --limit tracemeter-12 --tags container -e proxmox_lxc_disk_gb=10
    pct config $appliance12 | grep -E '^rootfs: .*size=10G'
}

restarted_after() { [ "$(property NRestarts)" -gt "$1" ] && [ "$(ready)" = 200 ]; }
survives_kill() {
    local before
    before=$(property NRestarts)
    inside systemctl kill --kill-whom=main --signal=KILL tracemeter.service
    wait_for restarted_after "$before"
}

# The unit's own patience is 30 s; a process that only sleeps must be found out by the same way in less.
survives_hang() {
    local before
    is 30s property WatchdogUSec
    inside sh -c 'mkdir -p /run/systemd/system/tracemeter.service.d
        printf "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n" >/run/systemd/system/tracemeter.service.d/patience.conf
        systemctl daemon-reload; systemctl restart tracemeter.service'
    before=$(property NRestarts)
    inside systemctl kill --kill-whom=main --signal=STOP tracemeter.service
    wait_for restarted_after "$before"
    inside sh -c 'journalctl --no-pager --unit tracemeter.service | grep "Watchdog timeout"
        rm -r /run/systemd/system/tracemeter.service.d; systemctl daemon-reload; systemctl restart tracemeter.service'
    is 200 ready
}

survives_reboot() {
    pct reboot $appliance
    wait_for inside true
    boots $appliance
    wait_for is 200 ready
}

stops_in_order() {
    inside systemctl stop tracemeter.service
    is success property Result
    is 0 property ExecMainStatus
    inside systemctl start tracemeter.service
    wait_for is 200 ready
}

# No more mount namespaces in the container: to systemd that is like a container without nesting. And Proxmox's own
# setting is looked at before.
nesting_is_asserted() {
    local limit=/proc/sys/user/max_mnt_namespaces status=0 before init
    init=$(lxc-info --name $appliance --pid --no-humanize)
    before=$(nsenter --user --target "$init" cat $limit)
    nsenter --user --target "$init" sh -c "echo 0 >$limit"
    refused 'turn nesting on' play --skip-tags container || status=1
    nsenter --user --target "$init" sh -c "echo $before >$limit"
    pct set $appliance12 --features nesting=0
    refused 'Turn nesting on: pct set 103 --features nesting=1' book site.yml --limit tracemeter-12 --tags container || status=1
    pct set $appliance12 --features nesting=1
    return $status
}
