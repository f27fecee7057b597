"""LangSmith's SDKs, which send runs in their own protocol: zstd, gzip, multipart, and every run by itself."""

from scenarios import CALLER, NODE, WORK, Scenario

ANSWERS = ("plain", "stream", "tool_request", "tool_answer", "error")


def langsmith(name, packages, program, **more):
    """What the SDK's documentation asks for, and nothing else: whatever it logs is a complaint."""
    settings = dict(
        name=name,
        packages=packages,
        program=program,
        environment={
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_ENDPOINT": "http://{http}",
            "LANGSMITH_API_KEY": "not-a-key",
            "LANGSMITH_PROJECT": "{service}",
            **more.pop("settings", {}),
        },
        answers=ANSWERS,
        # Two outermost functions, an agent's function, a tool and the calls of the model.
        kinds=["task"] * 3 + ["tool"] + ["llm"] * 5,
        spans=9,
        attribution=WORK | CALLER,
        per_trace=[{}, {}],
        silent=True,
    )
    return Scenario(**{**settings, **more})


LANGSMITH = [
    langsmith("langsmith python zstd", "langsmith-runs", "langsmith_runs.py"),
    langsmith("langsmith js gzip", "langsmith", "trip.mjs", runtime=NODE),
]

LANGSMITH_HEAVY = [
    langsmith(
        "langsmith python plain multipart",
        "langsmith-runs",
        "langsmith_runs.py",
        settings={"LANGSMITH_DISABLE_RUN_COMPRESSION": "true", "LANGSMITH_ENDPOINT": "http://{http}/api/v1"},
    ),
    langsmith("langsmith python one by one", "langsmith-runs", "langsmith_runs.py", settings={"AUTO_BATCH": "false"}),
    langsmith("langsmith js one by one", "langsmith", "trip.mjs", runtime=NODE, settings={"AUTO_BATCH": "false"}),
    langsmith(
        "langchain langsmith runs",
        "langsmith",
        "langchain_langsmith.py",
        kinds=["tool"] + ["llm"] * 5,
        spans=None,
        attribution=CALLER,
        per_trace=None,
        # The id of a streamed answer is LangChain's own.
        does_not_send=frozenset({"wrappers", "response id"}),
    ),
]
