#!/usr/bin/env bash
# checks.sh WORK VENV: the checks themselves, run by namespaces.sh. WORK holds the program to install and the templates.
#
# WORK/all says that all of them are due. Containers: 100 an appliance on Debian 13, 101 a client, 102 where the appliance sends on to, 103 an appliance on Debian 12.
set -euo pipefail
work=$1 venv=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/ansible/host.sh
source "$here/host.sh"
# shellcheck source=tests/ansible/service.sh
source "$here/service.sh"
# shellcheck source=tests/ansible/keys.sh
source "$here/keys.sh"
# shellcheck source=tests/ansible/releases.sh
source "$here/releases.sh"
# shellcheck source=tests/ansible/clients.sh
source "$here/clients.sh"
# shellcheck source=tests/ansible/packages.sh
source "$here/packages.sh"
# shellcheck source=tests/ansible/memory.sh
source "$here/memory.sh"

lint() {
    # On a copy: the linter keeps a folder beside what it reads.
    mkdir -p "$work/lint" && cp -r "$root/ansible" "$root/systemd" "$work/lint" && cd "$work/lint/ansible" && "$@"
}
# all CHECK...: only where all are due.
all() { [ ! -e "$work/all" ] || "$@"; }

check "yamllint" lint yamllint --strict .
all check "ansible-lint, profile production" lint ansible-lint --offline --nocolor --strict -q

require "the test node is up" prepare_node
check "check mode only announces a container that is not there" \
    recap tracemeter-test 'changed=[1-9]' book site.yml --limit tracemeter-test,tracemeter-12 --check --diff
require "the archive's container starts" container $archive archive bookworm
require "it takes events" takes_events
require "the client's container starts" container $client client bookworm ${client_mounts[@]+"${client_mounts[@]}"}

started=$SECONDS
require "site.yml makes, installs and starts both appliances, by API on Debian 13 and by pct on Debian 12" \
    recap tracemeter-test 'changed=[1-9]' book site.yml --limit tracemeter-test,tracemeter-12 --diff
cp "$work/play.log" "$work/site.log"
echo "# from nothing to two appliances: $((SECONDS - started)) s"
check "the second run changes nothing on either" changes_nothing_anywhere
all check "check mode finds nothing to do" changed_nothing --check --diff

check "the containers are as they were asked for" made_as_told
check "/readyz answers 200 from outside" is 200 ready
check "program, user and folders are as they should be" installed_as_told
check "systemd finds no fault in the units" inside systemd-analyze verify /etc/systemd/system/tracemeter.service \
    /etc/systemd/system/tracemeter-backup.service /etc/systemd/system/tracemeter-backup.timer
for vmid in $appliance $appliance12; do
    for unit in tracemeter tracemeter-backup; do
        check "the exposure of $unit in $vmid is at most 1.5" inside_of "$vmid" systemd-analyze security --no-pager --threshold=15 $unit.service
    done
done
check "the sandbox is in force on Debian 13" sandboxed $appliance
check "the sandbox is in force on Debian 12" sandboxed $appliance12
all check "only the service sees its secrets" secrets_are_kept

check "keys are made, and nothing but their files has them" keys_are_made
trace=$(new_trace)
require "a trace that the client sends by OTLP is acknowledged" sends_from_client "$trace"
check "the API shows it" shown "$trace"
check "the archive has its event" wait_for archived "$trace"
check "the journal holds no warning and no error" clean_journal
check "who has no key sends nothing, and who has no token sees nothing" keys_hold
if [ -e "$work/bench" ]; then
    measure_memory plain "${ANSIBLE_MEMORY_SECONDS:-600}"
    # Half as long: 2.9 KB a span, stored in memory (see memory.sh).
    measure_memory llm "$((${ANSIBLE_MEMORY_SECONDS:-600} / 2))"
    exit
fi

all check "keys are kept: lost, revoked, changed, unknown" keys_are_kept
all check "the admin is made by the link" admin_is_made
all check "a configuration with a fault is refused and changes nothing" bad_config_is_refused
all check "a program with another checksum is refused" refused "tracemeter_artifact_sha256 is 000" \
    play -e "tracemeter_artifact_sha256=$(printf '0%.0s' {1..64})"
all check "a container with another name is refused" refused "100 is tracemeter-test, not somebody" play -e proxmox_lxc_hostname=somebody
all check "a setting that changes is rolled out" change_is_rolled_out
all check "memory is raised and never lowered" memory_is_raised
check "killed, it comes back" survives_kill
check "hanging, it is restarted by the watchdog" survives_hang
check "told to stop, it ends in order" stops_in_order
check "after a reboot of the container it is back" survives_reboot
check "the trace is still there" shown "$trace"
all check "a container without nesting is refused with the remedy" nesting_is_asserted

all check "a backup is made and read back" backs_up
all check "another release is an upgrade, and keeps everything" upgrades "$trace"
all check "a release that ends at once is rolled back" rolls_back dead "$trace"
all check "a release that is never ready is rolled back" rolls_back sick "$trace"
check "a release that spoils the data is rolled back with the data" rolls_back damaging "$trace"
all check "the backup becomes the data of a server that has lost them" restores "$trace"
all client_checks
all package_checks
check "remove.yml leaves the data" removes
all check "installed again, everything is there" installed_again "$trace"
all check "remove.yml takes the data when told so" removes_data

[ "$failures" = 0 ] || { show_service; exit 1; }
