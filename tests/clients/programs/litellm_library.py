"""LiteLLM as a library with its callback "otel". OTEL_EXPORTER_OTLP_ENDPOINT says where to, OTEL_SERVICE_NAME who calls."""

import json

import conversation
import litellm

litellm.telemetry = False
litellm.callbacks = ["otel"]
litellm.num_retries = 0


def told():
    """What each call is given. It must be a new object: LiteLLM writes into it, and a shared one hides later calls."""
    return {
        "api_base": conversation.OPENAI,
        "api_key": "sk-not-a-key",
        "max_retries": 0,
        "user": "user-ines",
        "metadata": {"session_id": "session-1755", "user_id": "user-ines", "tags": ["test"]},
    }


def complete(**question):
    return litellm.completion(**question, **told())


complete(
    model="openai/gpt-5-mini",
    max_tokens=500,
    messages=[{"role": "system", "content": conversation.SYSTEM}, {"role": "user", "content": conversation.QUESTION}],
)
for _ in complete(
    model="openai/gpt-4o",
    stream=True,
    stream_options={"include_usage": True},
    messages=[{"role": "user", "content": conversation.COUNTDOWN}],
):
    pass
messages = [{"role": "user", "content": conversation.WEATHER}]
wish = complete(model="openai/o4-mini", messages=messages, tools=conversation.TOOLS).choices[0].message
call = wish.tool_calls[0]
result = conversation.weather_of(**json.loads(call.function.arguments))
messages += [wish.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}]
complete(model="openai/o4-mini", messages=messages, tools=conversation.TOOLS)
litellm.embedding(model="openai/text-embedding-3-small", input=[conversation.EMBEDDED], **told())
litellm.completion(
    model="anthropic/claude-sonnet-4-5",
    max_tokens=300,
    messages=[{"role": "user", "content": conversation.QUESTION}],
    **{**told(), "api_base": conversation.ANTHROPIC},
)
try:
    complete(model="openai/gpt-4o-mini", messages=[{"role": "user", "content": conversation.DOOMED}])
except litellm.InternalServerError:
    pass
else:
    raise SystemExit("the provider answered a question it was told to refuse")
