"""What a real SDK sent to the real binary arrives at the real Python OTLP stack as if it had been sent there directly.

    python3 fan_out.py [BINARY] [--install-only]

`programs/everything.py` sends the same to `collector.py` and to the binary, which forwards it to `collector.py` over gRPC and over
HTTP. What came through each door must be equal: every resource, scope, span, log record and metric, field by field.
Prints like run.py; see there for installing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

import installing  # noqa: E402
from appliance import Appliance  # noqa: E402
from programs import loopback_only  # noqa: E402

HERE = Path(__file__).parent
PROGRAM_SECONDS, ARRIVAL_SECONDS = 120, 60
LISTS = {
    "traces": ("resourceSpans", "scopeSpans", "spans"),
    "logs": ("resourceLogs", "scopeLogs", "logRecords"),
    "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
}
CONFIG = """
[[destination]]
name = "by-grpc"
kind = "otlp_grpc"
url = "http://{grpc}"

[[destination]]
name = "by-http"
kind = "otlp_http"
url = "http://{http}"
"""


def records(ledger, door, signal):
    """Each record with its resource and scope, as text, in no order: requests may be cut anywhere."""
    groups, scopes, items = LISTS[signal]
    found = []
    for line in ledger.read_text().splitlines():
        entry = json.loads(line)
        if (entry["door"], entry["signal"]) != (door, signal):
            continue
        for group in entry["message"].get(groups, []):
            for scope in group.get(scopes, []):
                about = [group.get("resource"), group.get("schemaUrl"), scope.get("scope"), scope.get("schemaUrl")]
                found += [json.dumps([*about, item], sort_keys=True) for item in scope.get(items, [])]
    return sorted(found)


def send(python, doors, appliance):
    environment = {"PATH": os.environ["PATH"], "DIRECT": doors["direct"], "APPLIANCE": appliance.grpc}
    done = subprocess.run(
        [python, "-B", HERE / "programs/everything.py"],
        cwd=HERE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PROGRAM_SECONDS,
    )
    assert done.returncode == 0, f"everything.py ended with {done.returncode}:\n{done.stdout}"
    assert loopback_only.WORDS not in done.stdout, done.stdout


def equal(ledger, door, signal, least):
    expected = records(ledger, "direct", signal)
    assert len(expected) >= least, f"only {len(expected)} {signal} were sent directly"
    until = time.monotonic() + ARRIVAL_SECONDS
    while len(records(ledger, door, signal)) < len(expected) and time.monotonic() < until:
        time.sleep(0.1)
    found = records(ledger, door, signal)
    missing = [one for one in expected if one not in set(found)]
    assert not missing, f"{len(missing)} of {len(expected)} {signal} differ or did not come; the first: {missing[0][:2000]}"
    assert found == expected, f"{len(found)} {signal} came, {len(expected)} were sent"


def run_all(binary, python, folder, test):
    ledger = folder / "ledger.jsonl"
    ledger.touch()
    collector = subprocess.Popen(
        [python, "-B", HERE / "collector.py", ledger], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        doors = json.loads(collector.stdout.readline())
        config = folder / "tracemeter.toml"
        config.write_text(CONFIG.format(**doors))
        appliance = Appliance(binary, folder, config)
        try:
            test("a real SDK gets through", lambda: send(python, doors, appliance))
            for door in ("grpc", "http"):
                for signal, least in (("traces", 301), ("logs", 4), ("metrics", 4)):
                    test(f"{signal} over {door} are what was sent", lambda: equal(ledger, door, signal, least))
        finally:
            appliance.stop()
    finally:
        collector.stdin.close()
        collector.wait(10)


def main():
    parser = argparse.ArgumentParser(description="forwarding to the real Python OTLP stack")
    parser.add_argument("binary", nargs="?", default=os.environ.get("TRACEMETER_BIN"))
    parser.add_argument("--install-only", action="store_true", help="install the packages and stop")
    options = parser.parse_args()
    python = installing.python_client("collector")
    if options.install_only:
        return 0
    if not options.binary or not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary or 'no binary'}: give the path of an executable tracemeter, or set TRACEMETER_BIN")
    results = {"passed": 0, "failed": 0}

    def test(name, function):
        try:
            function()
        except Exception as error:
            results["failed"] += 1
            print(f"FAIL fan-out: {name} : {error}", flush=True)
            return
        results["passed"] += 1
        print(f"ok fan-out: {name}", flush=True)

    with tempfile.TemporaryDirectory(prefix="tracemeter-fan-out-") as name:
        run_all(Path(options.binary).resolve(), python, Path(name), test)
    print(f"{results['passed']} passed, {results['failed']} failed")
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
