"""LangChain with LangSmith's client: LANGSMITH_* and, in its OpenTelemetry mode, OTEL_EXPORTER_OTLP_ENDPOINT say all."""

import conversation
from langchain.agents import create_agent
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from opentelemetry import trace


def model(name, **more):
    return ChatOpenAI(model=name, base_url=conversation.OPENAI, api_key="sk-not-a-key", max_retries=0, **more)


@tool
def get_weather(city: str) -> dict:
    """The weather in a city right now"""
    return conversation.weather_of(city)


ABOUT = {"metadata": {"session_id": "session-1755", "user_id": "user-ines"}, "tags": ["test"]}
prompt = ChatPromptTemplate.from_messages([("system", conversation.SYSTEM), ("user", "What is the capital of {country}?")])
(prompt | model("gpt-5-mini")).invoke({"country": "Portugal"}, config=ABOUT)
for _ in model("gpt-4o", stream_usage=True).stream(conversation.COUNTDOWN, config=ABOUT):
    pass
agent = create_agent(model("o4-mini"), [get_weather], name="weather_agent")
agent.invoke({"messages": [{"role": "user", "content": conversation.WEATHER}]}, config=ABOUT)
try:
    model("gpt-4o-mini").invoke(conversation.DOOMED, config=ABOUT)
except Exception:
    pass
else:
    raise SystemExit("the provider answered a question it was told to refuse")
from langsmith import Client  # noqa: E402

Client().flush()
# Only in the OpenTelemetry mode is there a provider to flush.
if flush := getattr(trace.get_tracer_provider(), "force_flush", None):
    flush()
