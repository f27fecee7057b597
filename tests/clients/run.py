"""Real clients against the real binary: runs each scenario and compares the API's answer with the provider's ledger.

    python3 run.py [BINARY] [--heavy | --new | --all] [--only WORD]... [--install-only]

BINARY is the path of `tracemeter`, else the environment variable TRACEMETER_BIN. Without --heavy, the scenarios of
`make test` run; with it, those of `make test-clients`. Prints a line per test, `ok ...` or `FAIL ... : why`, how long each
client took, and last `N passed, N failed`. Exit code 0 when all passed, 1 when one failed, 2 on wrong use.
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
import installing  # noqa: E402
from appliance import Appliance  # noqa: E402
from heavy import HEAVY, NEW  # noqa: E402
from langsmith_scenarios import LANGSMITH, LANGSMITH_HEAVY  # noqa: E402
from programs import loopback_only  # noqa: E402
from provider import server  # noqa: E402
from scenarios import HARNESS, NODE, NODE24, SCENARIOS  # noqa: E402

HERE = Path(__file__).parent
VISIBLE_SECONDS = 60
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
    """The command that runs the scenario's program, the folder to run it in, and where what it needs is."""
    program = HERE / "programs" / scenario.program
    if scenario.runtime in (NODE, NODE24):
        node = installing.node24() if scenario.runtime == NODE24 else "node"
        return [node, scenario.program], installing.node_client(scenario.packages, node), {}
    if scenario.runtime == HARNESS:
        places = {"NODE": installing.node24() if scenario.needs_node24 else "node"}
        if (HERE / "node" / scenario.packages).exists():
            places["CLIENT"] = str(installing.node_client(scenario.packages, places["NODE"], scenario.rebuild))
        else:
            places["CLIENT"] = str(installing.python_client(scenario.packages).parent.parent)
        return [sys.executable, "-B", program], program.parent, places
    return [installing.python_client(scenario.packages), "-B", program], program.parent, {}


def run_program(scenario, appliance, provider, folder):
    """Runs the client to its end; it has then flushed what it had to send."""
    command, place, places = install(scenario)
    home = folder / f"home-{scenario.service}"
    home.mkdir()
    fill = {"grpc": appliance.grpc, "http": appliance.http, "web": appliance.web, "service": scenario.service}
    settings = {name: value.format(**fill) for name, value in scenario.environment.items()}
    # Nothing of the caller's environment but the search path: settings of a developer would change what is sent.
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "FAKE_PROVIDER": provider, **places, **settings}
    done = subprocess.run(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=scenario.seconds
    )
    checks.equal(f"exit code of {scenario.program}, which said:\n{done.stdout.strip()}\n", 0, done.returncode)
    checks.check(loopback_only.WORDS not in done.stdout, "no address but loopback", done.stdout)
    # An exporter that cannot deliver says so and goes on; what it lost may be a signal that no other check misses.
    checks.equal("complaints about sending", [], COMPLAINT.findall(done.stdout))
    if scenario.silent:
        said = [line for line in done.stdout.splitlines() if not any(re.search(known, line) for known in scenario.says)]
        checks.equal("what the client's log says", [], said)


def wait_until_visible(appliance):
    """Waits until everything that was acknowledged can be seen."""
    until = time.monotonic() + VISIBLE_SECONDS
    while not (state := appliance.get("/health")["analytics"])["caught_up"]:
        if time.monotonic() > until:
            raise AssertionError(f"not everything acknowledged can be seen after {VISIBLE_SECONDS} s: {state}")
        time.sleep(0.05)


def read_ledger(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def drive(scenario, appliance, folder):
    """Runs a scenario's client against a provider of its own; the provider's ledger."""
    path, begun = folder / f"{scenario.service}.jsonl", time.monotonic()
    run_program(scenario, appliance, server.start(path), folder)
    ledger = read_ledger(path)
    print(f"# {scenario.name}: {time.monotonic() - begun:.1f} s", flush=True)
    checks.equal("provider's answers", list(scenario.answers), [entry["kind"] for entry in ledger])
    wait_until_visible(appliance)
    counted = [item for item in appliance.all("/calls", **scenario.filter) if item["counted"]]
    expected = len(checks.told(scenario, ledger))
    checks.check(len(counted) >= expected, f"{expected} calls", counted)
    return ledger


def examine(scenario, appliance, ledger, results):
    """All checks of one scenario. They fail, each by its name, when the client did not get through."""
    run, why = None, "the client did not get through, see above"
    if ledger:
        try:
            run = checks.Run(scenario, appliance, ledger)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
    for check in [*checks.CHECKS, *scenario.more_checks]:
        if check.__name__ in scenario.without:
            continue
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
    parser.add_argument("--heavy", action="store_true", help="the clients that are too heavy for every run")
    parser.add_argument("--new", action="store_true", help="the clients whose checks were not yet all seen to hold")
    parser.add_argument("--all", action="store_true", help="all clients")
    parser.add_argument("--only", action="append", metavar="WORD", help="only scenarios with WORD in their name")
    parser.add_argument("--install-only", action="store_true", help="fill the cache of clients and stop")
    options = parser.parse_args()
    words = options.only or [""]
    new = [*NEW, *LANGSMITH, *LANGSMITH_HEAVY]
    among = [*SCENARIOS, *HEAVY, *new] if options.all else HEAVY if options.heavy else new if options.new else SCENARIOS
    scenarios = [scenario for scenario in among if any(word in scenario.name for word in words)]
    if not scenarios:
        parser.error(f"no scenario has {' or '.join(words)} in its name; there are: {', '.join(one.name for one in among)}")
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
