"""Real clients against the real binary: runs each scenario and compares the API's answer with the provider's ledger.

    python3 run.py [BINARY] [--only WORD]... [--install-only]

BINARY is the path of `tracemeter`, else the environment variable TRACEMETER_BIN. Prints a line per test, `ok ...`
or `FAIL ... : why`, and last `N passed, N failed`. Exit code 0 when all passed, 1 when one failed, 2 on wrong use.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

import checks  # noqa: E402
import fake_provider  # noqa: E402
import installing  # noqa: E402
import loopback_only  # noqa: E402
from appliance import Appliance  # noqa: E402
from scenarios import NODE, SCENARIOS  # noqa: E402

HERE = Path(__file__).parent
PROGRAM_SECONDS, VISIBLE_SECONDS = 120, 10
COMPLAINT = re.compile(r"^.*(?:fail|error|exception).*export.*$|^.*export.*(?:fail|error|exception).*$", re.MULTILINE | re.IGNORECASE)


class Results:
    def __init__(self):
        self.passed = self.failed = 0

    def test(self, name, function, *arguments):
        """Runs one test; whatever it raises is its failure."""
        try:
            function(*arguments)
        except Exception as error:
            self.failed += 1
            why = str(error) if isinstance(error, (AssertionError, RuntimeError)) else f"{type(error).__name__}: {error}"
            print(f"FAIL {name} : {why}", flush=True)
            return False
        self.passed += 1
        print(f"ok {name}", flush=True)
        return True


def install(scenario):
    """The command that runs the scenario's program, and the folder to run it in."""
    if scenario.runtime == NODE:
        folder = installing.node_client(scenario.packages)
        return ["node", scenario.program], folder
    return [installing.python_client(scenario.packages), "-B", HERE / scenario.program], HERE


def run_program(scenario, appliance, provider, folder):
    """Runs the client to its end; it has then flushed what it had to send."""
    command, place = install(scenario)
    fill = {"grpc": appliance.grpc, "http": appliance.http, "service": scenario.service}
    settings = {name: value.format(**fill) for name, value in scenario.environment.items()}
    # Nothing of the caller's environment but the search path: settings of a developer would change what is sent.
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "FAKE_PROVIDER": provider, **settings}
    done = subprocess.run(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PROGRAM_SECONDS
    )
    checks.equal(f"exit code of {scenario.program}, which said:\n{done.stdout.strip()}\n", 0, done.returncode)
    checks.check(loopback_only.WORDS not in done.stdout, "no address but loopback", done.stdout)
    # An exporter that cannot deliver says so and goes on; what it lost may be a signal that no other check misses.
    checks.equal("complaints about sending", [], COMPLAINT.findall(done.stdout))


def wait_until_visible(scenario, appliance, ledger):
    """Waits until the API shows as many calls as the provider answered."""
    until = time.monotonic() + VISIBLE_SECONDS
    while True:
        counted = [item for item in appliance.all("/calls", service=scenario.service) if item["counted"]]
        if len(counted) >= len(ledger):
            return
        if time.monotonic() > until:
            raise AssertionError(f"expected {len(ledger)} calls within {VISIBLE_SECONDS} s, came {checks.short(counted)}")
        time.sleep(0.1)


def read_ledger(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def drive(scenario, appliance, folder):
    """Runs a scenario's client against a provider of its own; the provider's ledger."""
    path = folder / f"{scenario.service}.jsonl"
    run_program(scenario, appliance, fake_provider.start(path), folder)
    ledger = read_ledger(path)
    checks.equal("provider's answers", ["plain", "stream", "tool_request", "tool_answer", "embedding", "error"], [entry["kind"] for entry in ledger])
    wait_until_visible(scenario, appliance, ledger)
    return ledger


def examine(scenario, appliance, ledger, results):
    """All checks of one scenario. They fail, each by its name, when the client did not get through."""
    run, why = None, "the client did not get through, see above"
    if ledger:
        try:
            run = checks.Run(scenario, appliance, ledger)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
    for check in checks.CHECKS:
        name = f"{scenario.name}: {check.__name__.replace('_', ' ')}"
        results.test(name, check if run else lambda _: checks.check(False, "a run to look at", why), run)


def stops_cleanly(appliance):
    checks.equal(f"exit code of `serve` after SIGTERM, log:\n{appliance.log.read_text()[-3000:]}\n", 0, appliance.stop())


def run_all(binary, scenarios, results):
    with tempfile.TemporaryDirectory(prefix="tracemeter-clients-") as name:
        folder = Path(name)
        appliance = Appliance(binary, folder)
        try:
            ledgers = {}
            for scenario in scenarios:
                drove = lambda: ledgers.update({scenario.name: drive(scenario, appliance, folder)})
                results.test(f"{scenario.name}: client gets through and its calls appear", drove)
            # Only now: what a client sent last (its metrics, its log events) has had time to do harm.
            for scenario in scenarios:
                examine(scenario, appliance, ledgers.get(scenario.name), results)
        finally:
            results.test("serve ends with exit code 0 after SIGTERM", stops_cleanly, appliance)
            if results.failed:
                print(f"# end of the log of serve:\n{appliance.log.read_text()[-3000:]}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="real clients against the real binary")
    parser.add_argument("binary", nargs="?", default=os.environ.get("TRACEMETER_BIN"))
    parser.add_argument("--only", action="append", metavar="WORD", help="only scenarios with WORD in their name")
    parser.add_argument("--install-only", action="store_true", help="fill the cache of clients and stop")
    options = parser.parse_args()
    words = options.only or [""]
    scenarios = [scenario for scenario in SCENARIOS if any(word in scenario.name for word in words)]
    if not scenarios:
        parser.error(f"no scenario has {' or '.join(words)} in its name; there are: {', '.join(one.name for one in SCENARIOS)}")
    if options.install_only:
        for scenario in scenarios:
            install(scenario)
        return 0
    if not options.binary or not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary or 'no binary'}: give the path of an executable tracemeter, or set TRACEMETER_BIN")
    results = Results()
    try:
        run_all(Path(options.binary).resolve(), scenarios, results)
    except Exception as error:
        results.failed += 1
        print(f"FAIL serve starts : {error}", flush=True)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
