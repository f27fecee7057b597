#!/usr/bin/env bash
# Runs the playbooks against a test node that really makes containers: unprivileged LXC with systemd as PID 1, made here and
# thrown away, asked for by Proxmox's API and by `pct`.
#
#     tests/ansible/run.sh BINARY
#
# Needs root and a kernel with cgroup v2, namespaces and veth; installs the rest. Keeps what is costly to make (Ansible, the
# root file systems, Caddy) in ${XDG_CACHE_HOME:-~/.cache}/tracemeter. One line per check; the last line is "N passed, N failed".
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

# For a container without a mirror: the package of the appliance's Debian.
get_caddy() {
    local folder=$cache/caddy
    mkdir -p "$folder"
    if ! compgen -G "$folder/caddy_*.deb" >/dev/null; then
        (cd "$folder" && apt-get update -qq && apt-get download -qq caddy)
    fi
    printf '{"reverse_proxy_site": "tracemeter.test", "reverse_proxy_ingest": true, "reverse_proxy_package": "%s"}' \
        "$(compgen -G "$folder/caddy_*.deb" | tail -n 1)" >"$work/proxy.json"
}

get_n8n() {
    python3 "$here/n8n_folder.py" >"$work/n8n"
    [ -s "$work/n8n" ] || rm "$work/n8n"
}

# A debug build is ten times the size of what is shipped, most of it for debuggers.
copy_binary() {
    strip -o "$work/tracemeter" "$binary" || cp "$binary" "$work/tracemeter"
    chmod 755 "$work/tracemeter"
}

# Other releases to change between: the same program in other bytes, or TRACEMETER_PREVIOUS, as .deb and as .tar.gz.
pack_others() {
    local previous=${TRACEMETER_PREVIOUS:-$work/tracemeter} version
    version=$("$previous" version | cut -d' ' -f2)
    mkdir -p "$work/deb/usr/bin" "$work/deb/DEBIAN" "$work/tar/tracemeter-$version"
    echo one >"$work/mark"
    objcopy --add-section .mark="$work/mark" "$previous" "$work/deb/usr/bin/tracemeter"
    printf 'Package: tracemeter\nVersion: %s\nArchitecture: amd64\nMaintainer: test\nDescription: test\n' "$version" \
        >"$work/deb/DEBIAN/control"
    dpkg-deb --build -Zgzip -z1 --root-owner-group "$work/deb" "$work/another.deb"
    echo two >"$work/mark"
    objcopy --add-section .mark="$work/mark" "$previous" "$work/tar/tracemeter-$version/tracemeter"
    tar --create --directory "$work/tar" "tracemeter-$version" | gzip -1 >"$work/tracemeter-0.tar.gz"
    rm -r "$work/deb" "$work/tar"
}

fingerprint() { cat "$@" | sha256sum | cut -c1-12; }

mkdir -p "$cache/venv" "$cache/rootfs"
prepare "packages" install_packages
venv=$cache/venv/ansible-$({ cat "$here/requirements.txt"; python3 --version; } | fingerprint -)
# Two runs at a time share the cache, but make it one after the other.
exec 9>"$cache/ansible.lock"
flock 9
prepare "Ansible" install_ansible
prepare "root file system of Debian 12" make_rootfs bookworm
prepare "root file system of Debian 13" make_rootfs trixie
prepare "Caddy" get_caddy
prepare "n8n" get_n8n
exec 9>&-
prepare "copy of the program" copy_binary
prepare "other releases" pack_others

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
