"""What must be true after one of Langfuse's SDKs has run, beyond what is true of every client."""

from checks import check, equal, name_of
from prices import nano_usd

SCORES = [("helpfulness", 0.9, None), ("thumbs", 1, "true"), ("tone", None, "friendly")]


def scores_arrive(run):
    """Each once, in the trace they are about."""
    about = next((detail for detail in run.details if detail["name"] == "plan_trip"), None)
    check(about, "a trace plan_trip", [detail["name"] for detail in run.details])
    told = [record["attributes"] for record in about["logs"] if record["event_name"] == "gen_ai.evaluation.result"]
    names = ("name", "score.value", "score.label")
    found = [tuple(attributes.get(f"gen_ai.evaluation.{name}") for name in names) for attributes in told]
    equal("scores", SCORES, sorted(found, key=lambda score: score[0]))
    explained = [attributes.get("gen_ai.evaluation.explanation") for attributes in told]
    check("good advice" in explained, "the comment of a score", told)


def cost_told_by_hand_is_kept(run):
    """The generation that the program described itself tells its own cost, which is what we come to."""
    pairs = [pair for pair in run.pairs() if pair[0]["provider"] == "anthropic"]
    equal("generations by hand", 1, len(pairs))
    entry, item = pairs[0]
    expected = nano_usd(entry["response_model"], entry["usage"])
    equal(f"{name_of(entry)}: cost as the client told it", expected, item["cost"]["reported_nano"])
    equal(f"{name_of(entry)}: it differs from ours", False, item["cost"]["mismatch"])


LANGFUSE_CHECKS = (scores_arrive, cost_told_by_hand_is_kept)
