"""Measures the release binary: size, start, idle memory, UI size, ingest with durable acknowledgements, time to visible.

Usage: python3 tests/bench/bench.py PATH-TO-BINARY [--json]
Standard library only. Figures are medians of several runs where a run is short; nothing is asserted.
"""

import gzip
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTS = 7
INGEST_SECONDS = 10
CONNECTIONS = 8
SPANS_PER_REQUEST = 100


class Server:
    """The binary on an empty data directory and free ports."""

    def __init__(self, binary: str) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="tracemeter-bench-"))
        env = dict(os.environ)
        env.update(
            TRACEMETER_DATA_DIR=str(self.dir / "data"),
            TRACEMETER_RECEIVE__GRPC="127.0.0.1:0",
            TRACEMETER_RECEIVE__HTTP="127.0.0.1:0",
            TRACEMETER_WEB__LISTEN="127.0.0.1:0",
            TRACEMETER_LOG__LEVEL="error",
        )
        began = time.perf_counter()
        self.process = subprocess.Popen([binary, "serve"], env=env, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "is ready" not in line:
            raise SystemExit(f"the server did not start: {line!r}")
        self.start_seconds = time.perf_counter() - began
        self.addresses = json.loads((self.dir / "data/run/addresses.json").read_text())

    def get(self, path: str):
        with urllib.request.urlopen(f"http://{self.addresses['web']}{path}", timeout=30) as answer:
            return json.load(answer)

    def resident_mib(self) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise SystemExit("no VmRSS in /proc")

    def disk_bytes(self) -> int:
        return sum(path.stat().st_size for path in (self.dir / "data").rglob("*") if path.is_file())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.dir)


def ui_gzip_bytes() -> int:
    files = [path for path in (ROOT / "web/dist").rglob("*") if path.is_file()]
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def attribute(key: str, value: str) -> bytes:
    return field(1, key.encode()) + field(2, field(1, value.encode()))


def request(now_ns: int, seed: int) -> bytes:
    """One OTLP request of plain service spans, SPANS_PER_REQUEST in one trace."""
    trace_id = seed.to_bytes(16, "big")
    spans = bytearray()
    for index in range(SPANS_PER_REQUEST):
        span = field(1, trace_id) + field(2, (seed * SPANS_PER_REQUEST + index + 1).to_bytes(8, "big"))
        span += field(5, b"GET /items/{id}") + b"\x30\x02"
        span += b"\x39" + (now_ns - 2_000_000).to_bytes(8, "little") + b"\x41" + now_ns.to_bytes(8, "little")
        for key, value in (("http.request.method", "GET"), ("http.route", "/items/{id}"), ("url.path", f"/items/{index}")):
            span += field(9, attribute(key, value))
        spans += field(2, span)
    resource = field(1, field(1, attribute("service.name", "bench")))
    return field(1, resource + field(2, field(1, field(1, b"bench")) + bytes(spans)))


def ingest(server: Server) -> dict:
    url = f"http://{server.addresses['http']}/v1/traces"
    deadline = time.perf_counter() + INGEST_SECONDS
    waits: list[float] = []
    sent = [0]
    lock = threading.Lock()

    def send(worker: int) -> None:
        import http.client

        connection = http.client.HTTPConnection(server.addresses["http"], timeout=60)
        number = worker << 40
        while time.perf_counter() < deadline:
            number += 1
            body = request(time.time_ns(), number + 1)
            began = time.perf_counter()
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
            answer = connection.getresponse()
            answer.read()
            with lock:
                if answer.status == 200:
                    waits.append(time.perf_counter() - began)
                    sent[0] += len(body)

    workers = [threading.Thread(target=send, args=(worker,)) for worker in range(1, CONNECTIONS + 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    waits.sort()
    spans = len(waits) * SPANS_PER_REQUEST
    peak = server.resident_mib()
    began = time.perf_counter()
    while not server.get("/api/v1/health")["analytics"]["caught_up"]:
        time.sleep(0.02)
    return {
        "ingest_spans_per_s": round(spans / INGEST_SECONDS),
        "ingest_mb_per_s": round(sent[0] / INGEST_SECONDS / 1e6, 1),
        "ack_p50_ms": round(waits[len(waits) // 2] * 1000, 2),
        "ack_p99_ms": round(waits[len(waits) * 99 // 100] * 1000, 2),
        "resident_under_load_mib": round(peak, 1),
        "loader_behind_at_end_s": round(time.perf_counter() - began, 2),
        "disk_bytes_per_plain_span": round(server.disk_bytes() / spans, 1),
    }


def visible(server: Server) -> float:
    """Milliseconds from the acknowledgement of a lone trace to its row in the list."""
    seed = time.time_ns() % 2**50
    body = request(time.time_ns(), seed)
    post = urllib.request.Request(
        f"http://{server.addresses['http']}/v1/traces", body, {"content-type": "application/x-protobuf"}
    )
    urllib.request.urlopen(post, timeout=30).read()
    began = time.perf_counter()
    wanted = seed.to_bytes(16, "big").hex()
    while wanted not in [item["trace_id"] for item in server.get("/api/v1/traces?limit=5")["items"]]:
        time.sleep(0.005)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    binary = sys.argv[1]
    starts, idles = [], []
    for _ in range(STARTS):
        server = Server(binary)
        time.sleep(2)
        starts.append(server.start_seconds)
        idles.append(server.resident_mib())
        server.stop()
    server = Server(binary)
    figures = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}",
        "binary_mib": round(Path(binary).stat().st_size / 2**20, 1),
        "ui_gzip_kb": round(ui_gzip_bytes() / 1000, 1),
        "start_to_ready_ms": round(statistics.median(starts) * 1000),
        "idle_resident_mib": round(statistics.median(idles), 1),
        "visible_after_ack_ms": round(statistics.median(visible(server) for _ in range(9))),
        **ingest(server),
    }
    server.stop()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:28} {value}")


main()
