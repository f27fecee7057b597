#!/usr/bin/env bash
# Everything that is checked, in order; the first stage that fails ends it. A person and CI run the same.
# The last line is the total: "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."
export CI="${CI:-}"
logs=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$logs"' EXIT
passed=0
failed=0

# Adds up the counts that the test runners print; a stage that prints none counts as one check.
count() {
    local log=$1 status=$2 counts
    counts=$(python3 tests/count.py <"$log")
    read -r good bad <<<"$counts"
    if [ "$good" = 0 ] && [ "$bad" = 0 ]; then
        if [ "$status" = 0 ]; then good=1; else bad=1; fi
    elif [ "$status" != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
}

stage() {
    local name=$1 log status started=$SECONDS
    shift
    log=$logs/${name// /-}
    echo "== $name"
    "$@" 2>&1 </dev/null | tee "$log"
    status=${PIPESTATUS[0]}
    count "$log" "$status"
    echo "== $name: $((SECONDS - started)) s"
    if [ "$status" != 0 ]; then
        echo "== $name failed with status $status"
        echo "$passed passed, $failed failed"
        exit 1
    fi
}

in_web() { (cd web && "$@"); }
cargo() { .ci/with-build-env cargo "$@"; }
binary() { .ci/with-build-env sh -c 'echo "$CARGO_TARGET_DIR/debug/tracemeter"'; }

# Packages of the clients come over the network while the compiler is busy; on a fresh machine that saves minutes. What
# fails here is tried again, and told, by the stage that needs it.
fetch_clients() {
    local which=()
    if python3 tests/clients/due.py; then which=(--all); fi
    python3 tests/clients/prices_agree.py --install-only
    python3 tests/clients/run.py --install-only "${which[@]}"
    python3 tests/clients/fan_out.py --install-only
}

stage "install" tests/install.sh
fetch_clients >"$logs/clients" 2>&1 </dev/null &
fetching=$!
stage "format" cargo fmt --check
stage "web install" in_web npm ci --no-audit --no-fund
stage "web lint" in_web npm run lint
stage "web types" in_web npm run check
stage "web unit tests" in_web npm test
stage "web build" in_web npm run build
stage "clippy" cargo clippy --all-targets --locked -- -D warnings
stage "rust tests" cargo test --locked
TRACEMETER_BIN=$(binary)
export TRACEMETER_BIN
stage "browser tests" in_web npm run e2e
wait "$fetching" || true
stage "prices" python3 tests/clients/prices_agree.py "$TRACEMETER_BIN"
stage "real clients" python3 tests/clients/run.py "$TRACEMETER_BIN"
if python3 tests/clients/due.py; then
    stage "heavy real clients" python3 tests/clients/run.py --heavy "$TRACEMETER_BIN"
else
    echo "== (make test-clients runs them)"
fi
stage "forwarding to the Python OTLP stack" python3 tests/clients/fan_out.py "$TRACEMETER_BIN"
stage "Ansible in a container" tests/ansible/run.sh "$TRACEMETER_BIN"
echo "$passed passed, $failed failed"
