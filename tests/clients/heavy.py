"""The clients of `make test-clients`: too heavy for every run, by what they install or how long they take."""

from cli_checks import CLI_CHECKS
from flow_checks import LANGFLOW_CHECKS, N8N_CHECKS
from scenarios import CALLER, HARNESS, NODE24, RESOURCE, WORK, Scenario

CLI = ("stream", "tool_request", "tool_answer", "error")
PROMPTS = ("What is the capital of Portugal?", "Please print the marker", "This question gets no answer")
# A coding program sends a prompt of its own around what it is asked, and its answers in a form of its own or not at all.
NO_WIRE = {
    "messages_are_those_that_were_sent": "it sends a system prompt of its own around the question",
    "tool_call_and_its_result_are_shown": "asked in the_command_it_ran_is_shown",
}


def coding(name, packages, program, **more):
    settings = dict(
        name=name,
        packages=packages,
        program=program,
        runtime=HARNESS,
        answers=CLI,
        prompts=PROMPTS,
        without=NO_WIRE,
        more_checks=CLI_CHECKS,
        attribution=WORK,
    )
    return Scenario(**{**settings, **more})


def phoenix(name, packages, program, **more):
    """A framework with OpenInference's instrumentation and Phoenix' way to set up an exporter."""
    settings = dict(
        name=name,
        packages=packages,
        program=program,
        environment={
            "OTLP_ENDPOINT": "http://{http}/v1/traces",
            "OTEL_RESOURCE_ATTRIBUTES": RESOURCE,
            # They would contact their makers, and fetch lists of prices.
            "CREWAI_DISABLE_TELEMETRY": "true",
            "CREWAI_DISABLE_TRACKING": "true",
            "LITELLM_LOCAL_MODEL_COST_MAP": "true",
        },
        attribution=WORK | CALLER | {"tags": ["test"]},
    )
    return Scenario(**{**settings, **more})


def langflow(tracer, lacks, **more):
    """A LangFlow with one of its tracers; what `lacks`, the tracer or the instrumentation behind it does not tell."""
    settings = dict(
        name=f"langflow {tracer}",
        packages="langflow",
        program="langflow_server.py",
        runtime=HARNESS,
        environment={"APPLIANCE": "{http}", "TRACERS": tracer, "SERVICE": "{service}"},
        answers=("plain", "tool_request", "tool_answer", "error"),
        kinds=["workflow"] * 3 + ["agent", "tool"] + ["llm"] * 4,
        spans=None,
        attribution={},
        per_trace=None,
        does_not_send=frozenset({"wrappers", "response id", *lacks}),
        without={
            "messages_are_those_that_were_sent": "its agent adds a system prompt of its own",
            "spans_hang_together": "the parent of a flow, the request to LangFlow, never arrives",
        },
        more_checks=LANGFLOW_CHECKS,
    )
    return Scenario(**{**settings, **more})


HEAVY = [
    Scenario(
        name="vercel 7 http json",
        packages="vercel7",
        program="trip.mjs",
        runtime=NODE24,
        environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://{http}", "OTEL_RESOURCE_ATTRIBUTES": RESOURCE},
        kinds=["tool", "embedding"] + ["llm"] * 5,
        spans=None,
        # Session and user, which version 6 took as metadata, have no way into its spans.
        attribution=WORK,
        per_trace=[{}] * 5,
        does_not_send=frozenset({"reasoning tokens", "streaming"}),
    ),
    Scenario(
        name="pydantic-ai http",
        packages="pydantic-ai",
        program="pydantic_ai_agents.py",
        environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://{http}", "OTEL_RESOURCE_ATTRIBUTES": RESOURCE},
        answers=("plain", "stream", "tool_request", "tool_answer", "error"),
        kinds=["agent"] * 4 + ["tool"] + ["llm"] * 5,
        spans=11,
        attribution=WORK,
        per_trace=[CALLER, {}],
        per_trace_on_calls=False,
        does_not_send=frozenset({"wrappers", "streaming", "role of results", "messages of failed calls"}),
    ),
    coding(
        "claude code",
        "claude-code",
        "claude_code.py",
        environment={"APPLIANCE": "{http}", "PROTOCOL": "http/protobuf", "RESOURCE": RESOURCE},
        # For each prompt an interaction, for each call a span and a log record; the tool is three spans.
        kinds=["agent"] * 3 + ["tool"] + ["llm"] * 8,
        spans=14,
        per_trace=[{}] * 3,
        does_not_send=frozenset({"response id", "streaming"}),
    ),
    coding(
        "gemini cli grpc",
        "gemini-cli",
        "gemini_cli.py",
        environment={"APPLIANCE": "{grpc}", "PROTOCOL": "grpc", "RESOURCE": RESOURCE},
        kinds=["tool"] + ["llm"] * 4,
        spans=None,
        per_trace=None,
        does_not_send=frozenset({"response id", "streaming", "time to first token"}),
        without=NO_WIRE | {"spans_hang_together": "spans and log records are in traces of their own"},
    ),
    Scenario(
        name="langchain langsmith otel",
        packages="langsmith",
        program="langchain_langsmith.py",
        environment={
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_TRACING_MODE": "otel",
            "LANGSMITH_OTEL_ENABLED": "true",
            "LANGSMITH_OTEL_ONLY": "true",
            "LANGSMITH_API_KEY": "not-a-key",
            "LANGSMITH_ENDPOINT": "http://{http}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://{http}",
            "OTEL_SERVICE_NAME": "{service}",
        },
        answers=("plain", "stream", "tool_request", "tool_answer", "error"),
        kinds=["tool"] + ["llm"] * 5,
        spans=None,
        attribution={},
        per_trace=None,
        # What answered stands in the recorded answer alone.
        does_not_send=frozenset({"response id", "response model", "streaming"}),
    ),
    # The first call after the start is in a trace of its own. The service is called Langflow whatever it is told.
    langflow(
        "traceloop",
        ("reasoning tokens", "response model", "streaming", "time to first token", "service", "flow of plain"),
        found_by={"service": "Langflow"},
    ),
    # What an agent calls is in traces of their own, and nothing names the flow there.
    langflow("phoenix", ("response model", "time to first token", "flow of tool_request", "flow of tool_answer")),
    langflow("langfuse", ("response model", "provider")),
    Scenario(
        name="openlit http",
        packages="openlit",
        program="openlit_openai.py",
        environment={
            "APPLIANCE": "{http}",
            "SERVICE": "{service}",
            "OTEL_RESOURCE_ATTRIBUTES": "ai.feature=trip-planning,ai.team=travel",
            "OPENLIT_DISABLE_GPU_STATS": "true",
        },
        answers=("plain", "stream", "tool_request", "tool_answer", "embedding", "plain", "error"),
        kinds=["embedding"] + ["llm"] * 6,
        spans=None,
        attribution=WORK,
        per_trace=None,
        does_not_send=frozenset({"wrappers", "reasoning tokens", "tool spans"}),
        without={"messages_are_those_that_were_sent": "of a conversation it leaves out what the model wished for"},
    ),
    phoenix(
        "llama-index openinference",
        "llama-index",
        "llama_index_chat.py",
        answers=("plain", "stream", "error"),
        kinds=["llm"] * 3,
        spans=None,
        per_trace=None,
        does_not_send=frozenset({"response id", "response model", "streaming"}),
        without={"tool_call_and_its_result_are_shown": "no tool is used"},
    ),
    phoenix(
        "dspy openinference",
        "dspy",
        "dspy_predict.py",
        answers=("plain", "error"),
        kinds=["llm"] * 2,
        spans=None,
        per_trace=None,
        # Of its calls it tells no tokens, so they have no cost.
        does_not_send=frozenset({"response id", "response model", "wrappers", "tokens of plain"}),
        without={"tool_call_and_its_result_are_shown": "no tool is used"},
    ),
    phoenix(
        "crewai openinference",
        "crewai",
        "crewai_crew.py",
        answers=("plain", "error"),
        kinds=["llm"] * 2,
        spans=None,
        per_trace=None,
        does_not_send=frozenset({"response id"}),
        without={"tool_call_and_its_result_are_shown": "no tool is used"},
    ),
    coding(
        "codex",
        "codex",
        "codex.py",
        environment={"APPLIANCE": "{http}"},
        kinds=["tool"] + ["llm"] * 4,
        spans=None,
        attribution={},
        # Its own traces are of its inner workings, hundreds of spans without a word of what it does.
        per_trace=None,
        # It names its service itself. After a call that failed it ends without having sent anything.
        does_not_send=frozenset({"service", "response id", "streaming", "failed calls"}),
        prompts=PROMPTS[:2],
        found_by={"service": "codex_exec"},
        without=NO_WIRE
        | {
            "spans_hang_together": "its spans come in pieces, some roots never end",
            "failed_call_is_an_error_and_costs_nothing": "it does not tell of it",
        },
    ),
    # A community n8n with its own tracing and the three LangSmith variables: two ways, one trace for each execution.
    Scenario(
        name="n8n",
        packages="n8n",
        program="n8n.py",
        runtime=HARNESS,
        needs_node24=True,
        rebuild=("sqlite3",),
        environment={"APPLIANCE": "{http}", "API": "http://{web}", "SERVICE": "{service}"},
        answers=("plain", "tool_request", "tool_answer", "error"),
        kinds=["workflow"] * 2 + ["tool"],
        spans=None,
        attribution={},
        per_trace=[{"workflow": "Plan a trip"}, {"workflow": "Fail a trip"}],
        per_trace_on_calls=False,
        # Of an expression that takes its time it tells beside the execution.
        aside=("expression.evaluate",),
        # It tells in words of its own what went wrong.
        does_not_send=frozenset({"response id", "streaming", "time to first token", "words of the provider"}),
        without={
            "messages_are_those_that_were_sent": "the agent adds a system prompt of its own",
            "tool_call_and_its_result_are_shown": "asked in an_execution_is_one_trace",
            "spans_hang_together": "the parent that the webhook's caller named never arrives",
        },
        more_checks=N8N_CHECKS,
    ),
]
