#!/usr/bin/env bash
# Writes packaging/functions.gz: the C and C++ functions that a server runs, those of starting and receiving first and those
# of the pages behind them. build.rs has the linker lay them side by side. To be run again after a new DuckDB or SQLite; a
# name that is not there any more is passed over.
#
#     packaging/functions.sh PROGRAM BENCH
#
# PROGRAM is a debug build, whose functions have names, and BENCH the benchmark (`cargo bench --bench bench --no-run`).
# valgrind runs every instruction itself: it takes some eight minutes.
set -euo pipefail
program=$(realpath "$1")
bench=$(realpath "$2")
names=$(realpath "$(dirname "$0")")/functions.gz
for tool in valgrind callgrind_control curl python3; do
    command -v "$tool" >/dev/null || { echo "functions.sh needs $tool" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"

cat >config.toml <<TOML
data_dir = "$work/data"
[receive]
grpc = "127.0.0.1:0"
http = "127.0.0.1:0"
[web]
listen = "127.0.0.1:0"
[analytics]
threads = 1
query_timeout_ms = 300000
TOML
valgrind --tool=callgrind --demangle=no --callgrind-out-file="$work/out" "$program" serve --config config.toml >log 2>&1 &
for _ in $(seq 600); do
    grep -q 'is ready' log && break
    sleep 1
done
address() { python3 -c "import json; print(json.load(open('data/run/addresses.json'))['$1'])"; }

"$bench" load --profile llm --rate 50 --seconds 60 --to "$(address http)" >/dev/null
"$bench" load --profile plain --rate 300 --seconds 20 --to "$(address http)" >/dev/null
# Two checkpoints of the lists, and the search index.
sleep 90
callgrind_control --dump=received >/dev/null
for page in overview traces 'series?metric=cost&by=model' 'series?metric=latency_p95' 'cost?group_by=model&bucket=day' \
    'search?q=the' models sessions users workflows agents tools errors logs metrics health; do
    curl --silent --fail --max-time 300 --output /dev/null "http://$(address web)/api/v1/$page" ||
        echo "no answer: $page" >&2
done
callgrind_control --dump=pages >/dev/null

python3 - "$names" <<'PYTHON'
import gzip, re, sys

def functions(path, known):
    """Names of the functions that ran; callgrind writes each name once and a number from then on."""
    ran = []
    for line in open(path, errors="replace"):
        found = re.match(r"(c?)fn=\((\d+)\)(?: (.+))?", line)
        if found:
            called, number, name = found.groups()
            if name:
                # Recursion is told by a number behind the name.
                known[number] = re.sub(r"'\d+$", "", name.strip())
            if not called:
                ran.append(number)
    return {known[number] for number in ran if number in known}

known = {}
received = functions("out.1", known)
pages = functions("out.2", known) - received
# Names of Rust's functions change with every version of ours; addresses and valgrind's own names are no symbols.
rust = re.compile(r"17h[0-9a-f]{16}E|^_R|^0x|^\(")
ordered = [name for part in (received, pages) for name in sorted(part) if not rust.search(name)]
with gzip.GzipFile(sys.argv[1], "wb", compresslevel=9, mtime=0) as out:
    out.write(("\n".join(ordered) + "\n").encode())
print(f"{len(ordered)} functions in {sys.argv[1]}")
PYTHON
