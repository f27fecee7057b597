# Sourced by the checks: the test node and its containers, plays on them, and how a check is reported.
# shellcheck shell=bash

python=$venv/bin/python
appliance=100 client=101 archive=102 appliance12=103
address=10.99.0.100
export PATH=$here/proxmox:$venv/bin:$PATH TEST_WORK=$work
export ANSIBLE_HOME=$work/ansible-home ANSIBLE_CONFIG=$root/ansible/ansible.cfg
export PROXMOX_STATE=/run/lxc/proxmox PROXMOX_TEMPLATES=$work/templates
export ANSIBLE_PRIVATE_KEY_FILE=$work/key REQUESTS_CA_BUNDLE=$work/tls.crt ANSIBLE_SSH_CONTROL_PATH_DIR=/run/lxc/ssh
export ANSIBLE_SSH_ARGS="-F none -o UserKnownHostsFile=$work/known_hosts -o StrictHostKeyChecking=accept-new -o ControlMaster=auto -o ControlPersist=60s"
# Nothing of the machine's own settings may change what is tested.
export ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=false LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
failures=0

# check NAME COMMAND...: one line, and on failure the end of what the command said.
check() {
    local name=$1 status started=$SECONDS
    shift
    # Not as a condition: there bash would go on after a command in the middle that fails.
    set +e
    (set -e; "$@") >"$work/check.log" 2>&1
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        echo "ok - $name ($((SECONDS - started)) s)"
    else
        echo "FAIL - $name ($((SECONDS - started)) s)"
        # What a play failed with, which may be far from its end, and then the end.
        { grep -A 20 -E '^(fatal|failed): |^\[ERROR\]' "$work/check.log" | head -60 || true; } | sed 's/^/# /'
        tail -30 "$work/check.log" | sed 's/^/# ... /'
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

# Runs a command as root in the appliance, or in the container that is named first.
inside() { inside_of "$appliance" "$@"; }
inside_of() {
    lxc-attach --name "$1" --clear-env --set-var PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --set-var LC_ALL=C.UTF-8 -- "${@:2}"
}

# book PLAYBOOK ARGUMENTS...
book() { (cd "$root/ansible" && timeout 900 ansible-playbook -i "$here/inventory.yml" "$@"); }
# The appliance on Debian 13 by site.yml.
play() { book site.yml --limit tracemeter-test "$@"; }
# recap HOST TEXT COMMAND...: the play succeeds, and the recap's line of HOST matches TEXT.
recap() { (set -o pipefail; "${@:3}" | tee "$work/play.log") && grep -qE "^$1 .* $2[0-9]* " "$work/play.log"; }
changed_nothing() { recap tracemeter-test 'changed=0' play "$@"; }
changed_something() { recap tracemeter-test 'changed=[1-9]' play "$@"; }
# refused TEXT COMMAND...: the play fails, and says TEXT.
refused() {
    local text=$1
    shift
    if "$@" >"$work/play.log" 2>&1; then cat "$work/play.log"; echo "the play did not fail"; return 1; fi
    cat "$work/play.log"
    tr -s ' \n' ' ' <"$work/play.log" | grep -qF -- "$text" || { echo "the message lacks: $text"; return 1; }
}

# not COMMAND...: a plain "!" would not end a check.
not() { if "$@"; then echo "unexpectedly went through: $*"; return 1; fi; }
property() { inside systemctl show --value --property "$1" tracemeter.service; }
is() { local got; got=$("${@:2}"); [ "$got" = "$1" ] || { echo "expected '$1', got '$got'"; return 1; }; }
ready() { curl --noproxy '*' --silent --max-time 5 --output /dev/null --write-out '%{http_code}' "http://$address:4319/readyz" || true; }
wait_for() { for _ in $(seq 600); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.2; done; echo "not within 120 s:"; "$@"; }
new_trace() { tr -d - </proc/sys/kernel/random/uuid; }
# key NAME: of the appliance on Debian 13.
key() { inside cat "/etc/tracemeter/keys/$1"; }
shown() { TRACEMETER_TOKEN=$(key ansible) "$python" "$here/trace.py" shown "$address" "$1"; }
# asked PATH: what the API answers.
asked() { curl --noproxy '*' --silent --fail --max-time 10 --header "authorization: Bearer $(key ansible)" "http://$address:4319$1"; }

# boots VMID: systemd has come up.
boots() {
    wait_for has_booted "$1"
    [ "$(inside_of "$1" systemctl is-system-running || true)" != running ] || return 0
    # Debian 13 loads kernel modules and fails where the kernel has none; that is the machine's, not ours.
    is systemd-modules-load.service failed_units "$1"
}
# Not --wait: it fails as long as there is no bus.
has_booted() {
    case $(inside_of "$1" systemctl is-system-running || true) in
    running | degraded) ;;
    *) return 1 ;;
    esac
}
failed_units() { inside_of "$1" systemctl list-units --failed --plain --no-legend | awk '{print $1}'; }

# container VMID NAME SUITE OPTIONS...: one that is not the roles' business.
container() {
    pct create "$1" "local:vztmpl/$3.tar" --hostname "$2" --features nesting=1 --rootfs local:4 \
        --net0 "name=eth0,bridge=vmbr0,ip=10.99.0.$1/24" --ssh-public-keys "$work/key.pub" "${@:4}"
    pct start "$1"
    wait_for inside_of "$1" true
    boots "$1"
}

prepare_node() {
    ssh-keygen -q -t ed25519 -N '' -C test -f "$work/key"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
    "$here/proxmox/api.py" 8006 "$work/tls.crt" "$work/tls.key" \
        'ansible@pve!tracemeter=11111111-2222-3333-4444-555555555555' 2>"$work/api.log" &
    wait_for curl --noproxy '*' --silent --cacert "$work/tls.crt" https://127.0.0.1:8006/api2/json/version
}
