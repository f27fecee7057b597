"""OpenLIT with the clients of OpenAI and Anthropic. APPLIANCE is `host:port` of OTLP over HTTP, SERVICE the name of the app."""

import os
from pathlib import Path

import conversation
import openlit

# It would fetch its list of prices.
prices = Path(os.environ["HOME"]) / "prices.json"
prices.write_text('{"chat": {}, "embeddings": {}}')
openlit.init(
    otlp_endpoint=f"http://{os.environ['APPLIANCE']}",
    application_name=os.environ["SERVICE"],
    environment="test",
    pricing_json=str(prices),
    disable_metrics=False,
)

from anthropic import Anthropic  # noqa: E402
from opentelemetry import _logs, metrics, trace  # noqa: E402

client = conversation.openai_client()
conversation.ask_plainly(client)
conversation.ask_streamed(client)
conversation.ask_with_tool(client, conversation.weather_of)
conversation.embed(client)
Anthropic(base_url=conversation.ANTHROPIC, api_key="sk-not-a-key", max_retries=0).messages.create(
    model="claude-sonnet-4-5", max_tokens=300, messages=[{"role": "user", "content": conversation.QUESTION}]
)
conversation.ask_in_vain(client)
for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
    provider.force_flush()
    provider.shutdown()
