"""The clients of every run, how each is pointed at the appliance, and what can be asked of what it sends."""

from dataclasses import dataclass, field

import prices
from langfuse_checks import LANGFUSE_CHECKS
from provider.answers import anthropic_buckets

# On which a program runs. HARNESS: on the harness's own Python, it starts the client itself, from the folder CLIENT.
PYTHON, NODE, NODE24, HARNESS = "python", "node", "node24", "harness"

# Attribution that Traceloop sends by its association properties, the others by resource attributes.
WORK = {"feature": "trip-planning", "team": "travel", "environment": "test"}
CALLER = {"session": "session-1755", "user": "user-ines"}
RESOURCE = "service.name={service},deployment.environment.name=test,ai.feature=trip-planning,ai.team=travel"


# What a program tells by hand of its call of Anthropic's plain answer, in US dollars.
COST_BY_HAND = prices.nano_usd("claude-sonnet-4-5-20250929", anthropic_buckets("plain")) / 1e9
TRIP = ("plain", "stream", "tool_request", "tool_answer", "embedding", "error")


@dataclass
class Scenario:
    name: str
    # Name of a file in requirements/ or of a folder in node/.
    packages: str
    program: str
    # With {grpc}, {http}, {web} (`host:port` of the appliance) and {service} filled in.
    environment: dict
    # Spans of these kinds must be there; of `spans` in all, the others have kinds that are a matter of taste. None where
    # the client's own mood decides how many there are.
    kinds: list
    spans: int | None
    # On every call.
    attribution: dict
    # On each trace, in order of time; None as above.
    per_trace: list | None
    # Whether the calls of a trace say it too.
    per_trace_on_calls: bool = True
    runtime: str = PYTHON
    # What the provider answers, in this order.
    answers: tuple = TRIP
    # What the client leaves out, found by reading its requests: it must not be invented.
    does_not_send: frozenset = frozenset({"wrappers"})
    # Whether the program is to print nothing at all, but lines of these patterns.
    silent: bool = False
    says: tuple = ()
    more_checks: tuple = ()
    # Checks that cannot be asked of the client, by name, and why.
    without: dict = field(default_factory=dict)
    # How long it may take on a machine that does other things, too.
    seconds: int = 900
    needs_node24: bool = False
    # Packages of a Node client that are to be compiled.
    rebuild: tuple = ()
    # What a coding program is asked.
    prompts: tuple = ()
    # Parameters that find the scenario's calls and traces, where the service does not.
    found_by: dict = field(default_factory=dict)

    @property
    def service(self):
        return f"trip-{self.name.replace(' ', '-')}"

    @property
    def filter(self):
        return self.found_by or {"service": self.service}


def traceloop(name, base_url, packages="traceloop", **more):
    return Scenario(
        name=name,
        packages=packages,
        program="traceloop_openai.py",
        environment={
            "TRACELOOP_BASE_URL": base_url,
            "TRACELOOP_TELEMETRY": "false",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
            "SERVICE": "{service}",
            **more,
        },
        kinds=["workflow"] * 2 + ["task"] * 2 + ["agent", "tool", "embedding"] + ["llm"] * 5,
        spans=12,
        attribution=WORK | CALLER,
        per_trace=[{"workflow": "plan_trip"}, {"workflow": "fail_trip"}],
    )


def traceloop_legacy():
    scenario = traceloop("traceloop legacy", "http://{http}", "traceloop-legacy", GUESS_TOKENS="false")
    scenario.does_not_send = frozenset({"wrappers", "reasoning tokens", "tokens of stream"})
    # Of the resource it sends the name alone.
    scenario.attribution = {name: value for name, value in scenario.attribution.items() if name != "environment"}
    # What it calls in an agent it says to be of a workflow with the agent's name.
    scenario.per_trace_on_calls = False
    return scenario


def openinference(name, endpoint, protocol):
    return Scenario(
        name=name,
        packages="openinference",
        program="openinference_openai.py",
        environment={"OTLP_ENDPOINT": endpoint, "OTLP_PROTOCOL": protocol, "OTEL_RESOURCE_ATTRIBUTES": RESOURCE},
        kinds=["agent", "tool", "embedding"] + ["llm"] * 5,
        spans=9,
        attribution=WORK | CALLER | {"prompt_version": "v7", "tags": ["test"]},
        per_trace=[{}, {}],
        # The id stands only inside of the recorded answer.
        does_not_send=frozenset({"wrappers", "response id"}),
    )


LANGFUSE_LACKS = frozenset({"wrappers", "response id", "provider"})


def langfuse(name, packages, program, **more):
    """One of Langfuse's SDKs; the public key, chosen as a name, names the service where nothing else does."""
    scenario = Scenario(
        name=name,
        packages=packages,
        program=program,
        environment={
            "LANGFUSE_PUBLIC_KEY": "pk-lf-{service}",
            "LANGFUSE_SECRET_KEY": "sk-lf-not-a-key",
            "LANGFUSE_BASE_URL": "http://{http}",
            # What the URL was called before version 3, in Python and in JavaScript.
            "LANGFUSE_HOST": "http://{http}",
            "LANGFUSE_BASEURL": "http://{http}",
            "LANGFUSE_TRACING_ENVIRONMENT": "test",
            "OTEL_RESOURCE_ATTRIBUTES": RESOURCE,
            "COST_BY_HAND": repr(COST_BY_HAND),
        },
        answers=("plain", "stream", "tool_request", "tool_answer", "embedding", "plain", "error"),
        kinds=["agent", "tool", "embedding"] + ["llm"] * 6,
        spans=11,
        attribution=WORK | CALLER | {"tags": ["test"]},
        per_trace=[{}, {}],
        # Ids of answers stay with the SDK, and nothing names the provider.
        does_not_send=LANGFUSE_LACKS,
        silent=True,
        says=LANGFUSE_SAYS,
        more_checks=LANGFUSE_CHECKS,
    )
    for field_name, value in more.items():
        setattr(scenario, field_name, value)
    return scenario


# What the SDKs say of what the program does: a prompt that is not there, and a call that the provider refuses.
LANGFUSE_SAYS = (
    r"^Prompt 'capital-label:production' not found during refresh",
    r"^Returning fallback prompt for 'capital-label:production' due to fetch error: .*(status_code: 404|404)",
    r"^Error while fetching prompt 'capital-label:production': .*status_code: 404",
    r"^Error code: 500 - .*The fake provider was asked to fail",
)
# The same in JavaScript, with all that belongs to the answer 404.
LANGFUSE_JS_SAYS = (
    r"\[Langfuse SDK\].* Error (while )?fetching prompt 'capital-label:production': .*(NotFoundError|not found)",
    r"^Status code: 404$",
    r"^Body: \{$",
    r"^ ",
    r"^\}$",
)


SCENARIOS = [
    traceloop("traceloop http", "http://{http}"),
    # The SDK hands the bare address to its metrics exporter too, which would try TLS.
    traceloop("traceloop grpc", "{grpc}", OTEL_EXPORTER_OTLP_INSECURE="true"),
    openinference("openinference http", "http://{http}/v1/traces", "http/protobuf"),
    openinference("openinference grpc", "http://{grpc}", "grpc"),
    Scenario(
        name="contrib grpc",
        packages="contrib",
        program="contrib_openai.py",
        environment={
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://{grpc}",
            "OTEL_RESOURCE_ATTRIBUTES": RESOURCE,
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_AND_EVENT",
            "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true",
            "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        },
        kinds=["embedding"] + ["llm"] * 5,
        spans=7,
        attribution=WORK,
        # Session and user are on the server span alone, and the failed call is outside of it.
        per_trace=[CALLER, {}],
        per_trace_on_calls=False,
        does_not_send=frozenset({"wrappers", "cached tokens", "reasoning tokens", "streaming", "time to first token", "tool spans"}),
    ),
    Scenario(
        name="vercel http json",
        packages="vercel",
        program="trip.mjs",
        runtime=NODE,
        environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://{http}", "OTEL_RESOURCE_ATTRIBUTES": RESOURCE},
        # A wrapper around each model call, two calls and a tool in one of them.
        kinds=["tool", "embedding"] + ["llm"] * 5,
        spans=12,
        attribution=WORK | CALLER | {"tags": ["test"]},
        per_trace=[{}] * 5,
        does_not_send=frozenset(),
    ),
    # As the SDK was before messages became JSON: no reasoning tokens, and nothing of a streamed call's.
    traceloop_legacy(),
    Scenario(
        name="litellm http",
        packages="litellm",
        program="litellm_library.py",
        environment={
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://{http}",
            "OTEL_SERVICE_NAME": "{service}",
            "OTEL_RESOURCE_ATTRIBUTES": RESOURCE,
            "OTEL_ENVIRONMENT_NAME": "test",
            # It would fetch its list of prices.
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_OTEL_INTEGRATION_ENABLE_METRICS": "true",
            "LITELLM_OTEL_INTEGRATION_ENABLE_EVENTS": "true",
        },
        answers=("plain", "stream", "tool_request", "tool_answer", "embedding", "plain", "error"),
        kinds=[],
        spans=13,
        # Metadata of a call, where the session stands, is dropped on the way; a resource of its own names another environment.
        attribution=WORK | {"user": "user-ines"},
        per_trace=[{}] * 7,
        # A streamed answer is said to be of the model that was asked for; ids are LiteLLM's own but for OpenAI's.
        does_not_send=frozenset(
            {"wrappers", "tool spans", "response model", "response id", "id of the wish", "time to first token"}
        ),
    ),
]
