"""What the models of the scenarios cost, written down by hand so that the appliance's own table is put to the test.

US dollars per million tokens, standard tier: OpenAI (openai.com/api/pricing), Anthropic (claude.com/pricing) and Google
(ai.google.dev/gemini-api/docs/pricing), read in October 2025. Reasoning tokens are billed as output tokens.
"""

from fractions import Fraction

#        input,   read from the cache, written for 5 minutes, for an hour, output
PER_MILLION = {
    "gpt-4o-2024-08-06": ("2.50", "1.25", "0", "0", "10.00"),
    "gpt-5-mini-2025-08-07": ("0.25", "0.025", "0", "0", "2.00"),
    "gpt-5-codex": ("1.25", "0.125", "0", "0", "10.00"),
    "o4-mini-2025-04-16": ("1.10", "0.275", "0", "0", "4.40"),
    "text-embedding-3-small": ("0.02", "0.02", "0", "0", "0"),
    "claude-sonnet-4-5-20250929": ("3.00", "0.30", "3.75", "6.00", "15.00"),
    "claude-haiku-4-5-20251001": ("1.00", "0.10", "1.25", "2.00", "5.00"),
    "gemini-2.5-flash": ("0.30", "0.03", "0", "0", "2.50"),
    "gemini-2.5-pro": ("1.25", "0.125", "0", "0", "10.00"),
}


def nano_usd(model, usage):
    """The price of `usage` in billionths of a dollar, exactly."""
    fresh, cached, minutes, hour, out = map(Fraction, PER_MILLION[model])
    written = (usage["cache_write"] - usage["cache_write_1h"]) * minutes + usage["cache_write_1h"] * hour
    output = (usage["output"] + usage["reasoning"]) * out
    dollars = usage["input"] * fresh + usage["cache_read"] * cached + written + output
    nanos = dollars * 1000  # per million tokens, in billionths
    if nanos.denominator != 1:
        raise ValueError(f"{model}: {usage} does not come to whole billionths of a dollar; choose other counts")
    return int(nanos)
