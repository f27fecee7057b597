#!/usr/bin/env bash
# Writes packaging/functions.gz: the functions that a server runs, those of starting, receiving and forwarding first and
# those of the pages behind them. build.rs has the linker lay them side by side. To be run again after a new DuckDB, SQLite or Rust, or
# when much has changed; a name that is not there any more is passed over.
#
#     TRACEMETER_LINK_MAP=/tmp/link.map packaging/dist.sh
#     packaging/functions.sh PROGRAM /tmp/link.map BENCH
#
# PROGRAM is what that made, before it is packed; the map tells which function lies where, since it is stripped. BENCH is
# the benchmark (`cargo bench --bench bench --no-run`). valgrind runs every instruction itself: it takes some eight minutes.
set -euo pipefail
program=$(realpath "$1")
map=$(realpath "$2")
bench=$(realpath "$3")
names=$(realpath "$(dirname "$0")")/functions.gz
for tool in valgrind callgrind_control curl python3; do
    command -v "$tool" >/dev/null || { echo "functions.sh needs $tool" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"

# Takes all that a Splunk would take.
python3 - >sink <<'PYTHON' &
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self):
        body = b'{"text":"Success","code":0}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
until [ -s sink ]; do sleep 0.1; done

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
[[destination]]
name = "splunk"
kind = "splunk_hec"
url = "http://127.0.0.1:$(cat sink)"
token = "none"
TOML
valgrind --tool=callgrind --dump-instr=yes --compress-pos=no --callgrind-out-file="$work/out" \
    "$program" serve --config config.toml >log 2>&1 &
for _ in $(seq 600); do
    grep -q 'is ready' log && break
    sleep 1
done
address() { python3 -c "import json; print(json.load(open('data/run/addresses.json'))['$1'])"; }

"$bench" load --profile llm --rate 50 --seconds 60 --to "$(address http)" >/dev/null
"$bench" load --profile plain --rate 300 --seconds 20 --to "$(address http)" >/dev/null
"$program" demo --to "http://$(address http)" --traces 20 >/dev/null
"$bench" load --profile llm --protocol grpc --rate 50 --seconds 10 --to "$(address grpc)" >/dev/null
# Two checkpoints of the lists, and the search index.
sleep 90
callgrind_control --dump=received >/dev/null
for page in overview traces 'series?metric=cost&by=model' 'series?metric=latency_p95' 'cost?group_by=model&bucket=day' \
    'search?q=the' models sessions users workflows agents tools errors logs metrics health; do
    curl --silent --fail --max-time 300 --output /dev/null "http://$(address web)/api/v1/$page" ||
        echo "no answer: $page" >&2
done
callgrind_control --dump=pages >/dev/null

python3 - "$names" "$map" "$program" <<'PYTHON'
import bisect, gzip, re, sys

names, map_file, program = sys.argv[1:]

# Each function has a section of its own, which ends in its name: "VMA LMA Size Align File:(.text.NAME)".
functions = {}
section = re.compile(
    r" *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ {9}\S.*:\(\.text\.(?:unlikely\.|hot\.|startup\.|exit\.)?([^)]+)\)"
)
for line in open(map_file, errors="replace"):
    found = section.match(line)
    if found:
        start, size, name = found.groups()
        if int(size, 16):
            functions[int(start, 16)] = (int(start, 16) + int(size, 16), name)
starts = sorted(functions)

def ran(path, objects):
    """Names of the functions of the program in which an instruction ran."""
    names, missed, here = set(), 0, False
    for line in open(path, errors="replace"):
        found = re.match(r"ob=\((\d+)\)(?: (.+))?", line)
        if found:
            number, name = found.groups()
            if name:
                objects[number] = name.strip()
            here = objects.get(number) == program
        elif re.match(r"cob=\((\d+)\) ", line):
            number, name = re.match(r"cob=\((\d+)\) (.+)", line).groups()
            objects[number] = name.strip()
        elif here and line.startswith("0x"):
            # As in the file, not as in memory.
            address = int(line.split(None, 1)[0], 16)
            at = bisect.bisect_right(starts, address) - 1
            if at >= 0 and address < functions[starts[at]][0]:
                names.add(functions[starts[at]][1])
            else:
                missed += 1
    print(f"{path}: {len(names)} functions, {missed} instructions in none")
    return names

objects = {}
received = ran("out.1", objects)
pages = ran("out.2", objects) - received
ordered = sorted(received) + sorted(pages)
with gzip.GzipFile(names, "wb", compresslevel=9, mtime=0) as out:
    out.write(("\n".join(ordered) + "\n").encode())
print(f"{len(ordered)} functions in {names}")
PYTHON
