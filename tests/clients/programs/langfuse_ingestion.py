"""Langfuse's Python SDK 2, which sends JSON to the ingestion API: creates and updates, in batches of its own choice.

Address and keys come from LANGFUSE_*. It prints nothing: whatever is printed is the SDK's complaint.
"""

import os

import conversation
from langfuse import Langfuse
from langfuse.decorators import langfuse_context, observe
from langfuse.openai import OpenAI

langfuse = Langfuse()
if not langfuse.auth_check():
    raise SystemExit("auth_check() is not true")
prompt = langfuse.get_prompt("capital", fallback="What is the capital of {{country}}?", max_retries=1)
if not prompt.is_fallback or prompt.compile(country="Portugal") != conversation.QUESTION:
    raise SystemExit(f"the fallback of the prompt: {prompt.compile(country='Portugal')}")
client = conversation.openai_client(OpenAI)
CALLER = {
    "session_id": "session-1755",
    "user_id": "user-ines",
    "tags": ["test"],
    "metadata": {"feature": "trip-planning", "team": "travel"},
}


@observe(name="get_weather")
def get_weather(city):
    return conversation.weather_of(city)


@observe(name="weather_agent")
def answer_with_tool(question):
    return conversation.ask_with_tool(client, get_weather)


# This wrapper of openai knows no embeddings.
@observe(name="embed", as_type="generation")
def embed():
    conversation.embed(client)
    langfuse_context.update_current_observation(
        model="text-embedding-3-small", input=conversation.EMBEDDED, usage_details={"input": 58}
    )


@observe(name="by-hand", as_type="generation")
def told_by_hand():
    answer = conversation.ask_by_hand()
    usage = answer["usage"]
    langfuse_context.update_current_observation(
        model=answer["model"],
        input=[{"role": "user", "content": conversation.QUESTION}],
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
    langfuse_context.update_current_trace(name="plan_trip", **CALLER)
    conversation.ask_plainly(client)
    conversation.ask_streamed(client)
    answer_with_tool(conversation.WEATHER)
    embed()
    told_by_hand()
    langfuse_context.score_current_trace(name="helpfulness", value=0.9, data_type="NUMERIC", comment="good advice")
    langfuse_context.score_current_trace(name="thumbs", value=1, data_type="BOOLEAN")
    langfuse_context.score_current_trace(name="tone", value="friendly", data_type="CATEGORICAL")


@observe(name="fail_trip")
def fail_trip():
    langfuse_context.update_current_trace(name="fail_trip", **CALLER)
    conversation.ask_in_vain(client)


plan_trip()
fail_trip()
langfuse_context.flush()
langfuse.flush()
