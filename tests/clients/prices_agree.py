"""Prices of the real binary against those of the real package genai-prices, to the nano-dollar.

    python3 prices_agree.py [BINARY] [--install-only]

BINARY prices the cases by `tracemeter prices cost`, so by its embedded tables and the code that prices calls. Every
deviation must have its reason in DEVIATIONS below, or the test fails. Prints like run.py; see there for installing.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

sys.dont_write_bytecode = True

import installing  # noqa: E402

HERE = Path(__file__).parent
LEAST_CASES, LEAST_PROVIDERS = 500, 20


def more_digits(theirs, ours):
    """Some rows are converted from another currency and have more than nine decimals; ours are whole nano-dollars per
    million tokens. The price of a million tokens is then off by half a nano-dollar at most, per kind of token."""
    odd = [price for price in theirs["prices"].values() if has_more_digits(price)]
    tokens = sum(theirs["case"]["usage"].values())
    return bool(odd) and ours["nano"] is not None and abs(ours["nano"] - theirs["nano"]) <= 1 + tokens * 0.5 / 1_000_000


def has_more_digits(price):
    numbers = [word.split("'")[1] for word in price.split("Decimal(")[1:]] or [price]
    return any((Decimal(number) * 1_000_000_000) % 1 for number in numbers)


def not_priced_kind(theirs, ours):
    """The package takes a kind of token that a model has no price for (output of an embedding) as free; we say that
    there is no price."""
    return ours["nano"] is None and "price table has no" in ours["reason"]


DEVIATIONS = [more_digits, not_priced_kind]


def cases(python):
    lines = subprocess.run([python, "-B", HERE / "agreement.py"], stdout=subprocess.PIPE, check=True, text=True).stdout
    head, *rest = [json.loads(line) for line in lines.splitlines()]
    return head, rest


def price(binary, cases):
    """What the binary says of each case."""
    with tempfile.TemporaryDirectory() as folder:
        text = "".join(json.dumps(one["case"]) + "\n" for one in cases)
        environment = {"PATH": os.environ["PATH"]}
        command = [binary, "prices", "cost", "--data-dir", folder]
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"`prices cost` failed with exit code {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def same_version(head, answers):
    told = {answer["source"] for answer in answers if answer["nano"] is not None}
    assert told == {f"genai-prices {head['version']}"}, f"the binary's table is {told}, the package is {head['version']}: run `make prices`"


def enough(cases):
    providers = {one["case"]["provider"] for one in cases}
    assert len(cases) >= LEAST_CASES, f"{len(cases)} cases, fewer than {LEAST_CASES}"
    assert len(providers) >= LEAST_PROVIDERS, f"{len(providers)} providers, fewer than {LEAST_PROVIDERS}"
    parts = ("cache_read", "cache_write", "cache_write_1h", "audio_input", "audio_output", "image_input", "image_output")
    for kind in (*parts, "reasoning"):
        count = sum(1 for one in cases if one["case"]["usage"].get(kind))
        assert count >= 5, f"only {count} cases with {kind}"
    for key in ("web_searches", "service_tier"):
        assert sum(1 for one in cases if one["case"].get(key)) >= 20, f"too few cases with {key}"


def agree(cases, answers):
    assert len(cases) == len(answers), f"{len(cases)} cases, {len(answers)} answers"
    wrong, told = [], collections.Counter()
    for theirs, ours in zip(cases, answers):
        if ours["nano"] == theirs["nano"]:
            told["equal"] += 1
            continue
        reason = next((why.__name__ for why in DEVIATIONS if why(theirs, ours)), None)
        told[reason or "wrong"] += 1
        if reason is None:
            wrong.append({"case": theirs["case"], "theirs": theirs["exact"], "model": theirs["model"], "ours": ours})
    print("# " + ", ".join(f"{count} {what}" for what, count in told.most_common()), flush=True)
    shown = "\n".join(json.dumps(one) for one in wrong[:5])
    assert not wrong, f"{len(wrong)} of {len(cases)} cases deviate without a reason:\n{shown}"
    assert told["equal"] >= LEAST_CASES, f"only {told['equal']} cases are equal"


def main():
    parser = argparse.ArgumentParser(description="prices against the package genai-prices")
    parser.add_argument("binary", nargs="?", default=os.environ.get("TRACEMETER_BIN"))
    parser.add_argument("--install-only", action="store_true", help="install the package and stop")
    options = parser.parse_args()
    if options.install_only:
        installing.python_client("prices")
        return 0
    if not options.binary or not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary or 'no binary'}: give the path of an executable tracemeter, or set TRACEMETER_BIN")
    head, made = cases(installing.python_client("prices"))
    answers = price(Path(options.binary).resolve(), made)
    passed = failed = 0
    tests = {
        "the table is the package's version": lambda: same_version(head, answers),
        f"cases are many and of every kind ({len(made)} of {head['providers']} providers)": lambda: enough(made),
        "every case costs the same, or has a reason": lambda: agree(made, answers),
    }
    for name, test in tests.items():
        try:
            test()
            passed += 1
            print(f"ok prices: {name}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAIL prices: {name} : {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
