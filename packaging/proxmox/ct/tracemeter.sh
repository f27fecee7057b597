#!/usr/bin/env bash
# On a Proxmox VE node, as root: makes a container with Tracemeter, or updates the Tracemeter of one that is there.
#
#     bash ct/tracemeter.sh tracemeter_<version>_amd64.deb
#
# Nothing is fetched but Debian's template, if the node has none. Settings are variables of the environment:
#
#     CTID            its number; the next that is free. With the number of a container that has Tracemeter: update
#     HN              its name; tracemeter
#     NET             as pct writes it, without name and bridge; ip=dhcp
#     BRG             vmbr0
#     STORAGE         local-lvm
#     TEMPLATE        local:vztmpl/...; the newest debian-13-standard of the node, downloaded if there is none
#     SSH_KEYS        a file with keys that may log in as root; none
#     var_cpu, var_ram, var_disk, var_data     1, 512 (MiB), 8 and 16 (GiB; 0 for no volume of its own)
#     OPEN            yes: everybody on the network may send and look; without it only the container itself
#     READY_SECONDS   how long the server may take to become ready before an update is undone; 60
#     SHA256          what the release says the checksum of the package is
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=${1:-}

stop_with() {
    echo "tracemeter: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || stop_with "only root may make containers"
command -v pct >/dev/null || stop_with "there is no pct: run this on a Proxmox VE node"
[ -f "$package" ] || stop_with "name the package of a release: bash ct/tracemeter.sh tracemeter_<version>_amd64.deb"
[ "$(dpkg-deb --field "$package" Package 2>/dev/null)" = tracemeter ] || stop_with "$package is not the package of Tracemeter"
if [ -n "${SHA256:-}" ]; then
    echo "$SHA256  $package" | sha256sum --check --status ||
        stop_with "$package has another checksum than SHA256: download it again"
fi

newest_template() {
    pveam list local | awk '$1 ~ /vztmpl\/debian-13-standard/ {print $1}' | sort -V | tail -n 1
}

find_template() {
    template=${TEMPLATE:-$(newest_template)}
    [ -z "$template" ] || return 0
    pveam update >/dev/null
    pveam download local "$(pveam available --section system | awk '$2 ~ /^debian-13-standard/ {print $2}' | sort -V | tail -n 1)"
    template=$(newest_template)
    [ -n "$template" ] || stop_with "there is no template of Debian 13: name one with TEMPLATE"
}

make_container() {
    local extra=()
    find_template
    [ "${var_data:-16}" = 0 ] || extra+=(--mp0 "${STORAGE:-local-lvm}:${var_data:-16},mp=/var/lib/tracemeter,backup=1")
    [ -z "${SSH_KEYS:-}" ] || extra+=(--ssh-public-keys "$SSH_KEYS")
    # Without nesting systemd cannot set up the sandbox of the service.
    pct create "$vmid" "$template" --hostname "${HN:-tracemeter}" --ostype debian --unprivileged 1 --features nesting=1 \
        --cores "${var_cpu:-1}" --memory "${var_ram:-512}" --swap 0 --rootfs "${STORAGE:-local-lvm}:${var_disk:-8}" \
        --net0 "name=eth0,bridge=${BRG:-vmbr0},${NET:-ip=dhcp}" --onboot 1 --tags tracemeter "${extra[@]}"
    pct start "$vmid"
}

# What is degraded may be another service's fault.
has_booted() {
    case $(pct exec "$vmid" -- systemctl is-system-running 2>/dev/null || true) in
    running | degraded) ;;
    *) return 1 ;;
    esac
}

wait_until_booted() {
    local seconds
    for seconds in $(seq 120); do
        if has_booted; then return 0; fi
        sleep 1
    done
    stop_with "container $vmid has not booted in $seconds s: pct console $vmid"
}

vmid=${CTID:-$(pvesh get /cluster/nextid)}
if pct status "$vmid" >/dev/null 2>&1; then
    grep -q '^features:.*nesting=1' <<<"$(pct config "$vmid")" ||
        stop_with "container $vmid has no nesting: pct set $vmid --features nesting=1, then pct reboot $vmid"
    [ "$(pct status "$vmid")" = "status: running" ] || pct start "$vmid"
else
    make_container
fi
wait_until_booted
pct push "$vmid" "$package" /root/tracemeter.deb
pct push "$vmid" "$here/../install/tracemeter-install.sh" /root/tracemeter-install.sh
pct exec "$vmid" -- env "OPEN=${OPEN:-no}" "READY_SECONDS=${READY_SECONDS:-60}" \
    bash /root/tracemeter-install.sh /root/tracemeter.deb
