"""What must be true after Dify's providers have told of its apps, beyond what is true of every client."""

from checks import check, equal


def by_name(run):
    """The spans by their name, those of the failed run apart."""
    return {span["name"]: span for detail in run.details if detail["status"] != "error" for span in detail["spans"]}


def steps_are_what_they_are(run):
    found, expected = by_name(run), run.scenario.steps
    kinds = {name: found[name]["kind"] for name in expected if name in found}
    equal("kinds of the steps", expected, kinds)
    tools = [span["tool"] for span in found.values() if span["kind"] == "tool"]
    check(all(tool["arguments"] == {"city": "Porto"} for tool in tools), "what the tools were given", tools)
    check(all((tool["result"] or {}).get("celsius") == 19 for tool in tools), "what the tools returned", tools)
    documents = [found[name]["retrieval"] for name, kind in expected.items() if kind == "retrieval"]
    check(all(one and one["documents"] for one in documents), "the documents that were found", documents)


def the_conversation_is_a_session(run):
    sessions = {detail["session"] for detail in run.details}
    equal("sessions", {"session-1755"}, sessions)
    page = run.appliance.get("/sessions/session-1755")
    check(page["turns"], "turns on the page of the conversation", page)


def feedback_arrives(run):
    scores = [
        record["attributes"] for detail in run.details for record in detail["logs"]
        if record["event_name"] == "gen_ai.evaluation.result"
    ]  # fmt: skip
    told = [(score.get("gen_ai.evaluation.name"), score.get("gen_ai.evaluation.score.value")) for score in scores]
    equal("scores", [("user_feedback", 1)], told)


def sampling_is_said(run):
    """Of the export by ENABLE_OTEL a tenth arrives, and the ids show it."""
    arrivals = run.appliance.get("/arrivals")["items"]
    mine = [one for one in arrivals if "langgenius/dify" in str(one)]
    check(mine, "the arrival of langgenius/dify", arrivals)
    shares = [one["sampled_share"] for one in mine]
    check(any(share and 0.05 < share < 0.2 for share in shares), "a tenth arrives", mine)
    check(any("OTEL_SAMPLING_RATE" in str(one["advice"]) for one in mine), "what to do about it", mine)


LANGFUSE_PROVIDER = (steps_are_what_they_are, the_conversation_is_a_session, feedback_arrives)
PHOENIX_PROVIDER = (steps_are_what_they_are, the_conversation_is_a_session, sampling_is_said)
