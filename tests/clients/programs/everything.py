"""Sends spans, log records and metrics with all that the SDK can put into them, to DIRECT and to APPLIANCE alike: each
batch is handed to two exporters, so both get the same.
"""

import os

from loopback_only import allow_only_loopback

allow_only_loopback()

from opentelemetry import trace  # noqa: E402
from opentelemetry._logs import LogRecord, SeverityNumber  # noqa: E402
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter  # noqa: E402
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter  # noqa: E402
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: E402
from opentelemetry.sdk._logs import LoggerProvider  # noqa: E402
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: E402
from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader  # noqa: E402
from opentelemetry.sdk.resources import Resource  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: E402
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState  # noqa: E402

PLACES = [os.environ["DIRECT"], os.environ["APPLIANCE"]]
RESOURCE = Resource.create({"service.name": "everything", "host.name": "büro", "numbers": [1, 2, 3], "ratio": 0.5, "on": True})
VALUES = {"text": "ünï ✓", "empty": "", "int": -(2**62), "double": 1e-300, "flag": False, "texts": ["a", ""], "doubles": [0.5]}


def both(exporter, base=object):
    """An exporter that hands everything to one exporter per place."""

    class Both(base):
        def __init__(self):
            if base is not object:
                super().__init__()
            self.exporters = [exporter(endpoint=f"http://{place}", insecure=True) for place in PLACES]

        def export(self, batch, *arguments, **named):
            return [one.export(batch, *arguments, **named) for one in self.exporters][-1]

        def force_flush(self, timeout_millis=30_000):
            return all(one.force_flush(timeout_millis) for one in self.exporters)

        def shutdown(self, *_, **__):
            for one in self.exporters:
                one.shutdown()

    return Both()


def send_spans():
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(both(OTLPSpanExporter)))
    tracer = provider.get_tracer("everything", "1.2.3", schema_url="https://example.org/schema")
    elsewhere = SpanContext(
        2**127 + 5, 2**63 + 7, is_remote=True, trace_flags=TraceFlags(1), trace_state=TraceState([("vendor", "abc")])
    )
    parent = trace.set_span_in_context(trace.NonRecordingSpan(elsewhere))
    with tracer.start_as_current_span("root", context=parent, kind=SpanKind.SERVER, attributes=VALUES) as root:
        root.add_event("something happened", {"where": "here", "times": 3})
        for number in range(300):
            link = Link(elsewhere, {"why": "because"})
            with tracer.start_as_current_span(f"step {number}", kind=SpanKind.CLIENT, links=[link]) as span:
                span.set_attribute("prompt", "So long a text that requests become large. " * 40)
                if number % 7 == 0:
                    span.set_status(Status(StatusCode.ERROR, "did not work"))
                    span.record_exception(ValueError("wrong"))
    provider.shutdown()


def send_logs():
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(BatchLogRecordProcessor(both(OTLPLogExporter)))
    logger = provider.get_logger("everything", "1.2.3")
    for number, body in enumerate(["text", {"nested": {"list": [1, "two", None, 3.5]}}, 7, ["a", "b"]]):
        record = LogRecord(
            timestamp=1_795_176_000_000_000_000 + number,
            observed_timestamp=1_795_176_000_000_000_100 + number,
            severity_text="WARN",
            severity_number=SeverityNumber.WARN2,
            body=body,
            attributes=VALUES,
            event_name="something",
        )
        logger.emit(record)
    provider.shutdown()


def send_metrics():
    reader = PeriodicExportingMetricReader(both(OTLPMetricExporter, MetricExporter), export_interval_millis=3_600_000)
    provider = MeterProvider(resource=RESOURCE, metric_readers=[reader])
    meter = provider.get_meter("everything", "1.2.3")
    meter.create_counter("requests", "1", "Requests").add(5, {"route": "/ä"})
    meter.create_up_down_counter("depth").add(-3)
    histogram = meter.create_histogram("latency", "ms")
    for value in (0.1, 7, 99, 12_345.6):
        histogram.record(value, {"route": "/"})
    meter.create_gauge("temperature").set(36.6)
    provider.shutdown()


send_spans()
send_logs()
send_metrics()
