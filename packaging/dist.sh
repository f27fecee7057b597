#!/usr/bin/env bash
# Makes what is published, in ./dist or $DIST_DIR: a tarball, a .deb, the list of what is inside (CycloneDX), SHA-256 sums.
#
#     packaging/dist.sh              builds the program first; this is what `make dist` does
#     packaging/dist.sh PROGRAM      packs a program that is there
#
# The same commit gives the same bytes: times are those of the commit (SOURCE_DATE_EPOCH), files are sorted and belong to
# root, and paths of this machine are replaced; README.md beside this file says what has to be the same as well.
# DIST_FAST=1 packs quickly and less tightly, for tests.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
out=$(realpath -m "${DIST_DIR:-dist}")
stage=$out/stage
cargo_deb=3.8.0

fail() {
    echo "dist: $*" >&2
    exit 1
}

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) ||
        fail "this is no git clone: set SOURCE_DATE_EPOCH to the time of the release, in seconds since 1970"
fi
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
case $(uname -m) in
x86_64) machine=x86_64 architecture=amd64 ;;
aarch64) machine=aarch64 architecture=arm64 ;;
*) fail "releases are made for x86_64 and aarch64, and this machine is $(uname -m)" ;;
esac
name=tracemeter-$version-$machine

# Its own profile: these flags would otherwise make the next ordinary build compile everything anew. Of several names that
# fit, rustc takes the last one: the target folder may be inside of the source. For C++ .ci/with-build-env does the same.
build() {
    [ -e web/dist/index.html.gz ] || fail "web/dist is not there: run make web first (make dist does)"
    local pair rust=''
    names=("$root=/tracemeter" "$(realpath -ms "${CARGO_HOME:-$HOME/.cargo}")=/cargo" "$(realpath -ms "$(target)")=/target")
    for pair in "${names[@]}"; do rust+=" --remap-path-prefix=$pair"; done
    RUSTFLAGS="${rust# }" .ci/with-build-env cargo build --profile dist --locked --bin tracemeter
    program=$(target)/dist/tracemeter
    names_no_folder
}
target() { .ci/with-build-env sh -c 'echo "$CARGO_TARGET_DIR"'; }

names_no_folder() {
    local pair found
    for pair in "${names[@]}"; do
        [ "${pair%=*}" != "${pair#*=}" ] || continue
        found=$(grep -aoF -m 1 "${pair%=*}/" "$program" | head -n 1 || true)
        [ -z "$found" ] || fail "$program names $found, a folder of this machine: another one will not give the same bytes"
    done
}

# What is linked must be there on Debian 12.
check_program() {
    local newest said
    newest=$(objdump -T "$program" | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1)
    [ "$(printf '%s\n' GLIBC_2.36 "$newest" | sort -V | tail -n 1)" = GLIBC_2.36 ] ||
        fail "$program needs $newest, and Debian 12 has GLIBC_2.36: build on Debian 12"
    said=$("$program" version)
    [ "$said" = "tracemeter $version" ] || fail "$program says it is $said, and Cargo.toml says $version"
}

install_cargo_deb() {
    local tools=${XDG_CACHE_HOME:-$HOME/.cache}/tracemeter/tools
    deb_tool=$tools/cargo-deb-$cargo_deb/bin/cargo-deb
    [ -x "$deb_tool" ] ||
        cargo install --quiet --locked --version "=$cargo_deb" --features static-lzma --target-dir "$tools/target" \
            --root "$tools/cargo-deb-$cargo_deb" cargo-deb
    rm -rf "$tools/target"
}

# lay_out FOLDER: everything that goes with the program.
lay_out() {
    install -D -m 755 "$program" "$1/tracemeter"
    install -m 644 LICENSE README.md CHANGELOG.md packaging/tracemeter.toml "$1/"
    mkdir -p "$1/systemd" "$1/man" "$1/completions"
    install -m 644 systemd/* "$1/systemd/"
    install -m 644 packaging/man/* "$1/man/"
    install -m 644 packaging/completions/* "$1/completions/"
    # A debug build is ten times the size of what is shipped, most of it for debuggers.
    strip --strip-all "$1/tracemeter"
}

tarball() {
    local level=-9
    [ -z "${DIST_FAST:-}" ] || level=-1
    lay_out "$stage/$name"
    tar --create --directory "$stage" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --format=gnu "$name" | gzip -n $level >"$out/$name.tar.gz"
}

# The units come from systemd/ as they are, but for where the program is.
units() {
    local unit
    mkdir -p "$1"
    for unit in tracemeter.service tracemeter-backup.service tracemeter-backup.timer; do
        sed 's|/usr/local/bin/tracemeter|/usr/bin/tracemeter|' "systemd/$unit" >"$1/$unit"
    done
    grep -q '^ExecStart=/usr/bin/tracemeter serve' "$1/tracemeter.service" || fail "systemd/tracemeter.service starts another program"
}

deb() {
    local folder=$stage/deb page fast=()
    [ -z "${DIST_FAST:-}" ] || fast=(--fast)
    mkdir -p "$folder/man"
    cp -r packaging/deb/. "$folder/"
    install -m 755 "$stage/$name/tracemeter" "$folder/tracemeter"
    install -m 644 LICENSE CHANGELOG.md packaging/tracemeter.toml systemd/tracemeter.sysusers.conf "$folder/"
    units "$folder/units"
    cp -r packaging/completions "$folder/"
    for page in packaging/man/*; do gzip -n -9 <"$page" >"$folder/man/$(basename "$page").gz"; done
    sed -i "s/@VERSION@/$version/" "$folder/Cargo.toml"
    find "$folder" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
    "$deb_tool" --manifest-path "$folder/Cargo.toml" --no-build --no-strip --no-dbgsym "${fast[@]}" \
        --output "$out/tracemeter_${version}_$architecture.deb"
}

program=${1:-}
rm -rf "$stage"
mkdir -p "$out"
[ -n "$program" ] || build
check_program
install_cargo_deb
tarball
deb
python3 packaging/sbom.py "$SOURCE_DATE_EPOCH" >"$out/$name.cdx.json"
(cd "$out" && sha256sum "$name.tar.gz" "tracemeter_${version}_$architecture.deb" "$name.cdx.json" >"SHA256SUMS-$machine")
rm -rf "$stage"
cat "$out/SHA256SUMS-$machine"
