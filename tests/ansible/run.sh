#!/usr/bin/env bash
# Runs the playbooks against a test node that really makes containers: unprivileged LXC with systemd as PID 1, made here and
# thrown away, asked for by Proxmox's API and by `pct`.
#
#     tests/ansible/run.sh BINARY
#
# ANSIBLE_MEMORY=BENCH measures the memory of the appliance in its container instead, ten minutes of 500 plain spans a second and
# five of model calls; BENCH is what `cargo bench --bench bench --no-run` builds.
#
# A part of the checks always runs; all of them when something of theirs has changed (due.py), or with ANSIBLE_TESTS=always.
#
# Needs root and a kernel with cgroup v2, namespaces and veth; installs the rest. Keeps what is costly to make (Ansible, the
# root file systems, n8n, LangFlow, Caddy, cargo-deb) in ${XDG_CACHE_HOME:-~/.cache}/tracemeter. One line per check; the last line is "N passed, N failed".
set -euo pipefail
exec </dev/null
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tracemeter

refuse() {
    echo "FAIL - the test cannot be run: $*"
    echo "0 passed, 1 failed"
    exit 1
}

[ $# = 1 ] || refuse "say which program to install: tests/ansible/run.sh BINARY"
[ -x "$1" ] || refuse "$1 is not an executable file: build it with cargo build, or give the path of a release"
binary=$(readlink -f "$1")
[ "$(id -u)" = 0 ] || refuse "only root can make the namespaces of a container host: run it as root"
grep -qw cgroup2 /proc/filesystems || refuse "this kernel has no cgroup v2"
command -v apt-get >/dev/null || refuse "the container is made with Debian's tools: run it on Debian 12 or newer"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT HUP

# Runs a step of the preparation; its output is shown only when it fails.
prepare() {
    local what=$1 started=$SECONDS
    shift
    if ! "$@" >"$work/log" 2>&1; then
        sed 's/^/# /' "$work/log" | tail -40
        refuse "$what failed"
    fi
    echo "# $what: $((SECONDS - started)) s"
}

install_packages() {
    local need=() pair
    for pair in lxc-start:lxc newuidmap:uidmap mmdebstrap:mmdebstrap ip:iproute2 ssh:openssh-client strip:binutils \
        unshare:util-linux openssl:openssl curl:curl dpkg-deb:dpkg; do
        command -v "${pair%%:*}" >/dev/null || need+=("${pair##*:}")
    done
    [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || need+=(debian-archive-keyring)
    python3 -c 'import venv, ensurepip' 2>/dev/null || need+=(python3-venv)
    [ ${#need[@]} -gt 0 ] || return 0
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"
}

install_ansible() {
    [ ! -e "$venv/.installed" ] || return 0
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-compile \
        -r "$here/requirements.txt"
    # The other collections are half a gigabyte.
    find "$venv"/lib/python3*/site-packages/ansible_collections -mindepth 2 -maxdepth 2 -type d ! -path '*/community/proxmox' \
        -exec rm -rf {} +
    "$venv/bin/python" -m compileall -q "$venv"/lib/python3*/site-packages || true
    touch "$venv/.installed"
}

# make_rootfs SUITE
make_rootfs() {
    local rootfs
    rootfs=$cache/rootfs/$1-$(fingerprint "$here/rootfs.sh").tar
    mkdir -p "$work/templates"
    ln -s "$rootfs" "$work/templates/$1.tar"
    [ ! -e "$rootfs" ] || return 0
    # Under a name of its own until it is whole: the next run would take half of one for good.
    "$here/rootfs.sh" "$1" "$rootfs.$$.tar" || { rm -f "$rootfs.$$.tar"; return 1; }
    mv "$rootfs.$$.tar" "$rootfs"
}

# For a container without a mirror: the package, and what it needs beyond what the container has.
get_caddy() {
    local folder=$cache/caddy-1
    if [ ! -e "$folder" ]; then
        rm -rf "$folder.part"
        mkdir -p "$folder.part"
        (cd "$folder.part" && apt-get update -qq && apt-get download -qq caddy libnss3-tools libnss3 libnspr4 media-types)
        mv "$folder.part" "$folder"
    fi
    printf '{"reverse_proxy_site": "tracemeter.test", "reverse_proxy_ingest": true, "reverse_proxy_package": "%s"}' "$folder" \
        >"$work/proxy.json"
}

get_n8n() {
    python3 "$here/n8n_folder.py" >"$work/n8n"
    [ -s "$work/n8n" ] || rm "$work/n8n"
}

get_langflow() {
    python3 "$here/langflow_folder.py" >"$work/langflow"
    [ -s "$work/langflow" ] || rm "$work/langflow"
}

# A debug build is ten times the size of what is shipped, most of it for debuggers.
copy_binary() {
    strip -o "$work/tracemeter" "$binary" || cp "$binary" "$work/tracemeter"
    chmod 755 "$work/tracemeter"
}

# What the appliances are installed with: the release before when TRACEMETER_PREVIOUS names it, else the same program in
# other bytes, so that there is something to upgrade to.
pick_first() {
    if [ -n "${TRACEMETER_PREVIOUS:-}" ]; then
        cp "$TRACEMETER_PREVIOUS" "$work/first"
    elif [ -e "$work/all" ]; then
        echo first >"$work/mark"
        objcopy --add-section .mark="$work/mark" "$work/tracemeter" "$work/first"
    else
        ln "$work/tracemeter" "$work/first"
    fi
}

# What is published of the program, twice: the second time has to give the same bytes.
pack() {
    DIST_FAST=1 DIST_DIR=$work/dist "$here/../../packaging/dist.sh" "$work/tracemeter"
    DIST_FAST=1 DIST_DIR=$work/again "$here/../../packaging/dist.sh" "$work/tracemeter"
}

fingerprint() { cat "$@" | sha256sum | cut -c1-12; }

mkdir -p "$cache/venv" "$cache/rootfs"
if python3 "$here/due.py"; then touch "$work/all"; fi
prepare "tools" install_packages
venv=$cache/venv/ansible-$({ cat "$here/requirements.txt"; python3 --version; } | fingerprint -)
# Two runs at a time share the cache, but make it one after the other.
exec 9>"$cache/ansible.lock"
flock 9
prepare "Ansible" install_ansible
prepare "root file system of Debian 12" make_rootfs bookworm
prepare "root file system of Debian 13" make_rootfs trixie
if [ -e "$work/all" ]; then prepare "Caddy" get_caddy; fi
if [ -e "$work/all" ]; then prepare "n8n" get_n8n; fi
if [ -e "$work/all" ]; then prepare "LangFlow" get_langflow; fi
exec 9>&-
prepare "copy of the program" copy_binary
prepare "the release before" pick_first
if [ -n "${ANSIBLE_MEMORY:-}" ]; then prepare "the program that sends" strip -o "$work/bench" "$ANSIBLE_MEMORY"; fi
if [ -e "$work/all" ]; then prepare "packages" pack; fi

# In the background, so that a signal ends the container at once and not when the checks are through.
mkfifo "$work/lines"
tee "$work/output" <"$work/lines" &
show=$!
"$here/namespaces.sh" "$here/checks.sh" "$work" "$venv" >"$work/lines" 2>&1 &
host=$!
trap 'kill "$host"; wait "$host"; exit 143' TERM INT HUP
status=0
wait "$host" || status=$?
wait "$show"
passed=$(grep -c '^ok - ' "$work/output" || true)
failed=$(grep -c '^FAIL - ' "$work/output" || true)
if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
    echo "FAIL - the checks ended early with status $status"
    failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
