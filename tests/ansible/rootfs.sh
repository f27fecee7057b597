#!/usr/bin/env bash
# rootfs.sh SUITE OUT.tar: what a Debian container template holds, and what Ansible needs there (python3, sshd).
# Comes from the mirror that this machine's apt uses, or from TRACEMETER_DEBIAN_MIRROR.
set -euo pipefail
suite=$1 out=$2

mirror=${TRACEMETER_DEBIAN_MIRROR:-}
if [ -z "$mirror" ]; then
    format='$(CREATED_BY)|$(COMPONENT)|$(ORIGIN)|$(LABEL)|$(REPO_URI)'
    mirror=$(apt-get indextargets --format "$format" | awk -F'|' '/^Packages\|main\|Debian\|Debian\|/ {print $5; exit}')
    if [ -z "$mirror" ]; then
        # The indexes may have been removed to save space, as container images do.
        apt-get update -qq
        mirror=$(apt-get indextargets --format "$format" | awk -F'|' '/^Packages\|main\|Debian\|Debian\|/ {print $5; exit}')
    fi
fi
if [ -z "$mirror" ]; then
    echo "apt on this machine knows no Debian mirror: set TRACEMETER_DEBIAN_MIRROR to the URL of one" >&2
    exit 1
fi

eval "$(apt-config shell PROXY Acquire::http::Proxy)"
options=()
[ -z "${PROXY:-}" ] || options+=(--aptopt="Acquire::http::Proxy \"$PROXY\"")

exec mmdebstrap --quiet --variant=minbase --format=tar \
    --include=systemd,systemd-sysv,dbus,python3,iproute2,ca-certificates,openssh-server \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "${options[@]}" "$suite" "$out" "$mirror"
