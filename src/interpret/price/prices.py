#!/usr/bin/env python3
"""Regenerates the two price tables beside it from MIT-licensed Python packages.

    prices.py                          the newest versions that pip finds
    prices.py 0.2.3 1.109.1            certain versions of genai-prices and litellm
    prices.py --only-first             genai-prices alone; the other table stays

table.json comes from genai-prices, second.json from litellm: the models that the first does not price
(second_table.py), and retiring.tsv: when models end. Needs Python >= 3.11 and pip, nothing else: the package's data file is read as a syntax
tree and never run. Kept: providers, how they and their models are recognised, token, request and web search
prices, context tiers, dates, service tiers (batch, flex, priority, fast). Left out: what no client tells
(pages, seconds, characters) and variants by route or kind of search. Prices become integers: nano-dollars
per million tokens, per request or per search.

A price is an integer, or [base, [start, price], ...]: above `start` input tokens the whole request
costs `price`. A matching rule is text whose first character says what it does: "=" equals,
"^" starts with, "$" ends with, "~" contains, "/" regular expression, "!" regular expression that
must not be found; or a list whose first entry is "or" or "and". All of it in lower case.
"""

import ast
import io
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
    "output_image_mtok": "image_output",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "request",
    "web_searches_kcount": "web_search",
}
PER_THOUSAND = {"request", "web_search"}

# A variant's condition -> our name of the service tier. "default" changes nothing; a route or a kind of search is
# nothing that a client tells.
TIERS = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
    ("service_tier", "default"): None,
    ("route", "mistral/eu"): None,
    ("search_type", "web"): None,
    ("search_type", "fast"): None,
}


def main():
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    version, archive = package("genai-prices", *arguments[:1])
    raw = read_providers(archive.read("genai_prices/data.py").decode())
    licence = archive.read(f"genai_prices-{version}.dist-info/licenses/LICENSE").decode()
    providers = [provider(entry) for entry in raw]
    write("table", {"source": "genai-prices", "version": version, "licence": "MIT"}, providers)
    notice("table", f"genai-prices {version}", licence)
    if "--only-first" not in sys.argv:
        import second_table

        version, archive = package("litellm", *arguments[1:2])
        write("second", {"source": "litellm", "version": version, "licence": "MIT"}, second_table.providers(archive, raw))
        notice("second", f"litellm {version}", second_table.licence(archive, version))
        days = [f"# litellm {version}, MIT: see second.LICENSE", *map("\t".join, second_table.retiring(archive))]
        (HERE / "retiring.tsv").write_text("\n".join(days) + "\n")


def package(name, version=None):
    """The version and the opened wheel of a package."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{name}=={version}" if version else name
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, wanted]
        subprocess.run(command, check=True)
        wheel = next(pathlib.Path(folder).glob("*.whl"))
        return wheel.name.split("-")[1], zipfile.ZipFile(io.BytesIO(wheel.read_bytes()))


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
    tiers = [made for variant in entry.get("price_variants") or [] if (made := tier_row(variant))]
    return {"id": entry["id"]} | told | {"prices": rows(entry["prices"])} | ({"tiers": tiers} if tiers else {})


def tier_row(variant):
    """Prices of a service tier; of several that hold, the first that names a price counts. None: not ours to know."""
    if len(variant["when"]) != 1 or (condition := next(iter(variant["when"].items()))) not in TIERS:
        raise SystemExit(f"unknown variant {variant['when']}: adapt this script")
    if TIERS[condition] is None:
        return None
    made = row(variant["prices"], variant.get("constraint"))
    return {"tier": TIERS[condition]} | made if made.keys() & set(PRICES.values()) else None


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
            made[ours] = price(prices[theirs], 1000 if ours in PER_THOUSAND else 1)
    return made


def price(value, divisor):
    if isinstance(value, dict):
        tiers = sorted(value["tiers"], key=lambda tier: tier["start"])
        return [price(value["base"], divisor)] + [[tier["start"], price(tier["price"], divisor)] for tier in tiers]
    # Some rows are converted from other currencies and have more digits than a nano-dollar.
    return int((value * 1_000_000_000 / divisor).to_integral_value())


def write(name, head, providers):
    """One model a line, so that a new version reads well as a difference."""
    dump = lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    blocks = []
    for entry in providers:
        top = dump({key: value for key, value in entry.items() if key != "models"})[:-1]
        blocks.append(top + ',"models":[\n' + ",\n".join(dump(model) for model in entry["models"]) + "\n]}")
    text = dump(head)[:-1] + ',"providers":[\n' + ",\n".join(blocks) + "\n]}\n"
    (HERE / f"{name}.json").write_text(text)
    models = sum(len(entry["models"]) for entry in providers)
    print(f"{head['source']} {head['version']}: {len(providers)} providers, {models} models, {len(text)} bytes")


def notice(name, source, licence):
    text = f"{name}.json is derived from the data of the Python package {source}.\n\n{licence}"
    (HERE / f"{name}.LICENSE").write_text(text)


if __name__ == "__main__":
    main()
