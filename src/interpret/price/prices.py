#!/usr/bin/env python3
"""Regenerates src/interpret/price/table.json from the MIT-licensed Python package genai-prices.

    prices.py              the newest version that pip finds
    prices.py 0.2.3        a certain version

Needs Python >= 3.11 and pip, nothing else: the package's data file is read as a syntax tree and
never run. Kept: providers, how they and their models are recognised, token and request prices,
context tiers, dates. Left out: what a token count cannot tell (web searches, pages, seconds) and
service tiers. Prices become integers: nano-dollars per million tokens, or per request.

A price is an integer, or [base, [start, price], ...]: above `start` input tokens the whole request
costs `price`. A matching rule is text whose first character says what it does: "=" equals,
"^" starts with, "$" ends with, "~" contains, "/" regular expression, "!" regular expression that
must not be found; or a list whose first entry is "or" or "and". All of it in lower case.
"""

import ast
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent

PRICES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "input_image_mtok": "image_input",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "request",
}


def main():
    wanted = f"genai-prices=={sys.argv[1]}" if len(sys.argv) > 1 else "genai-prices"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, wanted], check=True
        )
        wheel = next(pathlib.Path(folder).glob("*.whl"))
        version = wheel.name.split("-")[1]
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read("genai_prices/data.py").decode()
            licence = archive.read(f"genai_prices-{version}.dist-info/licenses/LICENSE").decode()
    providers = [provider(entry) for entry in read_providers(data)]
    write(version, providers)
    notice = f"table.json is derived from the data of the Python package genai-prices {version}.\n\n{licence}"
    (HERE / "table.LICENSE").write_text(notice)
    models = sum(len(entry["models"]) for entry in providers)
    print(f"genai-prices {version}: {len(providers)} providers, {models} models")


def read_providers(source):
    """The list `providers` of data.py as dictionaries, without running the file."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and node.target.id == "providers":
            return value_of(node.value)
    raise SystemExit("data.py holds no list named providers: the package has changed, adapt this script")


def value_of(node):
    match node:
        case ast.Constant():
            return node.value
        case ast.List():
            return [value_of(item) for item in node.elts]
        case ast.Dict():
            return {value_of(key): value_of(item) for key, item in zip(node.keys, node.values)}
        case ast.Call(func=ast.Name(id="Decimal"), args=[text]):
            return Decimal(value_of(text))
        case ast.Call(func=ast.Attribute(attr="date"), args=[year, month, day]):
            return f"{value_of(year):04}-{value_of(month):02}-{value_of(day):02}"
        case ast.Call(func=ast.Attribute(attr="time")):
            return time_of(node)
        case ast.Call(func=ast.Name(id=name)):
            return {"_": name} | {argument.arg: value_of(argument.value) for argument in node.keywords}
        case ast.Attribute():
            return ast.unparse(node)
    raise SystemExit(f"line {node.lineno}: cannot read {ast.unparse(node)[:80]!r}: the package has changed, adapt this script")


def time_of(node):
    """datetime.time(16, 30, tzinfo=datetime.timezone.utc) as "16:30"; only UTC is understood."""
    zone = [ast.unparse(argument.value) for argument in node.keywords if argument.arg == "tzinfo"]
    if any("utc" not in text.lower() and "TzInfo(0)" not in text for text in zone):
        raise SystemExit(f"line {node.lineno}: a time that is not UTC: adapt this script")
    hour, minute = ([value_of(argument) for argument in node.args] + [0, 0])[:2]
    return f"{hour:02}:{minute:02}"


def provider(entry):
    made = {"id": entry["id"]}
    if entry.get("provider_match"):
        made["provider_match"] = rule(entry["provider_match"])
    if entry.get("model_match"):
        made["model_match"] = rule(entry["model_match"])
    if entry.get("fallback_model_providers"):
        made["fallback"] = entry["fallback_model_providers"]
    made["models"] = [model(each) for each in entry["models"]]
    return made


def model(entry):
    match = rule(entry["match"])
    # Most models are recognised by their id alone: saying so again would be a tenth of the file.
    told = {} if match == "=" + entry["id"].lower() else {"match": match}
    return {"id": entry["id"]} | told | {"prices": rows(entry["prices"])}


def rule(clause):
    match clause["_"]:
        case "ClauseEquals":
            return "=" + clause["equals"].lower()
        case "ClauseStartsWith":
            return "^" + clause["starts_with"].lower()
        case "ClauseEndsWith":
            return "$" + clause["ends_with"].lower()
        case "ClauseContains":
            return "~" + clause["contains"].lower()
        case "ClauseRegex":
            return regex(clause["regex"])
        case "ClauseOr":
            return ["or"] + [rule(part) for part in clause["or_"]]
        case "ClauseAnd":
            return ["and"] + [rule(part) for part in clause["and_"]]
    raise SystemExit(f"unknown clause {clause['_']}: adapt this script and src/interpret/price/rule.rs")


def regex(pattern):
    """Rust's regex crate has no look-ahead: a leading `^(?!x)rest` becomes "not ^x, and ^rest"."""
    if not pattern.startswith("^(?!"):
        if re.search(r"\(\?[=!<]", pattern):
            raise SystemExit(f"look-around inside {pattern!r}: adapt this script")
        return "/" + pattern
    depth, end = 1, len("^(?!")
    while depth:
        depth += {"(": 1, ")": -1}.get(pattern[end], 0)
        end += 1
    refused, rest = pattern[len("^(?!") : end - 1], pattern[end:]
    return "!^" + refused if not rest else ["and", "!^" + refused, "/^" + rest]


def rows(prices):
    if isinstance(prices, dict):
        return [row(prices, None)]
    return [row(entry["prices"], entry.get("constraint")) for entry in prices]


def row(prices, constraint):
    made = {}
    match constraint and constraint["_"]:
        case None:
            pass
        case "StartDateConstraint":
            made["from"] = constraint["start_date"]
        case "TimeOfDateConstraint":
            made["between"] = [constraint["start_time"], constraint["end_time"]]
        case other:
            raise SystemExit(f"unknown constraint {other}: adapt this script and src/interpret/price/table.rs")
    for theirs, ours in PRICES.items():
        if prices.get(theirs) is not None:
            made[ours] = price(prices[theirs], 1000 if ours == "request" else 1)
    return made


def price(value, divisor):
    if isinstance(value, dict):
        tiers = sorted(value["tiers"], key=lambda tier: tier["start"])
        return [price(value["base"], divisor)] + [[tier["start"], price(tier["price"], divisor)] for tier in tiers]
    # Some rows are converted from other currencies and have more digits than a nano-dollar.
    return int((value * 1_000_000_000 / divisor).to_integral_value())


def write(version, providers):
    """One model a line, so that a new version reads well as a difference."""
    dump = lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    blocks = []
    for entry in providers:
        head = dump({key: value for key, value in entry.items() if key != "models"})[:-1]
        blocks.append(head + ',"models":[\n' + ",\n".join(dump(model) for model in entry["models"]) + "\n]}")
    head = dump({"source": "genai-prices", "version": version, "licence": "MIT"})[:-1]
    (HERE / "table.json").write_text(head + ',"providers":[\n' + ",\n".join(blocks) + "\n]}\n")


if __name__ == "__main__":
    main()
