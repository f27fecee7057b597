"""What must be true of the API's answer after one client has run, compared with the provider's ledger.

Each check takes a `Run` and raises AssertionError with what was expected and what came.
"""

import json
from collections import Counter

import prices
from provider.answers import DATED

BUCKETS = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning")
OTHER_BUCKETS = ("audio_input", "audio_output", "image_input", "image_output")
# How calls name the provider of a wire.
PROVIDERS = {"gemini": "gcp.gemini"}


class Run:
    """One client's run: the ledger's answers, and the API's calls and traces in order of time."""

    def __init__(self, scenario, appliance, ledger):
        self.scenario, self.appliance, self.ledger = scenario, appliance, told(scenario, ledger)
        self.answered = [entry for entry in self.ledger if entry["status"] == 200]
        # RFC 3339 in UTC sorts as text once the Z is gone, whatever the number of fractional digits.
        in_order = lambda items: sorted(items, key=lambda item: item["start_time"].rstrip("Z"))
        self.items = in_order(appliance.all("/calls", **scenario.filter))
        traces = in_order(appliance.all("/traces", **scenario.filter))
        self.traces = [trace for trace in traces if trace["name"] not in scenario.aside]
        self.details = [appliance.get(f"/traces/{trace['trace_id']}") for trace in self.traces]

    def sends(self, what):
        return what not in self.scenario.does_not_send

    def pairs(self):
        """Each entry of the ledger with the call that shows it. A provider's first answer is a client's first call."""
        counted = [item for item in self.items if item["counted"]]
        equal("number of counted calls", len(self.ledger), len(counted))
        return list(zip(self.ledger, counted))

    def spans(self):
        return [span for detail in self.details for span in detail["spans"]]

    def detailed(self):
        """Each entry of the ledger with the `call` of its span."""
        by_id = {(detail["trace_id"], span["span_id"]): span for detail in self.details for span in detail["spans"]}
        for entry, item in self.pairs():
            span = by_id.get((item["trace_id"], item["span_id"]))
            check(span and span["call"], f"{name_of(entry)}: its trace has a span with a call", span)
            yield entry, span["call"]


def told(scenario, ledger):
    """The entries that the client tells of."""
    return [entry for entry in ledger if entry["status"] == 200 or "failed calls" not in scenario.does_not_send]


def check(truth, what, came):
    if not truth:
        raise AssertionError(f"expected: {what}; came: {short(came)}")


def equal(what, expected, came):
    if expected != came:
        raise AssertionError(f"{what}: expected {short(expected)}, came {short(came)}")


def short(value):
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 1500 else text[:1500] + "..."


def name_of(entry):
    return f"call {entry['n']} ({entry['kind']}, {entry['model']})"


def expected_usage(run, entry):
    """The entry's buckets as far as the client tells them: what it does not tell apart is one bucket.

    None when it tells no tokens of such an answer at all.
    """
    if not run.sends(f"tokens of {entry['kind']}"):
        return None
    usage = dict(entry["usage"])
    if not run.sends("cached tokens"):
        usage.update(input=usage["input"] + usage["cache_read"], cache_read=0)
    if not run.sends("cache written for an hour"):
        usage.update(cache_write_1h=0)
    if not run.sends("reasoning tokens"):
        usage.update(output=usage["output"] + usage["reasoning"], reasoning=0)
    return usage


def total(usages):
    sums = dict.fromkeys(BUCKETS, 0)
    for usage in filter(None, usages):
        for bucket in BUCKETS:
            sums[bucket] += usage[bucket]
    return sums


def buckets_of(usage):
    return {bucket: usage[bucket] for bucket in BUCKETS}


def every_call_is_there_once(run):
    if run.sends("wrappers"):
        wrappers = [item for item in run.items if not item["counted"]]
        check(all(item["counted_reason"] for item in wrappers), "a reason for each call that is not counted", wrappers)
    else:
        equal("calls, counted or not", len(run.ledger), len(run.items))
    expected = ["embeddings" if entry["kind"] == "embedding" else "chat" for entry in run.ledger]
    equal("operations in order of time", expected, [item["operation"] for _, item in run.pairs()])


def models_are_named(run):
    for entry, item in run.pairs():
        named = {item["request_model"], item["response_model"]}
        if entry["status"] == 200:
            expected = {entry["response_model"]} | (set() if run.sends("response model") else {entry["model"]})
            check(expected & named, f"{name_of(entry)}: answered by {entry['response_model']}", item)
        else:
            check(entry["model"] in named, f"{name_of(entry)}: asked {entry['model']}", item)
        if run.sends("service"):
            equal(f"{name_of(entry)}: service", run.scenario.service, item["service"])
        if run.sends("provider"):
            equal(f"{name_of(entry)}: provider", PROVIDERS.get(entry["provider"], entry["provider"]), item["provider"])
        if run.sends("response id") and "response_id" in entry:
            equal(f"{name_of(entry)}: response id", entry["response_id"], item["response_id"])


def no_token_is_lost_or_counted_twice(run):
    for entry, item in run.pairs():
        if entry["status"] != 200:
            continue
        expected = expected_usage(run, entry)
        if expected is None:
            equal(f"{name_of(entry)}: tokens that the client does not tell", None, item["usage"])
            continue
        check(item["usage"], f"{name_of(entry)}: token counts", item)
        equal(f"{name_of(entry)}: tokens", expected, buckets_of(item["usage"]))
        others = {bucket: item["usage"][bucket] for bucket in OTHER_BUCKETS}
        equal(f"{name_of(entry)}: other tokens", dict.fromkeys(OTHER_BUCKETS, 0), others)
    expected = total(expected_usage(run, entry) for entry in run.answered)
    equal("tokens of all counted calls", expected, total(item["usage"] for _, item in run.pairs()))


def priced(usage):
    """Units by the names that costs give them."""
    units = {**usage, "cache_write_5m": usage["cache_write"] - usage["cache_write_1h"]}
    units.pop("cache_write")
    return {bucket: count for bucket, count in units.items() if count}


def cost_is_the_sum_of_its_buckets(run):
    for entry, item in run.pairs():
        if entry["status"] != 200:
            continue
        cost, name, usage = item["cost"], name_of(entry), expected_usage(run, entry)
        if usage is None:
            equal(f"{name}: basis of a cost without tokens", "unknown", cost["basis"])
            continue
        equal(f"{name}: basis of the cost", "computed", cost["basis"])
        units = {bucket["bucket"]: bucket["units"] for bucket in cost["buckets"] if bucket["units"]}
        equal(f"{name}: priced tokens", priced(usage), units)
        for bucket in cost["buckets"]:
            exact = bucket["units"] * bucket["price_nano"] / 1_000_000
            check(abs(exact - bucket["amount_nano"]) < 1, f"{name}: amount of {bucket['bucket']} = {exact}", bucket)
        equal(f"{name}: cost", sum(bucket["amount_nano"] for bucket in cost["buckets"]), cost["nano"])
        equal(f"{name}: cost in USD", cost["nano"], round(cost["usd"] * 1e9))


def cost_of(run, entry):
    """By the published prices; 0 where the client tells no tokens."""
    usage = expected_usage(run, entry)
    return prices.nano_usd(entry["response_model"], usage) if usage else 0


def cost_follows_the_published_prices(run):
    for entry, item in run.pairs():
        if entry["status"] == 200 and expected_usage(run, entry):
            equal(f"{name_of(entry)}: cost in billionths of USD by the published prices", cost_of(run, entry), item["cost"]["nano"])


def plain(value):
    """JSON inside of strings undone, as SDKs wrap arguments and results in text."""
    if isinstance(value, str):
        try:
            return plain(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def holds(value, wanted):
    """Whether `wanted` is `value` or lies somewhere inside of it."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value == wanted or any(holds(inner, wanted) for inner in inside)


def spoken(message):
    """A message of the API as (role, text, tool calls, tool results)."""
    parts = message["parts"]
    text = "".join(part["text"] for part in parts if part["type"] == "text")
    calls = [(part["id"], part["name"], plain(part["arguments"])) for part in parts if part["type"] == "tool_call"]
    results = [(part["id"], plain(part["result"])) for part in parts if part["type"] == "tool_result"]
    return message["role"], text, calls, results


def spoken_by(run, message):
    """The same, with the role of a tool where the client gives its results to the user."""
    role, text, calls, results = spoken(message)
    return ("tool" if results and not run.sends("role of results") else role), text, calls, results


def sent(message):
    """A message of the ledger in the same form."""
    if message["role"] == "tool":
        return "tool", "", [], [(message["tool_call_id"], plain(message["content"]))]
    calls = [
        (call["id"], call["function"]["name"], plain(call["function"]["arguments"]))
        for call in message.get("tool_calls", [])
    ]
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content)
    # What OpenAI calls the developer for models that reason.
    role = "system" if message["role"] == "developer" else message["role"]
    return role, content, calls, []


def messages_are_those_that_were_sent(run):
    for entry, call in run.detailed():
        if entry["kind"] == "embedding":
            continue
        # The ledger keeps them where the wire is that of OpenAI's chat.
        if entry.get("messages") and (entry["status"] == 200 or run.sends("messages of failed calls")):
            expected = [sent(message) for message in entry["messages"]]
            equal(f"{name_of(entry)}: input", expected, [spoken_by(run, message) for message in call["input_messages"]])
        if entry["status"] == 200 and entry["text"]:
            answer = ("assistant", entry["text"], [], [])
            equal(f"{name_of(entry)}: output", [answer], [spoken(message) for message in call["output_messages"]])


def tool_call_and_its_result_are_shown(run):
    wish, answer = ([pair for pair in run.detailed() if pair[0]["kind"] == kind] for kind in ("tool_request", "tool_answer"))
    (wish_entry, wish_call), (answer_entry, answer_call) = wish[0], answer[0]
    wanted = wish_entry["tool_call"]
    identity = wanted["id"] if run.sends("id of the wish") else None
    expected = [("assistant", "", [(identity, wanted["name"], wanted["arguments"])], [])]
    equal("the model's wish", expected, [spoken(message) for message in wish_call["output_messages"]])
    result = plain(answer_entry["messages"][-1]["content"])
    equal("the tool's result as handed to the model", ("tool", "", [], [(wanted["id"], result)]), spoken_by(run, answer_call["input_messages"][-1]))
    tools = [span for span in run.spans() if span["kind"] == "tool"]
    equal("tool spans", 1 if run.sends("tool spans") else 0, len(tools))
    if not tools:
        return
    equal("name of the tool", wanted["name"], tools[0]["tool"]["name"])
    arguments = plain(tools[0]["tool"]["arguments"])
    check(holds(arguments, wanted["arguments"]), f"the tool's arguments {wanted['arguments']}", arguments)
    equal("result of the tool", result, plain(tools[0]["tool"]["result"]))


def work_is_attributed(run):
    expected = run.scenario.attribution
    for entry, item in run.pairs():
        for field, value in expected.items():
            equal(f"{name_of(entry)}: {field}", value, item[field])
    if run.scenario.per_trace is None:
        return
    equal("number of traces", len(run.scenario.per_trace), len(run.traces))
    for trace, more in zip(run.traces, run.scenario.per_trace):
        # A prompt belongs to a call, so a trace names none.
        for field, value in {**expected, **more}.items():
            if field != "prompt_version":
                equal(f"trace {trace['name']!r}: {field}", value, trace[field])
        if run.scenario.per_trace_on_calls:
            for item in (item for item in run.items if item["trace_id"] == trace["trace_id"]):
                told = {field: item[field] for field in more}
                equal(f"call {item['name']!r} of trace {trace['name']!r}", more, told)


def failed_call_is_an_error_and_costs_nothing(run):
    failed = [pair for pair in run.pairs() if pair[0]["status"] != 200]
    equal("failed calls in the ledger", 1, len(failed))
    entry, item = failed[0]
    equal("status", "error", item["status"])
    check(not item["cost"]["nano"], "no cost", item["cost"])
    check(not item["usage"] or item["usage"]["total"] == 0, "no tokens", item["usage"])
    if run.sends("words of the provider"):
        check(entry["error"] in json.dumps(item), f"the provider's words {entry['error']!r}", item)
    equal("calls that did not fail", len(run.answered), sum(item["status"] != "error" for _, item in run.pairs()))
    found = run.appliance.all("/calls", status="error", **run.scenario.filter)
    check(item["span_id"] in [one["span_id"] for one in found], "the filter status=error finds it", found)
    equal("failed calls by the filter", [], [one["span_id"] for one in found if one["counted"] and one["span_id"] != item["span_id"]])


def streamed_call_says_so(run):
    if not run.sends("streaming"):
        told = run.sends("time to first token")
        invented = [item for item in run.items if item["streaming"] or item["time_to_first_token_ms"] is not None and not told]
        equal("calls said to be streamed by a client that does not tell", [], invented)
        return
    for entry, item in run.pairs():
        if entry["status"] != 200 or entry["kind"] == "embedding":
            continue
        equal(f"{name_of(entry)}: streaming", entry["streaming"], bool(item["streaming"]))
        first = item["time_to_first_token_ms"]
        if entry["streaming"] and run.sends("time to first token"):
            check(first and 0 < first <= item["duration_ms"], f"{name_of(entry)}: time to first token within the call", item)
        else:
            equal(f"{name_of(entry)}: time to first token", None, first)


def is_told_again(span):
    """A failure that a log record tells, too, is one failure."""
    return span["call"] and span["call"]["counted_reason"] == "its log record tells it"


def traces_add_up(run):
    if run.scenario.per_trace is not None:
        equal("number of traces", len(run.scenario.per_trace), len(run.traces))
    for trace, detail in zip(run.traces, run.details):
        mine = [(entry, item) for entry, item in run.pairs() if item["trace_id"] == trace["trace_id"]]
        name, answered = f"trace {trace['name']!r}", [entry for entry, _ in mine if entry["status"] == 200]
        expected = total(expected_usage(run, entry) for entry in answered)
        costs = [cost_of(run, entry) for entry in answered]
        for where, told in (("list", trace), ("page", detail)):
            equal(f"{name}, {where}: calls", len(mine), told["call_count"])
            equal(f"{name}, {where}: tokens", expected, buckets_of(told["usage"]))
            equal(f"{name}, {where}: cost", sum(costs), told["cost_nano"] or 0)
            equal(f"{name}, {where}: spans", len(detail["spans"]), told["span_count"])
            failed = sum(span["status"] == "error" and not is_told_again(span) for span in detail["spans"])
            equal(f"{name}, {where}: errors", failed, told["error_count"])
        models = {entry["response_model"] for entry in answered}
        told = {DATED.get(model, model) for model in trace["models"]}
        check(models <= (set(trace["models"]) if run.sends("response model") else told), f"{name}: models {sorted(models)}", trace["models"])
    equal("calls of all traces", len(run.ledger), sum(trace["call_count"] for trace in run.traces))
    if run.sends("failed calls"):
        check(sum(trace["error_count"] for trace in run.traces) > 0, "a trace with an error", run.traces)


def spans_hang_together(run):
    kinds, expected = Counter(span["kind"] for span in run.spans()), Counter(run.scenario.kinds)
    if run.scenario.spans is not None:
        equal("number of spans", run.scenario.spans, kinds.total())
    check(expected <= kinds, f"spans of the kinds {dict(expected)} at least", kinds)
    for detail in run.details:
        known = {span["span_id"] for span in detail["spans"]}
        equal("span ids are unique", len(detail["spans"]), len(known))
        strays = [span["name"] for span in detail["spans"] if span["parent_span_id"] and span["parent_span_id"] not in known]
        equal("spans without their parent", [], strays)
        equal("roots", 1, sum(not span["parent_span_id"] for span in detail["spans"]))


def cost_board_agrees(run):
    rows = run.appliance.all("/cost", group_by="service", **run.scenario.filter)
    equal("rows of the service", 1, len(rows))
    row, usages = rows[0], [expected_usage(run, entry) for entry in run.answered]
    equal("calls", len(run.ledger), row["calls"])
    equal("errors", len(run.ledger) - len(run.answered), row["errors"])
    equal("tokens", total(usages), buckets_of(row["usage"]))
    cost = sum(cost_of(run, entry) for entry in run.answered)
    equal("cost in billionths of USD", cost if any(usages) else None, row["cost_nano"])


CHECKS = [
    every_call_is_there_once, models_are_named, no_token_is_lost_or_counted_twice, cost_is_the_sum_of_its_buckets,
    cost_follows_the_published_prices, messages_are_those_that_were_sent, tool_call_and_its_result_are_shown,
    work_is_attributed, failed_call_is_an_error_and_costs_nothing, streamed_call_says_so, traces_add_up,
    spans_hang_together, cost_board_agrees,
]  # fmt: skip
