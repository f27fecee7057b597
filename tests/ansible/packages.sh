# Sourced by checks.sh: what is published is installed by hand: the .deb, and the pair of scripts for a Proxmox node.
# shellcheck shell=bash disable=SC2154

packaged=104 scripted=105
deb() { compgen -G "$work/dist/*.deb"; }
in_package() { inside_of $packaged "$@"; }
# Says it by its exit status as well, which is not what is asked for.
state() { in_package systemctl "$@" || true; }

same_bytes() {
    (cd "$work/dist" && sha256sum ./*) >"$work/sums"
    (cd "$work/again" && sha256sum --check "$work/sums")
    (cd "$work/dist" && sha256sum --check SHA256SUMS-*)
}

# Every crate that Cargo.lock has a checksum for is in the list with that checksum, or is not linked; and DuckDB is there.
lists_contents() {
    "$python" - "$work"/dist/*.cdx.json "$root/Cargo.lock" <<'PYTHON'
import json, re, sys
listed = json.load(open(sys.argv[1]))
parts = {part["purl"]: part for part in listed["components"]}
locked = re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"\n(?:source.*\nchecksum = "([0-9a-f]+)")?', open(sys.argv[2]).read())
for name, version, checksum in locked:
    part = parts.get(f"pkg:cargo/{name}@{version}")
    assert part is None or part["hashes"][0]["content"] == checksum, name
for purl in ("pkg:cargo/tokio@", "pkg:cargo/duckdb@", "pkg:generic/duckdb@2.", "pkg:generic/sqlite3@3.", "pkg:npm/svelte@", "pkg:npm/uplot@"):
    assert any(part.startswith(purl) for part in parts), purl
for purl in ("pkg:cargo/insta@", "pkg:cargo/proptest@", "pkg:npm/vitest@"):
    assert not any(part.startswith(purl) for part in parts), purl
assert all(part["licenses"] for part in parts.values())
refs = set(parts) | {listed["metadata"]["component"]["bom-ref"]}
assert all(set(entry["dependsOn"]) <= refs for entry in listed["dependencies"])
PYTHON
}

package_installs() {
    container $packaged packaged trixie
    pct push $packaged "$(deb)" /root/tracemeter.deb
    in_package dpkg --install /root/tracemeter.deb
    is active state is-active tracemeter.service
    is enabled state is-enabled tracemeter.service
    in_package tracemeter health --config /etc/tracemeter/tracemeter.toml
    is tracemeter in_package sh -c 'stat -c %U /proc/$(systemctl show --value --property MainPID tracemeter.service)'
    is "700 tracemeter" in_package stat -c '%a %U' /var/lib/tracemeter
    in_package systemd-analyze security --no-pager --threshold=15 tracemeter.service
    is disabled state is-enabled tracemeter-backup.timer
    in_package systemctl start tracemeter-backup.service
    in_package test -s /var/backups/tracemeter/backup.json
    # The template leaves manual pages out, so the package is asked, and not the disk.
    in_package dpkg --listfiles tracemeter | grep -x /usr/share/man/man1/tracemeter-serve.1.gz
    in_package bash -c '. /usr/share/bash-completion/completions/tracemeter && complete -p tracemeter'
}

# package_is_upgraded TRACE: in place, with the configuration of its user and all its data.
package_is_upgraded() {
    in_package python3 - send 127.0.0.1 "$1" <"$here/trace.py"
    in_package sh -c 'printf "\n[log]\nlevel = \"info\"\n" >>/etc/tracemeter/tracemeter.toml'
    local before
    before=$(in_package systemctl show --value --property MainPID tracemeter.service)
    in_package dpkg --install --force-confold /root/tracemeter.deb
    [ "$before" != "$(in_package systemctl show --value --property MainPID tracemeter.service)" ]
    in_package grep -x 'level = "info"' /etc/tracemeter/tracemeter.toml
    in_package python3 - shown 127.0.0.1 "$1" <"$here/trace.py"
    # What its user has switched off stays off.
    in_package systemctl disable --now tracemeter.service
    in_package dpkg --install --force-confold /root/tracemeter.deb
    is disabled state is-enabled tracemeter.service
    in_package systemctl enable --now tracemeter.service
}

package_is_removed() {
    in_package dpkg --remove tracemeter
    not in_package test -e /usr/bin/tracemeter
    is inactive state is-active tracemeter.service
    in_package test -e /etc/tracemeter/tracemeter.toml
    in_package dpkg --purge tracemeter
    not in_package test -e /etc/tracemeter/tracemeter.toml
    not in_package test -e /usr/lib/systemd/system/tracemeter.service
    in_package test -d /var/lib/tracemeter/data/journal
    is "" failed_units_but_modules $packaged
    pct stop $packaged
    pct destroy $packaged
}
failed_units_but_modules() { failed_units "$1" | grep -vx systemd-modules-load.service || true; }

script() {
    CTID=$scripted HN=scripted TEMPLATE=local:vztmpl/trixie.tar STORAGE=local NET=ip=10.99.0.$scripted/24 OPEN=yes READY_SECONDS=15 \
        bash "$root/packaging/proxmox/ct/tracemeter.sh" "$@"
}

script_makes_container() {
    script "$(deb)"
    pct config $scripted >"$work/config"
    for line in 'memory: 512' 'unprivileged: 1' 'features: nesting=1' 'onboot: 1' 'hostname: scripted'; do grep -x "$line" "$work/config"; done
    "$python" "$here/trace.py" send 10.99.0.$scripted "$1"
    "$python" "$here/trace.py" shown 10.99.0.$scripted "$1"
}

# A package that carries the program of broken.py in place of its own.
broken_deb() {
    rm -rf "$work/broken.d"
    dpkg-deb --raw-extract "$(deb)" "$work/broken.d"
    mv "$work/broken.d/usr/bin/tracemeter" "$work/broken.d/usr/bin/tracemeter.real"
    sed -e "s/@FAULT@/$1/" -e "s|@REAL@|/usr/bin/tracemeter.real|" "$here/broken.py" >"$work/broken.d/usr/bin/tracemeter"
    chmod 755 "$work/broken.d/usr/bin/tracemeter"
    sed -i 's/^Version: .*/Version: 99.0.0-1/' "$work/broken.d/DEBIAN/control"
    dpkg-deb --build -Zgzip -z1 --root-owner-group "$work/broken.d" "$work/broken.deb"
}

# script_goes_back TRACE: of a release that spoils the data.
script_goes_back() {
    local version
    version=$(inside_of $scripted dpkg-query --show --showformat '${Version}' tracemeter)
    script "$(deb)"
    "$python" "$here/trace.py" shown 10.99.0.$scripted "$1"
    broken_deb damaging
    refused "runs again, with the data from before" script "$work/broken.deb"
    is "$version" inside_of $scripted dpkg-query --show --showformat '${Version}' tracemeter
    "$python" "$here/trace.py" shown 10.99.0.$scripted "$1"
    pct stop $scripted
    pct destroy $scripted
}

package_checks() {
    local trace
    trace=$(new_trace)
    check "packed twice, everything has the same bytes, and the checksums are right" same_bytes
    check "the list of contents is whole" lists_contents
    check "the .deb installs and starts" package_installs
    check "upgraded it keeps data, settings, and what was switched off" package_is_upgraded "$trace"
    check "removed and purged it leaves the data and nothing else" package_is_removed
    trace=$(new_trace)
    check "the script for a node makes a container" script_makes_container "$trace"
    check "the script updates, and goes back from a release that spoils the data" script_goes_back "$trace"
}
