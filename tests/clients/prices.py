"""What the models of the scenarios cost, written down by hand so that the appliance's own table is put to the test.

US dollars per million tokens, standard tier, from OpenAI's API pricing page (openai.com/api/pricing), read in
October 2025. Reasoning tokens are billed as output tokens.
"""

from fractions import Fraction

#        input,    cached,   output
PER_MILLION = {
    "gpt-4o-2024-08-06": ("2.50", "1.25", "10.00"),
    "gpt-5-mini-2025-08-07": ("0.25", "0.025", "2.00"),
    "o4-mini-2025-04-16": ("1.10", "0.275", "4.40"),
    "text-embedding-3-small": ("0.02", "0.02", "0"),
}


def nano_usd(model, usage):
    """The price of `usage` in billionths of a dollar, exactly."""
    fresh, cached, out = map(Fraction, PER_MILLION[model])
    dollars = usage["input"] * fresh + usage["cache_read"] * cached + (usage["output"] + usage["reasoning"]) * out
    nanos = dollars * 1000  # per million tokens, in billionths
    if nanos.denominator != 1:
        raise ValueError(f"{model}: {usage} does not come to whole billionths of a dollar; choose other counts")
    return int(nanos)
