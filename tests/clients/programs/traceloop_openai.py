"""traceloop-sdk as a user would set it up: TRACELOOP_BASE_URL says where to, and by its form how.

`http://host:port` is OTLP over HTTP, a bare `host:port` is OTLP over gRPC. SERVICE is the name of the app.
GUESS_TOKENS=false keeps old versions from fetching a tokenizer, by which they guess the tokens of streamed answers.
"""

import os

import conversation
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import agent, task, tool, workflow

guess = os.environ.get("GUESS_TOKENS") != "false"
Traceloop.init(app_name=os.environ["SERVICE"], **({} if guess else {"should_enrich_metrics": False}))
Traceloop.set_association_properties(
    {"user_id": "user-ines", "session_id": "session-1755", "feature": "trip-planning", "team": "travel"}
)
client = conversation.openai_client()


@task(name="answer_plainly")
def answer_plainly():
    return conversation.ask_plainly(client)


@task(name="answer_streamed")
def answer_streamed():
    return conversation.ask_streamed(client)


@tool(name="get_weather")
def get_weather(city):
    return conversation.weather_of(city)


@agent(name="weather_agent")
def answer_with_tool():
    return conversation.ask_with_tool(client, get_weather)


@workflow(name="plan_trip")
def plan_trip():
    answer_plainly()
    answer_streamed()
    answer_with_tool()
    conversation.embed(client)


@workflow(name="fail_trip")
def fail_trip():
    conversation.ask_in_vain(client)


plan_trip()
fail_trip()
