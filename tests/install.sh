#!/usr/bin/env bash
# Installs what the tests need and the machine lacks. Says clearly what it cannot do.
set -euo pipefail

packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
need ccache ccache
need g++ g++
need make make
need chromium chromium
need python3 python3
python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
fc-list 2>/dev/null | grep -qi dejavu || packages+=(fonts-dejavu-core fontconfig)

if [ "${#packages[@]}" -gt 0 ]; then
    echo "installing: ${packages[*]}"
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "these programs are missing and there is no apt-get to install them: ${packages[*]}" >&2
        exit 1
    fi
    as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "run as root, or install these yourself: ${packages[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

for program in cargo rustfmt node npm; do
    command -v "$program" >/dev/null 2>&1 || {
        echo "$program is missing: install Rust (https://rustup.rs) and Node.js 20 or newer" >&2
        exit 1
    }
done
echo "everything the tests need is installed"
