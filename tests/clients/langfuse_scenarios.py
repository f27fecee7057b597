"""Langfuse's SDKs: the address and two keys of the environment are all they are given."""

import prices
from langfuse_checks import LANGFUSE_CHECKS
from provider.answers import anthropic_buckets
from scenarios import CALLER, NODE, RESOURCE, WORK, Scenario

# What a program tells by hand of its call of Anthropic's plain answer, in US dollars.
COST_BY_HAND = prices.nano_usd("claude-sonnet-4-5-20250929", anthropic_buckets("plain")) / 1e9
# What the SDKs say of what the program does: a prompt that is not there, and a call that the provider refuses.
SAYS = (
    r"^Prompt 'capital-label:production' not found during refresh",
    r"^Returning fallback prompt for 'capital-label:production' due to fetch error: .*(status_code: 404|404)",
    r"^Error while fetching prompt 'capital-label:production': .*status_code: 404",
    r"^Error code: 500 - .*The fake provider was asked to fail",
)
# The same in JavaScript, with all that belongs to the answer 404.
JS_SAYS = (
    r"\[Langfuse SDK\].* Error (while )?fetching prompt 'capital-label:production': .*(NotFoundError|not found)",
    r"^Status code: 404$",
    r"^Body: \{$",
    r"^ ",
    r"^\}$",
)
# Ids of answers stay with the SDK, and nothing names the provider.
LACKS = frozenset({"wrappers", "response id", "provider"})


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
        does_not_send=LACKS,
        silent=True,
        says=SAYS,
        more_checks=LANGFUSE_CHECKS,
    )
    for field_name, value in more.items():
        setattr(scenario, field_name, value)
    return scenario


# Langfuse's SDKs before they knew of agents and tools, which are spans like any other; the trace is told, too, with its tags.
BEFORE_KINDS = {
    "attribution": WORK | CALLER,
    "per_trace": [{"tags": ["test"]}] * 2,
    "per_trace_on_calls": False,
    "kinds": ["workflow"] * 2 + ["embedding"] + ["llm"] * 6,
    "does_not_send": LACKS | {"tool spans"},
}

LANGFUSE = [
    langfuse("langfuse python 5", "langfuse5", "langfuse_otel.py"),
    langfuse("langfuse python 2", "langfuse2", "langfuse_ingestion.py", **BEFORE_KINDS),
    langfuse(
        "langfuse js",
        "langfuse-js",
        "trip.mjs",
        runtime=NODE,
        says=JS_SAYS,
        # A streamed answer is said to be of the model that was asked for; its wrapper tells no usage of embeddings.
        does_not_send=LACKS | {"response model", "tokens of embedding"},
    ),
]

LANGFUSE_HEAVY = [
    langfuse("langfuse python 4", "langfuse4", "langfuse_otel.py"),
    langfuse("langfuse python 3", "langfuse3", "langfuse_otel.py"),
    langfuse(
        "langfuse js legacy",
        "langfuse-js-legacy",
        "trip.mjs",
        runtime=NODE,
        says=JS_SAYS,
        **{**BEFORE_KINDS, "does_not_send": BEFORE_KINDS["does_not_send"] | {"response model"}},
    ),
]
