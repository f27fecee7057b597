"""The clients, how each is pointed at the appliance, and what can be asked of what it sends."""

from dataclasses import dataclass

PYTHON, NODE = "python", "node"

# Attribution that Traceloop sends by its association properties, the others by resource attributes.
WORK = {"feature": "trip-planning", "team": "travel", "environment": "test"}
CALLER = {"session": "session-1755", "user": "user-ines"}
RESOURCE = "service.name={service},deployment.environment.name=test,ai.feature=trip-planning,ai.team=travel"


@dataclass
class Scenario:
    name: str
    # Name of the requirements file, or of the folder with the package-lock.json.
    packages: str
    program: str
    # With {grpc}, {http} (`host:port` of the appliance) and {service} filled in.
    environment: dict
    # Spans of these kinds must be there; of `spans` in all, the others have kinds that are a matter of taste.
    kinds: list
    spans: int
    # On every call.
    attribution: dict
    # On each trace, in order of time.
    per_trace: list
    # Whether the calls of a trace say it too.
    per_trace_on_calls: bool = True
    runtime: str = PYTHON
    provider: str = "openai"
    # What the client leaves out, found by reading its requests: it must not be invented.
    does_not_send: frozenset = frozenset({"wrappers"})

    @property
    def service(self):
        return f"trip-{self.name.replace(' ', '-')}"


def traceloop(name, base_url, **more):
    return Scenario(
        name=name,
        packages="traceloop",
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
        does_not_send=frozenset({"wrappers", "cached and reasoning tokens", "streaming", "tool spans"}),
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
]
