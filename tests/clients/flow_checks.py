"""What must be true after a workflow program (n8n, LangFlow) has run: workflow, steps and model calls in one trace."""

from checks import DATED, check, equal, expected_usage, total

N8N_NODES = {"Webhook", "Code", "HTTP Request", "Basic LLM Chain", "AI Agent", "OpenAI Chat Model", "Model of the agent", "get_weather"}


def trace_of(run, workflow):
    found = [detail for detail in run.details if detail["workflow"] == workflow]
    equal(f"traces of the workflow {workflow!r}", 1, len(found))
    return found[0]


def an_execution_is_one_trace(run):
    """Nodes, the model calls below them and the tool, with the tokens that the provider billed."""
    detail = trace_of(run, "Plan a trip")
    named = {span["node"] or span["name"] for span in detail["spans"]}
    check(named >= N8N_NODES, f"all nodes: {sorted(N8N_NODES)}", sorted(named))
    calls = [span["call"] for span in detail["spans"] if span["call"] and span["call"]["counted"]]
    answered = run.answered
    equal("model calls of the execution", len(answered), len(calls))
    models = sorted(DATED.get(entry["model"], entry["model"]) for entry in answered)
    equal("models", models, sorted(call["response_model"] or call["request_model"] for call in calls))
    equal("tokens of the execution", total(expected_usage(run, entry) for entry in answered), total(call["usage"] for call in calls))
    tools = [span["tool"] for span in detail["spans"] if span["kind"] == "tool" and span["tool"]["name"] == "get_weather"]
    check(tools, "the tool get_weather", [span["name"] for span in detail["spans"]])
    equal("traces of the other workflow", 1, sum(one["workflow"] == "Fail a trip" for one in run.details))


def a_failed_execution_says_why(run):
    detail = trace_of(run, "Fail a trip")
    equal("status", "error", detail["status"])
    calls = [span for span in detail["spans"] if span["call"] and span["call"]["counted"]]
    equal("failed calls", ["error"], [span["status"] for span in calls])
    # Its words for the provider's answer 429.
    equal("why", "The service is receiving too many requests from you", calls[0]["status_message"])


N8N_CHECKS = (an_execution_is_one_trace, a_failed_execution_says_why)


def components_hold_the_model_calls(run):
    """By the Traceloop tracer: flow, components, and below them the calls of models."""
    for name in ("Plan a trip", "Ask an agent"):
        details = [detail for detail in run.details if (detail["workflow"] or "").startswith(name)]
        check(details, f"a trace of the flow {name!r}", [detail["name"] for detail in run.details])
        kinds = {span["kind"] for detail in details for span in detail["spans"]}
        check({"workflow", "task"} <= kinds, f"flow and components of {name!r}", sorted(kinds))


def the_session_is_told(run):
    sessions = {trace["session"] for trace in run.traces}
    check("session-1755" in sessions, "the session of the chat", sorted(map(str, sessions)))


LANGFLOW_CHECKS = (components_hold_the_model_calls, the_session_is_told)
