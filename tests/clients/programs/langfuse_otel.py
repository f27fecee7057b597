"""Langfuse's Python SDK since it sends OTLP (3, 4 and 5), as its documentation shows it: decorators, the wrapper of
openai, a generation told by hand with usage and cost, scores, a prompt with a fallback.

Address and keys come from LANGFUSE_*, the service's name from OTEL_RESOURCE_ATTRIBUTES. It prints nothing: whatever is
printed is the SDK's complaint.
"""

import os

import conversation
from langfuse import get_client, observe, propagate_attributes
from langfuse.openai import OpenAI

langfuse = get_client()
if not langfuse.auth_check():
    raise SystemExit("auth_check() is not true")
# No prompt is kept here: a user of Langfuse gives the text that shall hold then.
prompt = langfuse.get_prompt("capital", fallback="What is the capital of {{country}}?", max_retries=0)
if not prompt.is_fallback or prompt.compile(country="Portugal") != conversation.QUESTION:
    raise SystemExit(f"the fallback of the prompt: {prompt.compile(country='Portugal')}")
client = conversation.openai_client(OpenAI)


@observe(name="get_weather", as_type="tool")
def get_weather(city):
    return conversation.weather_of(city)


@observe(name="weather_agent", as_type="agent")
def answer_with_tool(question):
    return conversation.ask_with_tool(client, get_weather)


def told_by_hand():
    with langfuse.start_as_current_observation(
        as_type="generation",
        name="by-hand",
        model="claude-sonnet-4-5",
        input=[{"role": "user", "content": conversation.QUESTION}],
        model_parameters={"max_tokens": 300},
    ) as generation:
        answer = conversation.ask_by_hand()
        usage = answer["usage"]
        generation.update(
            model=answer["model"],
            output=answer["content"][0]["text"],
            usage_details={
                "input": usage["input_tokens"],
                "cache_read_input_tokens": usage["cache_read_input_tokens"],
                "cache_creation_input_tokens": usage["cache_creation_input_tokens"],
                "output": usage["output_tokens"],
            },
            cost_details={"total": float(os.environ["COST_BY_HAND"])},
        )


@observe(name="plan_trip")
def plan_trip():
    conversation.ask_plainly(client)
    conversation.ask_streamed(client)
    answer_with_tool(conversation.WEATHER)
    conversation.embed(client)
    told_by_hand()
    langfuse.score_current_trace(name="helpfulness", value=0.9, data_type="NUMERIC", comment="good advice")
    langfuse.score_current_trace(name="thumbs", value=1, data_type="BOOLEAN")
    langfuse.score_current_trace(name="tone", value="friendly", data_type="CATEGORICAL")


@observe(name="fail_trip")
def fail_trip():
    conversation.ask_in_vain(client)


with propagate_attributes(
    session_id="session-1755",
    user_id="user-ines",
    tags=["test"],
    metadata={"feature": "trip-planning", "team": "travel"},
):
    plan_trip()
    fail_trip()
langfuse.flush()
langfuse.shutdown()
