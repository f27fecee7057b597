"""What every scenario says to the provider, so that the scenarios differ in the SDK only.

Address and port of the provider come from FAKE_PROVIDER (`host:port`).
"""

import json
import os
import urllib.request

from loopback_only import allow_only_loopback

allow_only_loopback()

SYSTEM = "Answer in one sentence."
QUESTION = "What is the capital of Portugal?"
COUNTDOWN = "Count down from seven to four."
WEATHER = "How is the weather in Porto?"
DOOMED = "This question gets no answer."
EMBEDDED = "Lisbon lies at the mouth of the Tagus."

TOOLS = [{
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city right now",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}]


# Where OpenAI clients, and those that speak to Anthropic, find the provider.
OPENAI = f"http://{os.environ['FAKE_PROVIDER']}/v1"
ANTHROPIC = f"http://{os.environ['FAKE_PROVIDER']}"


def openai_client(kind=None):
    """The provider's client; to be called after the SDK under test has instrumented it, or with that SDK's own class."""
    if kind is None:
        from openai import OpenAI as kind

    return kind(base_url=OPENAI, api_key="sk-not-a-key", max_retries=0)


def ask_plainly(client):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    answer = client.chat.completions.create(model="gpt-5-mini", temperature=0.25, max_tokens=500, messages=messages)
    return answer.choices[0].message.content


def ask_streamed(client):
    messages = [{"role": "user", "content": COUNTDOWN}]
    chunks = client.chat.completions.create(
        model="gpt-4o", stream=True, stream_options={"include_usage": True}, messages=messages
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def weather_of(city):
    return {"city": city, "celsius": 19, "sky": "windy"}


def ask_with_tool(client, tool):
    """Two turns: the model asks for `tool`, `tool` runs, the model answers."""
    messages = [{"role": "user", "content": WEATHER}]
    wish = client.chat.completions.create(model="o4-mini", messages=messages, tools=TOOLS).choices[0].message
    call = wish.tool_calls[0]
    result = tool(**json.loads(call.function.arguments))
    messages += [
        wish.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)},
    ]
    return client.chat.completions.create(model="o4-mini", messages=messages, tools=TOOLS).choices[0].message.content


def embed(client):
    return client.embeddings.create(model="text-embedding-3-small", input=EMBEDDED).data[0].embedding


def ask_by_hand():
    """Anthropic's answer to a plain question, asked without any SDK: what is told of it is told by hand."""
    question = {"model": "claude-sonnet-4-5", "max_tokens": 300, "messages": [{"role": "user", "content": QUESTION}]}
    asked = urllib.request.Request(
        f"{ANTHROPIC}/v1/messages", json.dumps(question).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def ask_in_vain(client):
    """The provider answers 500; anything but that is a fault of the test."""
    from openai import InternalServerError

    messages = [{"role": "user", "content": DOOMED}]
    try:
        client.chat.completions.create(model="gpt-4o-mini", messages=messages, extra_headers={"x-answer-status": "500"})
    except InternalServerError:
        return
    raise SystemExit("the provider answered a question it was told to refuse")
