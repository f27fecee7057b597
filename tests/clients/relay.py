"""The SDKs of OpenAI and Anthropic through the relay of the real binary: what it records is what the provider billed.

    python3 relay.py [BINARY] [--install-only]

`programs/relayed.py` has no telemetry at all; only the base URL of its clients is that of the relay. Prints like run.py;
see there for installing.
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

import checks  # noqa: E402
import installing  # noqa: E402
import prices  # noqa: E402
from appliance import Appliance  # noqa: E402
from programs import loopback_only  # noqa: E402
from provider import answers, server  # noqa: E402
from run import Results, wait_until_visible  # noqa: E402

HERE = Path(__file__).parent
PROGRAM_SECONDS = 120
KINDS = ["plain", "stream", "tool_request", "tool_answer", "stream", "embedding", "error", "plain", "stream"]
CONFIG = """
[relay]
listen = "127.0.0.1:0"

[[relay.upstream]]
name = "openai"
url = "http://{provider}/v1"
kind = "openai"

[[relay.upstream]]
name = "anthropic"
url = "http://{provider}"
kind = "anthropic"
"""


def run_program(python, relay, folder):
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "RELAY": relay, "FAKE_PROVIDER": f"{relay}/openai",
        # By the date, the SDK warns of a model that will end.
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }  # fmt: skip
    program = HERE / "programs/relayed.py"
    done = subprocess.run(
        [python, "-B", program], cwd=program.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=PROGRAM_SECONDS,
    )  # fmt: skip
    checks.equal(f"exit code, after:\n{done.stdout}\n", 0, done.returncode)
    checks.check(loopback_only.WORDS not in done.stdout, "no address but loopback", done.stdout)
    told = [answers.TEXT[kind] for kind in ("plain", "stream", "tool_answer", "stream", "plain", "stream")]
    checks.equal("what the program was told", told, done.stdout.splitlines())


def call_of(entry, calls):
    """The recorded call of an answer; embeddings and errors have no id."""
    if name := entry.get("response_id"):
        found = [call for call in calls if call["response_id"] == name]
    else:
        found = [call for call in calls if call["request_model"] == entry["model"] and not call["response_id"]]
    checks.equal(f"calls of {entry}", 1, len(found))
    return found[0]


def as_billed(entry, calls):
    call = call_of(entry, calls)
    checks.equal("streaming", entry["streaming"], call["streaming"])
    checks.equal("owner", ["relayed-1", "anna", "tour"], [call["session"], call["user"], call["feature"]])
    checks.equal("counted", True, call["counted"])
    if entry["kind"] == "error":
        return checks.equal("error", ("error", answers.ERROR_MESSAGE), (call["status"], call["status_message"]))
    usage = {name: call["usage"][name] for name in entry["usage"]}
    checks.equal("tokens", entry["usage"], usage)
    checks.equal("cost", prices.nano_usd(entry["response_model"], entry["usage"]), call["cost"]["nano"])
    checks.equal("model", entry["response_model"], call["response_model"])
    if entry.get("text"):
        checks.equal("text", entry["text"], call["output_preview"])
    if entry["streaming"]:
        first = call["time_to_first_token_ms"]
        checks.check(first is not None and 0 < first <= call["duration_ms"], "a first token within the call", call)


def test(binary, results):
    python = installing.python_client("relay")
    with tempfile.TemporaryDirectory(prefix="tracemeter-relay-") as name:
        folder = Path(name)
        ledger, config = folder / "ledger.jsonl", folder / "relay.toml"
        config.write_text(CONFIG.format(provider=server.start(ledger)))
        appliance = Appliance(binary, folder, config)
        try:
            relay = json.loads((appliance.data / "run/addresses.json").read_text())["relay"]
            if not results.test("relay: the programs notice nothing", run_program, python, relay, folder):
                return
            entries = [json.loads(line) for line in ledger.read_text().splitlines()]
            results.test("relay: what the provider was asked", checks.equal, "answers", KINDS, [one["kind"] for one in entries])
            wait_until_recorded(appliance, len(entries))
            wait_until_visible(appliance)
            calls = appliance.all("/calls")
            for entry in entries:
                title = f"relay: {entry['provider']} {entry['path']} {entry['kind']}"
                results.test(title, as_billed, entry, calls)
        finally:
            results.test("relay: it stops cleanly", checks.equal, "exit code", 0, appliance.stop())


def wait_until_recorded(appliance, count):
    """Calls are recorded after their answers."""
    until = time.monotonic() + 60
    while appliance.get("/health")["relay"]["recorded_calls"] < count:
        checks.check(time.monotonic() < until, f"{count} calls recorded", appliance.get("/health")["relay"])
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", nargs="?", default=os.environ.get("TRACEMETER_BIN"))
    parser.add_argument("--install-only", action="store_true")
    arguments = parser.parse_args()
    if arguments.install_only:
        installing.python_client("relay")
        return 0
    if not arguments.binary:
        parser.error("name the binary, or set TRACEMETER_BIN")
    results = Results()
    test(str(Path(arguments.binary).resolve()), results)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
