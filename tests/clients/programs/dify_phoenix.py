"""What Dify's Phoenix provider does with OpenTelemetry's SDK: the connection test, then one request for each span.

No Dify runs here. HOST is the address in the app's settings, `http://host:port`. The message of a chat app with a workflow
behind it tells its model call twice: as the message's and as the node's.
"""

import json
import os
import time

import conversation
from openai import InternalServerError, OpenAI
from opentelemetry import trace as api
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Status, StatusCode

HOST = os.environ["HOST"]
openai = conversation.openai_client(OpenAI)


def tracer():
    exporter = OTLPSpanExporter(
        endpoint=f"{HOST}/v1/traces", headers={"api_key": "not-a-key", "authorization": "Bearer not-a-key"}, timeout=30
    )
    about = {"openinference.project.name": "trip", "model_id": "trip", "service.name": os.environ["SERVICE"]}
    provider = TracerProvider(resource=Resource(attributes=about))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("arize_phoenix_tracer_trip")


tracer = tracer()
# Its connection test.
tracer.start_span("api_check", attributes={"test": "true"}).end()


def start(name, kind, parent=None, given=None, **more):
    attributes = {"openinference.span.kind": kind, "session.id": "session-1755", **more}
    if given is not None:
        attributes["input.value"] = json.dumps(given)
    return tracer.start_span(name, attributes=attributes, context=api.set_span_in_context(parent) if parent else None)


def asked(question):
    return [{"role": "system", "content": conversation.SYSTEM}, {"role": "user", "content": question}]


def ask(model, question):
    messages = asked(question)
    return messages, openai.chat.completions.create(model=model, messages=messages)


def described(model, messages, answer=None):
    told = {"llm.provider": "langgenius/openai/openai", "llm.model_name": model}
    for at, message in enumerate(messages):
        told |= {f"llm.input_messages.{at}.message.{key}": message[key] for key in ("role", "content")}
    if answer:
        text, usage = answer.choices[0].message.content, answer.usage
        told |= {
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": text,
            "output.value": json.dumps({"text": text}),
            "llm.token_count.prompt": usage.prompt_tokens,
            "llm.token_count.completion": usage.completion_tokens,
            "llm.token_count.total": usage.total_tokens,
        }
    return told


def chatflow():
    about = json.dumps({"app_id": "trip-app", "conversation_id": "session-1755", "workflow_run_id": "run-1"})
    root = start("Dify", "CHAIN", metadata=about)
    message = start("message", "CHAIN", root, conversation.QUESTION, metadata=about)
    workflow = start("workflow_run-1", "CHAIN", root, {"city": "Porto"}, metadata=about)
    found = start("Look up", "RETRIEVER", workflow, {"query": conversation.QUESTION}, **{"dify.node.execution_id": "x1"})
    found.set_attribute("retrieval.documents.0.document.content", conversation.EMBEDDED)
    found.end()
    ran = {"tool.name": "get_weather", "tool.parameters": json.dumps({"city": "Porto"}), "dify.node.execution_id": "x2"}
    tool = start("Get weather", "TOOL", workflow, **ran)
    tool.set_attribute("output.value", json.dumps(conversation.weather_of("Porto")))
    tool.end()
    begun = time.time_ns()
    messages, answer = ask("gpt-5-mini", conversation.QUESTION)
    told = described("gpt-5-mini", messages, answer)
    node = start("Answer", "LLM", workflow, **{"dify.node.execution_id": "x3", **told})
    node.end()
    whole = tracer.start_span(
        "llm", attributes={"openinference.span.kind": "LLM", "session.id": "session-1755", **told},
        context=api.set_span_in_context(message), start_time=begun,
    )  # fmt: skip
    whole.end()
    for span in (workflow, message, root):
        span.end()


def failure():
    root = start("Dify", "CHAIN")
    workflow = start("workflow_run-2", "CHAIN", root)
    told = described("gpt-4o-mini", asked(conversation.DOOMED))
    node = start("Answer", "LLM", workflow, **{"dify.node.execution_id": "x4", **told})
    try:
        ask("gpt-4o-mini", conversation.DOOMED)
    except InternalServerError as error:
        node.record_exception(error)
        node.set_status(Status(StatusCode.ERROR, str(error)))
    else:
        raise SystemExit("the provider answered a question it was told to refuse")
    for span in (node, workflow, root):
        span.end()


def sampled_tenth():
    """Dify's own export (ENABLE_OTEL) decides like this unless it is told otherwise."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    resource = Resource(attributes={"service.name": f"langgenius/dify-{os.environ['SERVICE']}"})
    provider = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(0.1))
    exporter = OTLPSpanExporter(endpoint=f"{HOST}/v1/traces")
    # Of one request the appliance looks at two traces, so here a few make a request, as over an hour.
    provider.add_span_processor(BatchSpanProcessor(exporter, max_export_batch_size=4))
    requests = provider.get_tracer("opentelemetry.instrumentation.flask")
    for number in range(400):
        with requests.start_as_current_span("POST /console/api/apps", attributes={"dify.app_id": "trip-app", "n": number}):
            pass
    provider.shutdown()


chatflow()
failure()
sampled_tenth()
