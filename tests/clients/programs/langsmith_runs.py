"""LangSmith's SDK without LangChain, as its documentation shows it: @traceable and the wrapper of openai.

Where it sends stands in LANGSMITH_*. With AUTO_BATCH=false every run is sent by itself, created and then changed. It
prints nothing: whatever is printed is the SDK's complaint.
"""

import os

import conversation
from langsmith import Client, traceable, tracing_context
from langsmith.wrappers import wrap_openai

langsmith = Client(auto_batch_tracing=os.environ.get("AUTO_BATCH") != "false")
client = wrap_openai(conversation.openai_client(), tracing_extra={"client": langsmith})
ABOUT = {
    "metadata": {
        "session_id": "session-1755",
        "user_id": "user-ines",
        "feature": "trip-planning",
        "team": "travel",
        "environment": "test",
    },
    "tags": ["test"],
}


@traceable(run_type="tool", name="get_weather")
def get_weather(city):
    return conversation.weather_of(city)


@traceable(name="weather_agent")
def answer_with_tool(question):
    return conversation.ask_with_tool(client, get_weather)


@traceable(name="plan_trip", **ABOUT)
def plan_trip():
    conversation.ask_plainly(client)
    conversation.ask_streamed(client)
    return answer_with_tool(conversation.WEATHER)


@traceable(name="fail_trip", **ABOUT)
def fail_trip():
    conversation.ask_in_vain(client)


with tracing_context(enabled=True, client=langsmith):
    plan_trip()
    fail_trip()
langsmith.flush()
