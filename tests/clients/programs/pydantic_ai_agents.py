"""pydantic-ai, which has instrumentation of its own, with OpenTelemetry's exporters over HTTP."""

import asyncio

import conversation
from openai import AsyncOpenAI
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

traces = TracerProvider()
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(traces)
measures = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
metrics.set_meter_provider(measures)
Agent.instrument_all()

provider = OpenAIProvider(openai_client=conversation.openai_client(AsyncOpenAI))
plain = Agent(OpenAIChatModel("gpt-5-mini", provider=provider), name="capital_agent", system_prompt=conversation.SYSTEM)
streamed = Agent(OpenAIChatModel("gpt-4o", provider=provider), name="countdown_agent")
weather = Agent(OpenAIChatModel("o4-mini", provider=provider), name="weather_agent")
doomed = Agent(OpenAIChatModel("gpt-4o-mini", provider=provider), name="doomed_agent")


@weather.tool_plain
def get_weather(city: str) -> dict:
    """The weather in a city right now"""
    return conversation.weather_of(city)


async def main():
    attributes = {"session.id": "session-1755", "user.id": "user-ines"}
    with trace.get_tracer("trip_planner").start_as_current_span("POST /plan", attributes=attributes):
        await plain.run(conversation.QUESTION)
        async with streamed.run_stream(conversation.COUNTDOWN) as answer:
            async for _ in answer.stream_text():
                pass
        await weather.run(conversation.WEATHER)
    try:
        await doomed.run(conversation.DOOMED)
    except Exception:
        return
    raise SystemExit("the provider answered a question it was told to refuse")


asyncio.run(main())
for signal in (traces, measures):
    signal.force_flush()
    signal.shutdown()
