#!/usr/bin/env bash
# namespaces.sh COMMAND...: runs COMMAND on a container host that exists only for it.
#
# It has mount, network, UTS, IPC, PID and cgroup namespaces of its own, cgroup v2 alone on /sys/fs/cgroup, subordinate ids
# for unprivileged containers, an empty /var/lib/lxc in memory, and a bridge vmbr0 (10.99.0.1/24) that leads nowhere.
# Whatever ends it, everything that COMMAND started ends too.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
    hierarchy=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
    mounted=
    if [ -z "$hierarchy" ]; then
        hierarchy=$(mktemp -d)
        mount -t cgroup2 cgroup2 "$hierarchy"
        mounted=$hierarchy
    fi
    cgroup=$hierarchy/tracemeter-test.$$
    mkdir "$cgroup"
    clean() {
        trap - EXIT TERM INT HUP
        echo 1 >"$cgroup/cgroup.kill" || true
        # A group can be removed only when the kernel has reaped its last process.
        for _ in $(seq 50); do
            find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null && break
            sleep 0.1
        done
        [ ! -d "$cgroup" ] || echo "the control group $cgroup could not be removed" >&2
        [ -z "$mounted" ] || { umount "$mounted" && rmdir "$mounted"; }
    }
    trap clean EXIT
    trap 'clean; exit 143' TERM INT HUP
    CGROUP=$cgroup bash -c 'echo $$ >"$CGROUP/cgroup.procs"
        exec unshare --mount --net --uts --ipc --pid --cgroup --fork --kill-child --mount-proc --propagation private "$@"' \
        - "$0" --inside "$@" &
    # In the background, so that a signal is handled at once and not when the command has ended.
    wait $!
    exit
fi
shift

hostname container-host
# LXC looks the bridge up in /sys/class/net, so /sys must be that of the new network namespace; and the version 1
# hierarchies of a mixed machine must be gone, or LXC would use them.
umount --recursive --lazy /sys
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Only a group without processes can pass controllers on. Where the machine lends us some, limits are enforced.
mkdir /sys/fs/cgroup/init
for pid in $(cat /sys/fs/cgroup/cgroup.procs); do
    echo "$pid" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
done
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true
done

mkdir -p /run/lxc /var/lib/lxc
mount -t tmpfs -o mode=755 tmpfs /run/lxc
mount -t tmpfs -o mode=755,size=6g tmpfs /var/lib/lxc
echo "root:100000:65536" >/run/lxc/subordinate-ids
mount --bind /run/lxc/subordinate-ids /etc/subuid
mount --bind /run/lxc/subordinate-ids /etc/subgid

ip link set lo up
ip link add vmbr0 type bridge
ip address add 10.99.0.1/24 dev vmbr0
ip link set vmbr0 up
exec "$@"
