"""OpenTelemetry's own OpenAI instrumentation over gRPC, with all three signals: a span, a log event and metrics per call.

OTEL_EXPORTER_OTLP_ENDPOINT says where to, OTEL_RESOURCE_ATTRIBUTES who is calling.
"""

import conversation
from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

traces = TracerProvider()
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(insecure=True)))
trace.set_tracer_provider(traces)
measures = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(insecure=True))])
metrics.set_meter_provider(measures)
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(insecure=True)))
_logs.set_logger_provider(logs)
OpenAIInstrumentor().instrument()

client = conversation.openai_client()
tracer = trace.get_tracer("trip_planner")
with tracer.start_as_current_span(
    "POST /plan", kind=trace.SpanKind.SERVER, attributes={"session.id": "session-1755", "user.id": "user-ines"}
):
    conversation.ask_plainly(client)
    conversation.ask_streamed(client)
    conversation.ask_with_tool(client, conversation.weather_of)
    conversation.embed(client)
conversation.ask_in_vain(client)
for signal in (traces, logs, measures):
    signal.force_flush()
    signal.shutdown()
