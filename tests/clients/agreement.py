"""Our prices against those of the real Python package genai-prices: the same calls, priced by both.

Run by `prices_agree.py` with the Python that has the package: reads nothing, writes one JSON object a line, a case
with what the package says it costs. The cases are drawn with a fixed seed from every provider of the package: models
with and without dates, tiers of context, hours of the day and service tiers; names as a model's rule has them; usage
with cache, audio, image, reasoning and searches wherever the model has a price for it; dates before and after changes.
"""

import datetime
import json
import random
import sys
from decimal import ROUND_HALF_UP, Decimal

import genai_prices
from genai_prices import data, types

SEED, PER_PROVIDER, PER_TIER, PER_KIND = 20261121, 40, 80, 25

# Usage of ours -> of the package; its totals include their parts.
PARTS = {
    "cache_read": "cache_read_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "audio_input": "input_audio_tokens",
    "image_input": "input_image_tokens",
    "reasoning": "output_reasoning_tokens",
    "audio_output": "output_audio_tokens",
    "image_output": "output_image_tokens",
}
PRICED = {
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "audio_input": "input_audio_mtok",
    "image_input": "input_image_mtok",
    "audio_output": "output_audio_mtok",
    "image_output": "output_image_mtok",
}
INPUT = ("input", "cache_read", "cache_write", "cache_write_1h", "audio_input", "image_input")
OUTPUT = ("output", "reasoning", "audio_output", "image_output")
TIERS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "default": {"service_tier": "default"},
}
# Zero and said so, where not drawn: else the package asks for the overlap of two kinds that a model prices apart.
UNTOLD = dict.fromkeys(("cache_audio_read_tokens", "cache_image_read_tokens", "output_image_tokens"), 0)


def names_of(clause):
    """Names that pass a rule, as far as it spells them out."""
    match clause:
        case types.ClauseEquals(equals=text):
            return [text]
        case types.ClauseStartsWith(starts_with=text):
            return [text]
        case types.ClauseContains(contains=text):
            return [text]
        case types.ClauseOr(or_=parts):
            return [name for part in parts for name in names_of(part)]
    return []


def price_rows(model):
    rows = [model.prices] if isinstance(model.prices, types.ModelPrice) else [row.prices for row in model.prices]
    return rows + [variant.prices for variant in model.price_variants or []]


def dates_of(model):
    """Days on which something changes, and the days before."""
    rows = [] if isinstance(model.prices, types.ModelPrice) else model.prices
    constraints = [row.constraint for row in [*rows, *(model.price_variants or [])]]
    days = [one.start_date for one in constraints if isinstance(one, types.StartDateConstraint)]
    return [day + datetime.timedelta(days=shift) for day in days for shift in (-1, 0, 1)]


def thresholds_of(model):
    found = [value for row in price_rows(model) for value in vars(row).values() if isinstance(value, types.TieredPrices)]
    return [tier.start for value in found for tier in value.tiers]


def has_more_digits(model):
    values = [value for row in price_rows(model) for value in vars(row).values() if isinstance(value, Decimal)]
    return any((value * 1_000_000_000) % 1 for value in values)


def draw_usage(random, model, sure=None):
    keys = {key for row in price_rows(model) for key, value in vars(row).items() if value is not None}
    usage = {"input": random.choice([1, 7, random.randrange(2, 3_000), random.randrange(3_000, 900_000)])}
    if "output_mtok" in keys:
        usage["output"] = random.randrange(1, 40_000)
        if random.random() < 0.4:
            usage["reasoning"] = random.randrange(1, 20_000)
        if random.random() < 0.1:
            usage["image_output"] = random.randrange(1, 9_000)  # most models have no price for it
    for part, key in PRICED.items():
        if key in keys and (part == sure or random.random() < 0.6):
            usage[part] = random.randrange(1, 120_000)
    if thresholds := thresholds_of(model):
        # On both sides of a step, by one token.
        others = sum(usage.get(part, 0) for part in INPUT if part != "input")
        usage["input"] = max(1, random.choice(thresholds) - others + random.choice([-1, 0, 1, 2]))
    return usage, random.randrange(1, 9) if "web_searches_kcount" in keys and random.random() < 0.5 else 0


def draw_time(random, model):
    days = dates_of(model) or [datetime.date(2026, 11, 20)]
    day = random.choice(days + [datetime.date(2024, 5, 1) + datetime.timedelta(days=random.randrange(900))])
    minute = random.choice([0, 29, 30, 59, random.randrange(60)])
    return datetime.datetime.combine(day, datetime.time(random.randrange(24), minute), datetime.UTC)


def their_usage(usage, searches):
    told = UNTOLD | {theirs: usage[ours] for ours, theirs in PARTS.items() if usage.get(ours)}
    told["input_tokens"] = sum(usage.get(part, 0) for part in INPUT)
    told["output_tokens"] = sum(usage.get(part, 0) for part in OUTPUT)
    told["cache_write_tokens"] = usage.get("cache_write", 0) + usage.get("cache_write_1h", 0)
    if searches:
        told["web_searches"] = searches
    return genai_prices.Usage(**told)


def case(random, provider, model, tier=None, sure=None):
    name = random.choice([model.id, *names_of(model.match)])
    usage, searches = draw_usage(random, model, sure)
    time = draw_time(random, model)
    context = TIERS[tier] if tier else None
    try:
        priced = genai_prices.calc_price(
            their_usage(usage, searches),
            name,
            provider_id=provider.id,
            genai_request_timestamp=time,
            price_context=context,
        )
    except LookupError:
        return None  # a name of a rule that another part of the rule refuses
    nano = (priced.total_price * 1_000_000_000).quantize(Decimal(1), ROUND_HALF_UP)
    mine = {"provider": provider.id, "model": name, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "usage": usage}
    mine |= {"web_searches": searches} | ({"service_tier": tier} if tier else {})
    return {
        "case": mine,
        "nano": int(nano),
        "exact": str(priced.total_price * 1_000_000_000),
        "model": priced.model.id,
        "prices": {key: str(value) for key, value in vars(priced.model_price).items() if value is not None},
    }


def main():
    chance = random.Random(SEED)
    print(json.dumps({"version": genai_prices.__version__, "providers": len(data.providers)}))
    for provider in data.providers:
        models = [model for model in provider.models if any("input_mtok" in vars(row) for row in price_rows(model))]
        # Those with something to get wrong first, then any.
        special = [model for model in models if dates_of(model) or thresholds_of(model) or model.price_variants]
        for _ in range(PER_PROVIDER):
            pool = special if special and chance.random() < 0.5 else models
            if pool and (made := case(chance, provider, chance.choice(pool))):
                print(json.dumps(made))
    every = [(provider, model) for provider in data.providers for model in provider.models]
    for part, key in PRICED.items():
        # Rare kinds of token too.
        having = [pair for pair in every if any(vars(row).keys() >= {key, "input_mtok"} for row in price_rows(pair[1]))]
        for _ in range(PER_KIND if having else 0):
            if made := case(chance, *chance.choice(having), sure=part):
                print(json.dumps(made))
    for provider, model in every:
        if has_more_digits(model) and (made := case(chance, provider, model)):
            print(json.dumps(made))
    tiered = [pair for pair in every if pair[1].price_variants]
    for tier in TIERS:
        # Of each tier the models that have it, and as many that do not.
        having = [pair for pair in tiered if any(variant.when == TIERS[tier] for variant in pair[1].price_variants)]
        for _ in range(PER_TIER):
            provider, model = chance.choice(having if having and chance.random() < 0.8 else tiered)
            if made := case(chance, provider, model, tier):
                print(json.dumps(made))


if __name__ == "__main__":
    sys.exit(main())
