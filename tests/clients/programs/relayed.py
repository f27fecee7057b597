"""Calls of OpenAI's and Anthropic's SDKs through the relay, without any telemetry of their own.

RELAY is `host:port` of the relay, FAKE_PROVIDER what leads through it to OpenAI.
"""

import os

import conversation
from anthropic import Anthropic
from openai import OpenAI

HEADERS = {"x-tracemeter-session": "relayed-1", "x-tracemeter-user": "anna", "x-tracemeter-feature": "tour"}


def ask_for_a_response(client):
    events = client.responses.create(model="gpt-5-mini", input=conversation.COUNTDOWN, stream=True)
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def ask_claude(client):
    question = [{"role": "user", "content": conversation.QUESTION}]
    return client.messages.create(model="claude-sonnet-4-5", max_tokens=300, messages=question).content[0].text


def ask_claude_streamed(client):
    question = [{"role": "user", "content": conversation.COUNTDOWN}]
    with client.messages.stream(model="claude-haiku-4-5", max_tokens=300, messages=question) as stream:
        return "".join(stream.text_stream)


openai = conversation.openai_client(lambda **settings: OpenAI(default_headers=HEADERS, **settings))
print(conversation.ask_plainly(openai))
print(conversation.ask_streamed(openai))
print(conversation.ask_with_tool(openai, conversation.weather_of))
print(ask_for_a_response(openai))
assert conversation.embed(openai) == [0.25, -0.5, 0.75, 1.0]
conversation.ask_in_vain(openai)
base = f"http://{os.environ['RELAY']}/anthropic"
claude = Anthropic(base_url=base, api_key="sk-ant-not-a-key", max_retries=0, default_headers=HEADERS)
print(ask_claude(claude))
print(ask_claude_streamed(claude))
