"""Dify's providers for tracing, call by call with the SDKs it pins; Dify itself does not run here."""

from dify_checks import LANGFUSE_PROVIDER, PHOENIX_PROVIDER
from scenarios import Scenario

# As Dify tells them: no cache, no reasoning, the model that was asked for, and no id of an answer.
LACKS = {"cached tokens", "reasoning tokens", "response model", "response id", "streaming", "time to first token"}
WITHOUT = {"tool_call_and_its_result_are_shown": "no model asks for the tool"}


def dify(name, packages, program, **more):
    settings = dict(
        name=name,
        packages=packages,
        program=program,
        spans=None,
        per_trace=None,
        does_not_send=frozenset(LACKS),
        without=WITHOUT,
        silent=True,
    )
    return Scenario(**{**settings, **more})


DIFY = [
    dify(
        "dify langfuse provider",
        "langfuse4",
        "dify_langfuse.py",
        environment={"HOST": "http://{http}", "PUBLIC_KEY": "pk-lf-{service}"},
        answers=("plain", "plain", "error"),
        kinds=["workflow"] * 2 + ["retrieval"] * 2 + ["tool"] * 2 + ["guardrail"] + ["llm"] * 4,
        attribution={"feature": "trip-app", "session": "session-1755", "user": "user-ines"},
        steps={
            "Start": "task",
            "Look up": "retrieval",
            "Get weather": "tool",
            "Answer": "llm",
            "End": "task",
            "moderation": "guardrail",
            "dataset_retrieval": "retrieval",
            "get_weather": "tool",
            "llm": "llm",
        },
        more_checks=LANGFUSE_PROVIDER,
    ),
    dify(
        "dify phoenix provider",
        "openinference",
        "dify_phoenix.py",
        environment={"HOST": "http://{http}", "SERVICE": "{service}"},
        answers=("plain", "error"),
        kinds=["workflow"] * 2 + ["task"] * 3 + ["retrieval", "tool"] + ["llm"] * 3,
        attribution={"session": "session-1755"},
        steps={"Look up": "retrieval", "Get weather": "tool", "Answer": "llm", "llm": "llm"},
        # The connection test.
        aside=("api_check",),
        more_checks=PHOENIX_PROVIDER,
    ),
]
