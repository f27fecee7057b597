"""OpenInference's OpenAI instrumentation with Phoenix' `register`: OTLP_ENDPOINT and OTLP_PROTOCOL say where to and how.

SERVICE comes in OTEL_RESOURCE_ATTRIBUTES, together with feature and team.
"""

import os

import conversation
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from phoenix.otel import register

provider = register(
    project_name="household",
    endpoint=os.environ["OTLP_ENDPOINT"],
    protocol=os.environ["OTLP_PROTOCOL"],
    batch=True,
    auto_instrument=False,
    verbose=False,
)
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("trip_planner")
client = conversation.openai_client()


@tracer.tool(name="get_weather", description="The weather in a city right now")
def get_weather(city: str) -> dict:
    return conversation.weather_of(city)


@tracer.agent(name="weather_agent")
def answer_with_tool(question: str) -> str:
    return conversation.ask_with_tool(client, get_weather)


@tracer.chain(name="plan_trip")
def plan_trip(question: str) -> str:
    conversation.ask_plainly(client)
    conversation.ask_streamed(client)
    answer = answer_with_tool(conversation.WEATHER)
    conversation.embed(client)
    return answer


with using_attributes(
    session_id="session-1755",
    user_id="user-ines",
    metadata={"tenant": "home"},
    tags=["test"],
    prompt_template="Answer about {topic}",
    prompt_template_version="v7",
    prompt_template_variables={"topic": "Portugal"},
):
    plan_trip("Where shall we go?")
    conversation.ask_in_vain(client)
provider.force_flush()
provider.shutdown()
