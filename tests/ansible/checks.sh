#!/usr/bin/env bash
# checks.sh WORK VENV ROOTFS: the checks themselves, run by namespaces.sh. WORK holds the program to install.
set -euo pipefail
work=$1 venv=$2 rootfs=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/ansible/container.sh
source "$here/container.sh"
python=$venv/bin/python
export PATH=$venv/bin:$PATH ANSIBLE_HOME=$work/ansible-home ANSIBLE_CONFIG=$root/ansible/ansible.cfg
# Nothing of the machine's own settings may change what is tested.
export ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=false LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
failures=0

# check NAME COMMAND...: one line, and on failure the end of what the command said.
check() {
    local name=$1 status
    shift
    # Not as a condition: there bash would go on after a command in the middle that fails.
    set +e
    (set -e; "$@") >"$work/check.log" 2>&1
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        echo "ok - $name"
    else
        echo "FAIL - $name"
        tail -60 "$work/check.log" | sed 's/^/# /'
        failures=$((failures + 1))
    fi
}

# What later checks build on: without it they would only repeat the failure.
require() {
    local before=$failures
    check "$@"
    [ "$failures" = "$before" ] || { show_service; exit 1; }
}

show_service() {
    inside journalctl --no-pager -n 40 -u tracemeter.service 2>&1 | sed 's/^/# /' || true
}

play() {
    (cd "$root/ansible" && timeout 300 ansible-playbook -i "$here/inventory.yml" -e "tracemeter_binary=$work/tracemeter" \
        site.yml "$@")
}
# play_with RECAP ARGUMENTS...: the play succeeds, and its recap (one line per host) matches RECAP.
play_with() { (set -o pipefail; play "${@:2}" | tee "$work/play.log") && grep -qE "^tracemeter-test .* $1 " "$work/play.log"; }
changed_nothing() { play_with 'changed=0' "$@"; }
changed_something() { play_with 'changed=[1-9][0-9]*' "$@"; }
# play_refused TEXT ARGUMENTS...: the play fails, and says TEXT.
play_refused() {
    local text=$1
    shift
    if play "$@" >"$work/play.log" 2>&1; then cat "$work/play.log"; echo "the play did not fail"; return 1; fi
    cat "$work/play.log"
    tr -s ' \n' ' ' <"$work/play.log" | grep -qF -- "$text" || { echo "the message lacks: $text"; return 1; }
}

property() { inside systemctl show --value --property "$1" tracemeter.service; }
is() { local got; got=$("${@:2}"); [ "$got" = "$1" ] || { echo "expected '$1', got '$got'"; return 1; }; }
ready() { curl --noproxy '*' --silent --max-time 5 --output /dev/null --write-out '%{http_code}' "http://$address:4319/readyz" || true; }
wait_for() { for _ in $(seq 300); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.2; done; echo "not within 60 s:"; "$@"; }

lint() {
    # On a copy: the linter keeps a folder beside what it reads.
    mkdir -p "$work/lint" && cp -r "$root/ansible" "$root/systemd" "$work/lint" && cd "$work/lint/ansible" && "$@"
}

boots() {
    local state
    state=$(container_booted)
    [ "$state" = running ] && return 0
    # Debian 13 loads kernel modules and fails where the kernel has none; that is the machine's, not ours.
    is systemd-modules-load.service failed_units
}
failed_units() { inside systemctl list-units --failed --plain --no-legend | awk '{print $1}'; }

trust_container() {
    mkdir -p "$ANSIBLE_HOME"
    echo "$address $(cut -d' ' -f1,2 "$home/rootfs/etc/ssh/ssh_host_ed25519_key.pub")" >"$work/known_hosts"
    export ANSIBLE_PRIVATE_KEY_FILE=$work/key
    export ANSIBLE_SSH_ARGS="-F none -o UserKnownHostsFile=$work/known_hosts -o ControlMaster=auto -o ControlPersist=60s"
    export ANSIBLE_SSH_CONTROL_PATH_DIR=/run/lxc/ssh
}
ssh_answers() { ssh -F none -i "$work/key" -o BatchMode=yes -o "UserKnownHostsFile=$work/known_hosts" "root@$address" true; }

installed_as_told() {
    is active property ActiveState
    is enabled property UnitFileState
    is tracemeter inside stat -c %U "/proc/$(property MainPID)"
    is "700 tracemeter" inside stat -c '%a %U' /var/lib/tracemeter
    is "640 root tracemeter" inside stat -c '%a %U %G' /etc/tracemeter/tracemeter.toml
    local running
    running=$(inside readlink /usr/local/bin/tracemeter)
    is "$(sha256sum <"$work/tracemeter")" inside sh -c 'sha256sum <"$0"' "$running"
}

sandboxed() {
    local status
    status=$(inside cat "/proc/$(property MainPID)/status")
    grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd):' <<<"$status"
    grep -qP '^NoNewPrivs:\t1$' <<<"$status"
    grep -qP '^Seccomp:\t2$' <<<"$status"
    grep -qP '^CapEff:\t0+$' <<<"$status"
    grep -qP '^CapBnd:\t0+$' <<<"$status"
    # The mounts that the service itself sees: its own data is the one place it may write to.
    inside cat "/proc/$(property MainPID)/mountinfo" >"$work/mountinfo"
    cat "$work/mountinfo"
    awk '$5 == "/" {root = $6} $5 == "/var/lib/tracemeter" {data = $6}
        END {exit !(root ~ /^ro/ && data ~ /^rw/)}' "$work/mountinfo"
}

clean_journal() {
    local said
    said=$(inside journalctl --boot --no-pager --quiet --unit tracemeter.service --priority warning
        inside journalctl --boot --no-pager --quiet --unit tracemeter.service | grep -E ' (ERROR|WARN) ' || true)
    is "" echo "$said"
    is 0 property NRestarts
}

bad_config_is_refused() {
    local before
    before=$(inside sha256sum /etc/tracemeter/tracemeter.toml; property MainPID)
    play_refused 'unknown key "grcp"' -e '{"tracemeter_config": {"receive": {"grcp": "0.0.0.0:4317"}}}'
    is "$before" eval 'inside sha256sum /etc/tracemeter/tracemeter.toml; property MainPID'
    is 200 ready
}

change_is_rolled_out() {
    local before
    before=$(property MainPID)
    changed_something --diff -e '{"tracemeter_config": {"log": {"level": "debug"}}}'
    inside grep -x 'level = "debug"' /etc/tracemeter/tracemeter.toml
    [ "$(property MainPID)" != "$before" ]
    is 200 ready
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
    container_stop
    container_start
    boots
    wait_for is 200 ready
}

stops_in_order() {
    inside systemctl stop tracemeter.service
    is success property Result
    is 0 property ExecMainStatus
    inside systemctl start tracemeter.service
    wait_for is 200 ready
}

# No more mount namespaces in the container: to systemd that is like a container without nesting.
nesting_is_asserted() {
    local limit=/proc/sys/user/max_mnt_namespaces status=0 before
    before=$(nsenter --user --target "$(container_init)" cat $limit)
    nsenter --user --target "$(container_init)" sh -c "echo 0 >$limit"
    play_refused 'turn nesting on' || status=1
    nsenter --user --target "$(container_init)" sh -c "echo $before >$limit"
    return $status
}

new_trace() { tr -d - </proc/sys/kernel/random/uuid; }

check "yamllint" lint yamllint --strict .
check "ansible-lint" lint ansible-lint --offline --nocolor --strict -q

ssh-keygen -q -t ed25519 -N '' -C test -f "$work/key"
require "an unprivileged container is made" container_create "$rootfs" "$work/key.pub"
require "the container starts" container_start
require "systemd boots in it" boots
trust_container
require "the container is reached by SSH" wait_for ssh_answers

check "check mode on a bare host says what it would do" changed_something --check --diff
check "a program with another checksum is refused" \
    play_refused "tracemeter_binary_sha256 is $(printf '0%.0s' {1..64})" -e "tracemeter_binary_sha256=$(printf '0%.0s' {1..64})"
require "the first run installs and starts Tracemeter" \
    changed_something --diff -e "tracemeter_binary_sha256=$(sha256sum "$work/tracemeter" | cut -d' ' -f1)"
check "the second run changes nothing" changed_nothing --diff
check "check mode finds nothing to do" changed_nothing --check --diff

require "/readyz answers 200 from outside" is 200 ready
check "program, user and folders are as they should be" installed_as_told
check "systemd finds no fault in the unit" inside systemd-analyze verify /etc/systemd/system/tracemeter.service
check "the unit's exposure is at most 2.0" inside systemd-analyze security --no-pager --threshold=20 tracemeter.service
check "the sandbox is in force" sandboxed

trace=$(new_trace)
require "a trace sent by OTLP is acknowledged" "$python" "$here/trace.py" send "$address" "$trace"
check "the API shows it" "$python" "$here/trace.py" shown "$address" "$trace"
check "the journal holds no warning and no error" clean_journal

check "a configuration with a fault is refused and changes nothing" bad_config_is_refused
check "a setting that changes is rolled out" change_is_rolled_out
check "killed, it comes back" survives_kill
check "the trace is still there" "$python" "$here/trace.py" shown "$address" "$trace"
check "hanging, it is restarted by the watchdog" survives_hang
check "told to stop, it ends in order" stops_in_order
check "after a reboot of the container it is back" survives_reboot
check "the trace is still there after the reboot" "$python" "$here/trace.py" shown "$address" "$trace"
check "a container without nesting is refused with the remedy" nesting_is_asserted

[ "$failures" = 0 ] || { show_service; exit 1; }
