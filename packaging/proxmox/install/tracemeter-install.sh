#!/usr/bin/env bash
# In a Debian 12 or 13 container or machine, as root: installs the package of Tracemeter, or updates to it with a way back.
#
#     bash tracemeter-install.sh tracemeter_<version>_amd64.deb
#
# OPEN=yes: everybody on the network may send and look. An update copies the data first; when the new release is not ready
# in READY_SECONDS (60), the one before runs again, and this ends with an error.
set -euo pipefail
package=$1
kept=/var/lib/tracemeter-package
data=/var/lib/tracemeter/data
config=/etc/tracemeter/tracemeter.toml
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# Dependencies are part of every Debian template; where one is missing apt gets it.
put_in() {
    # The configuration that is there stays.
    dpkg --install --force-confold "$1" || apt-get install --yes --no-install-recommends --fix-broken
}

is_ready() {
    local second
    systemctl restart tracemeter.service || true
    for second in $(seq "${READY_SECONDS:-60}"); do
        # Dead and started anew every two seconds is not ready, whatever it answers meanwhile.
        if tracemeter health --config "$config" >/dev/null 2>&1; then return 0; fi
        sleep 1
    done
    echo "not ready after $second s" >&2
    return 1
}

open_to_network() {
    sed -i -e 's/^\(grpc\|http\|listen\) = "127\.0\.0\.1:/\1 = "0.0.0.0:/' \
        -e 's/^\[receive\]$/[receive]\nallow_without_key = true/' -e 's/^\[web\]$/[web]\nallow_without_login = true/' "$config"
    tracemeter check-config --config "$config" >/dev/null
}

first_time() {
    put_in "$package"
    if [ "${OPEN:-no}" = yes ]; then open_to_network; fi
    is_ready || { journalctl --no-pager --lines 20 --unit tracemeter.service >&2; exit 1; }
}

# First with the data as they are, for what the new release has acknowledged is in them; then with the copy.
go_back() {
    journalctl --no-pager --lines 20 --unit tracemeter.service >&2
    put_in "$kept/current.deb"
    if is_ready; then
        rm -rf "$data.before"
        echo "$new did not become ready: $old runs again, with all its data" >&2
    else
        systemctl stop tracemeter.service
        mv "$data" "$data.of-$new"
        mv "$data.before" "$data"
        is_ready || { echo "$old does not become ready either: journalctl -u tracemeter" >&2; exit 1; }
        echo "$new did not become ready: $old runs again, with the data from before; what $new left is in $data.of-$new" >&2
    fi
    exit 1
}

update() {
    old=$(dpkg-query --show --showformat '${Version}' tracemeter)
    new=$(dpkg-deb --field "$package" Version)
    [ ! -e "$data.before" ] || { echo "$data.before is left of an update that broke off: look after it first" >&2; exit 1; }
    systemctl stop tracemeter.service
    [ ! -e "$data" ] || cp --archive --reflink=auto "$data" "$data.before"
    if put_in "$package" && is_ready; then rm -rf "$data.before"; else go_back; fi
}

if [ -e "$kept/current.deb" ] && dpkg-query --show tracemeter >/dev/null 2>&1; then update; else first_time; fi
install -D -m 644 "$package" "$kept/current.deb"
echo "Tracemeter $(dpkg-query --show --showformat '${Version}' tracemeter) runs: http://$(hostname -I | cut -d' ' -f1):4319"
