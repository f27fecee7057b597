# Sourced by checks.sh: one unprivileged container as Proxmox would make it with nesting=1, and how to talk to it.
# shellcheck shell=bash

container=tracemeter
address=10.99.0.100
home=/var/lib/lxc/$container

# container_create ROOTFS.tar PUBLIC_KEY
container_create() {
    mkdir -p "$home/rootfs"
    chmod 755 "$home"
    chown 100000:100000 "$home/rootfs"
    local as_container=(lxc-usernsexec -m u:0:100000:65536 -m g:0:100000:65536 --)
    "${as_container[@]}" tar --extract --preserve-permissions --directory "$home/rootfs" --exclude './dev/*' <"$1"
    "${as_container[@]}" sh -c 'cd "$0" && echo "$1" >etc/hostname && printf "127.0.0.1 localhost\n127.0.1.1 %s\n" "$1" >etc/hosts &&
        mkdir -p -m 700 root/.ssh && cat >root/.ssh/authorized_keys && chmod 600 root/.ssh/authorized_keys' \
        "$home/rootfs" "$container" <"$2"
    container_config >"$home/config"
}

container_config() {
    cat <<CONFIG
lxc.include = /usr/share/lxc/config/common.conf
lxc.include = /usr/share/lxc/config/userns.conf
lxc.idmap = u 0 100000 65536
lxc.idmap = g 0 100000 65536
lxc.rootfs.path = dir:$home/rootfs
lxc.uts.name = $container
lxc.console.path = none
lxc.net.0.type = veth
lxc.net.0.link = vmbr0
lxc.net.0.name = eth0
lxc.net.0.flags = up
lxc.net.0.ipv4.address = $address/24
# As Proxmox does; systemd would try to mount them itself and fail.
lxc.mount.entry = /sys/kernel/debug sys/kernel/debug none bind,optional 0 0
lxc.mount.entry = /sys/kernel/security sys/kernel/security none bind,optional 0 0
# What nesting=1 adds: a whole proc and sysfs, without which the kernel lets nobody mount one in a namespace inside.
lxc.mount.entry = proc dev/.lxc/proc proc create=dir,optional 0 0
lxc.mount.entry = sys dev/.lxc/sys sysfs create=dir,optional 0 0
CONFIG
    if grep -qw memory /sys/fs/cgroup/cgroup.subtree_control; then
        echo "lxc.cgroup2.memory.max = 512M"
    fi
    # LXC's generated profile needs the host's own AppArmor tools and mounts, which this host does not have.
    if grep -qs Y /sys/module/apparmor/parameters/enabled; then
        echo "lxc.apparmor.profile = unconfined"
    fi
}

container_start() { lxc-start --name "$container" --daemon --logfile "$home/log" --logpriority INFO; }
container_stop() { lxc-stop --name "$container" --timeout 30; }

# Runs a command inside, as root.
inside() {
    lxc-attach --name "$container" --clear-env --set-var PATH=/usr/sbin:/usr/bin:/sbin:/bin --set-var LC_ALL=C.UTF-8 -- "$@"
}

# Prints systemd's state once booting has ended. Everything is waited for at most 60 s.
container_booted() {
    local state
    for _ in $(seq 600); do
        state=$(inside systemctl is-system-running 2>/dev/null || true)
        case $state in running | degraded) break ;; esac
        sleep 0.1
    done
    echo "$state"
}

container_init() { lxc-info --name "$container" --pid --no-humanize; }
