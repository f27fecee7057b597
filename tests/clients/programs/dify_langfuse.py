"""What Dify's Langfuse provider asks of the SDK it pins, call by call: the connection test, then one event in each request.

No Dify runs here. A workflow with nodes, a message of an agent app with moderation, retrieval and tool, and a workflow that
fails; what a model answered comes from the provider. Ids are UUIDs; a trace has the id of its message or workflow run.
"""

import os
import uuid
from datetime import datetime, timezone

import conversation
from langfuse import Langfuse
from langfuse.api import (
    CreateGenerationBody, CreateSpanBody, IngestionEvent_GenerationCreate, IngestionEvent_ScoreCreate,
    IngestionEvent_SpanCreate, IngestionEvent_TraceCreate, ScoreBody, TraceBody, Usage,
)  # fmt: skip
from openai import InternalServerError, OpenAI

client = Langfuse(
    public_key=os.environ["PUBLIC_KEY"], secret_key="sk-lf-not-a-key", host=os.environ["HOST"], tracing_enabled=False
)
# Its connection test; the link to the project takes the first id.
if not client.auth_check():
    raise SystemExit("auth_check() is not true")
if not client.api.projects.get().data[0].id:
    raise SystemExit("the project has no id")
openai = conversation.openai_client(OpenAI)
APP = {"app_id": "trip-app", "tenant_id": "home", "user_id": "user-ines", "triggered_from": "app-run", "invoke_from": "web-app"}
PROVIDER = {"model_provider": "langgenius/openai/openai"}


def now():
    return datetime.now(timezone.utc)


def send(kind, body):
    told = client.api.ingestion.batch(batch=[kind(id=str(uuid.uuid4()), timestamp=now().isoformat(), body=body)])
    if told.errors:
        raise SystemExit(f"refused: {told.errors}")


def trace(name, run, **more):
    about = {**APP, **more.pop("metadata")}
    body = TraceBody(id=run, name=name, user_id="user-ines", session_id="session-1755", metadata=about, timestamp=now(), **more)
    send(IngestionEvent_TraceCreate, body)


def span(run, name, metadata, given, answered):
    at = now()
    body = CreateSpanBody(
        id=str(uuid.uuid4()), trace_id=run, name=name, start_time=at, end_time=now(), input=given, output=answered,
        metadata=metadata, level="DEFAULT",
    )  # fmt: skip
    send(IngestionEvent_SpanCreate, body)


def generation(run, name, metadata, begun, model, messages, **more):
    told = [{"role": message["role"], "text": message["content"]} for message in messages]
    body = CreateGenerationBody(
        id=str(uuid.uuid4()), trace_id=run, name=name, start_time=begun, end_time=now(), model=model, input=told,
        metadata={**metadata, **PROVIDER}, **more,
    )  # fmt: skip
    send(IngestionEvent_GenerationCreate, body)


def asked(question):
    return [{"role": "system", "content": conversation.SYSTEM}, {"role": "user", "content": question}]


def ask(model, question, **more):
    messages = asked(question)
    return messages, now(), openai.chat.completions.create(model=model, messages=messages, **more)


def answered(answer):
    """The words and the usage as Dify tells them: neither cache nor reasoning apart."""
    told, text = answer.usage, answer.choices[0].message.content
    usage = Usage(input=told.prompt_tokens, output=told.completion_tokens, total=told.total_tokens, unit="TOKENS", total_cost=0.0)
    return {"output": {"text": text}, "usage": usage, "level": "DEFAULT"}


def workflow():
    run = str(uuid.uuid4())
    node = lambda kind: {"node_type": kind, "node_id": str(uuid.uuid4()), "workflow_run_id": run, **APP}
    span(run, "Start", node("start"), {"city": "Porto"}, {"city": "Porto"})
    found = {"result": [{"title": "Guide", "content": conversation.EMBEDDED, "metadata": {"score": 0.82, "position": 1}}]}
    span(run, "Look up", node("knowledge-retrieval"), {"query": conversation.QUESTION}, found)
    span(run, "Get weather", node("tool"), {"city": "Porto"}, conversation.weather_of("Porto"))
    messages, begun, answer = ask("gpt-5-mini", conversation.QUESTION)
    generation(run, "Answer", node("llm"), begun, "gpt-5-mini", messages, **answered(answer))
    span(run, "End", node("end"), {"text": "Lisbon"}, {"text": "Lisbon"})
    about = {"workflow_id": "trip-flow", "workflow_run_id": run, "conversation_id": "session-1755", "status": "succeeded"}
    trace("workflow", run, metadata=about, input={"city": "Porto"}, output={"text": "Lisbon"}, tags=["workflow"])


def message():
    run = str(uuid.uuid4())
    about = {"message_id": run, **APP}
    trace(
        "message", run, metadata={"message_id": run, "conversation_id": "session-1755", "status": "normal"},
        input=conversation.QUESTION, output="Lisbon", tags=["message", "chat"],
    )  # fmt: skip
    flagged = {"action": "direct_output", "flagged": False, "preset_response": "", "inputs": {"query": conversation.QUESTION}}
    span(run, "moderation", about, {"query": conversation.QUESTION}, flagged)
    document = {"title": "Guide", "content": conversation.EMBEDDED, "metadata": {"score": 0.82}}
    span(run, "dataset_retrieval", about, conversation.QUESTION, {"documents": [document]})
    tool = {"tool_name": "get_weather", "tool_config": {}, "time_cost": 0.1, "error": "", **about}
    span(run, "get_weather", tool, {"city": "Porto"}, '{"city": "Porto", "celsius": 19, "sky": "windy"}')
    messages, begun, answer = ask("gpt-4o", conversation.QUESTION)
    generation(run, "llm", about, begun, "gpt-4o", messages, **answered(answer))
    # Of suggestions it counts the characters.
    counted = Usage(input=33, output=16, total=49, unit="CHARACTERS")
    generation(run, "suggested_question", about, now(), "gpt-4o", messages, output='["And of Spain?"]', usage=counted)
    send(IngestionEvent_ScoreCreate, ScoreBody(trace_id=run, name="user_feedback", value=1, data_type="NUMERIC", comment="like"))


def failure():
    run = str(uuid.uuid4())
    try:
        ask("gpt-4o-mini", conversation.DOOMED)
    except InternalServerError as error:
        why = str(error)
    else:
        raise SystemExit("the provider answered a question it was told to refuse")
    node = {"node_type": "llm", "workflow_run_id": run, **APP}
    messages = asked(conversation.DOOMED)
    nothing = Usage(input=0, output=0, total=0, unit="TOKENS", total_cost=0.0)
    generation(run, "Answer", node, now(), "gpt-4o-mini", messages, usage=nothing, level="ERROR", status_message=why)
    about = {"workflow_id": "trip-flow", "workflow_run_id": run, "conversation_id": "session-1755", "status": "failed", "error": why}
    trace("workflow", run, metadata=about, input={"city": "Porto"})


workflow()
message()
failure()
