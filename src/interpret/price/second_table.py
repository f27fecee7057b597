"""The models of litellm's price table that genai-prices does not price, in the form of table.json.

litellm's table is one object: `provider/model` or `model` -> US dollars per token. Taken are models that are asked
with tokens (chat, completion, responses, embedding, rerank, and images that are paid by token) and have a price above zero: a zero stands there for
"free" and for "unknown" alike. Not taken: models that run at home, what is sold by the hour, rows of one cloud region.
"""

import json
import re
from decimal import Decimal

FILE = "litellm/model_prices_and_context_window_backup.json"
MODES = {"chat", "completion", "responses", "embedding", "rerank"}
AT_HOME = {"ollama", "lemonade", "llamagate", "searxng"}

# litellm's provider -> the id of the first table, or the name that clients write, where it is another.
SAME = {
    "azure_ai": "azure",
    "azure_text": "azure",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "bedrock_mantle": "aws",
    "amazon_nova": "aws",
    "gemini": "google",
    "xai": "x-ai",
    "fireworks_ai": "fireworks",
    "fireworks_ai-embedding-models": "fireworks",
    "together_ai": "together",
    "moonshot": "moonshotai",
    "cohere_chat": "cohere",
    "text-completion-openai": "openai",
    "text-completion-codestral": "mistral",
    "codestral": "mistral",
    "voyage": "voyageai",
    "meta_llama": "meta",
    "github_copilot": "github-copilot",
    "nvidia_nim": "nvidia",
    "lambda_ai": "lambda",
}

# Ours -> theirs, and the divisor: their prices are per token, ours per million; these are per one.
COSTS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
    "image_input": "input_cost_per_image_token",
    "image_output": "output_cost_per_image_token",
    "reasoning": "output_cost_per_reasoning_token",
}
PER_ONE = {"request": ("input_cost_per_request", "input_cost_per_query")}
TIERS = {"batch": "_batches", "flex": "_flex", "priority": "_priority"}


def licence(archive, version):
    """The notice without the paragraph about a folder from which nothing is taken."""
    text = archive.read(f"litellm-{version}.dist-info/licenses/LICENSE").decode()
    return text[text.index("MIT License") :]


def providers(archive, first):
    known = {entry["id"]: entry for entry in first}
    taken = {}
    for key, entry in json.loads(archive.read(FILE), parse_float=Decimal, parse_int=Decimal).items():
        told = entry.get("litellm_provider") or ""
        if key == "sample_spec" or not by_token(entry) or told in AT_HOME:
            continue
        name = key.removeprefix(told + "/").lower()
        seller = "google" if told.startswith("vertex_ai") else SAME.get(told, told)
        name = name.removeprefix("vertex_ai/")
        if not seller or "commitment" in key or (seller == "aws" and "/" in name):
            continue
        made = row(entry)
        if made is None or is_priced(known, seller, name):
            continue
        models = taken.setdefault(seller, {})
        models.setdefault(name, {"id": name, "prices": [made]} | tiers(entry))
    return [{"id": seller, "models": [models[name] for name in sorted(models)]} for seller, models in sorted(taken.items())]


def by_token(entry):
    made_by_token = entry.get("mode") == "image_generation" and "output_cost_per_image_token" in entry
    return made_by_token or entry.get("mode") in MODES


def retiring(archive):
    """Provider, model and the day from which the provider means not to answer any more, where litellm tells it."""
    told = set()
    for key, entry in json.loads(archive.read(FILE)).items():
        day = entry.get("deprecation_date") or ""
        theirs = entry.get("litellm_provider") or ""
        if entry.get("mode") not in MODES or not re.fullmatch(r"20\d\d-\d\d-\d\d", day):
            continue
        name = key.removeprefix(theirs + "/").removeprefix("vertex_ai/").lower()
        seller = "google" if theirs.startswith("vertex_ai") else SAME.get(theirs, theirs)
        # Under a region or a path the same model stands once more.
        if "/" not in name or seller not in ("azure", "aws", "openai"):
            told.add((seller, name, day))
    return sorted(told)


def row(entry, suffix=""):
    """The prices of one service tier, None without any above zero."""
    made = {}
    for ours, theirs in COSTS.items():
        if entry.get(theirs + suffix) is not None:
            made[ours] = price(entry, theirs, suffix)
    steps = [step for step in entry.get("tiered_pricing") or [] if "range" in step]
    if steps and not suffix:
        made |= by_range(steps)
    if not suffix:
        for ours, names in PER_ONE.items():
            told = [entry[name] for name in names if entry.get(name)]
            if told:
                made[ours] = nano(told[0])
        searches = (entry.get("search_context_cost_per_query") or {}).get("search_context_size_medium")
        if searches:
            made["web_search"] = nano(searches)
    paid = [value for value in made.values() if value]
    return made if paid and ("input" in made or "output" in made or "request" in made) else None


def tiers(entry):
    found = [{"tier": tier} | made for tier, suffix in TIERS.items() if (made := row(entry, suffix))]
    return {"tiers": found} if found else {}


def price(entry, theirs, suffix):
    """An integer, or with the prices that hold above so many input tokens."""
    above = re.compile(rf"^{theirs}_above_(\d+)k_tokens{suffix}$")
    steps = sorted((int(found[1]) * 1000, per_million(entry[key])) for key in entry if (found := above.match(key)))
    base = per_million(entry[theirs + suffix])
    return [base] + [list(step) for step in steps] if steps else base


def by_range(steps):
    made = {}
    for ours, theirs in COSTS.items():
        told = [(int(step["range"][0]), per_million(step[theirs])) for step in steps if theirs in step]
        if told:
            told.sort()
            made[ours] = [told[0][1]] + [list(step) for step in told[1:]]
    return made


def per_million(dollars):
    return nano(Decimal(dollars) * 1_000_000)


def nano(dollars):
    return int((Decimal(dollars) * 1_000_000_000).to_integral_value())


def is_priced(known, seller, name):
    """Whether the first table prices the model when it is asked of this seller."""
    if seller not in known:
        return False
    sold_by = [known[seller]] + [known[other] for other in known[seller].get("fallback_model_providers") or []]
    bare = name.rsplit("/", 1)[-1]
    return any(holds(model["match"], text) for one in sold_by for model in one["models"] for text in (name, bare))


def holds(clause, name):
    match clause["_"]:
        case "ClauseEquals":
            return name == clause["equals"].lower()
        case "ClauseStartsWith":
            return name.startswith(clause["starts_with"].lower())
        case "ClauseEndsWith":
            return name.endswith(clause["ends_with"].lower())
        case "ClauseContains":
            return clause["contains"].lower() in name
        case "ClauseRegex":
            return bool(re.search(clause["regex"], name))
        case "ClauseOr":
            return any(holds(part, name) for part in clause["or_"])
        case "ClauseAnd":
            return all(holds(part, name) for part in clause["and_"])
    raise SystemExit(f"unknown clause {clause['_']}: adapt this script")
