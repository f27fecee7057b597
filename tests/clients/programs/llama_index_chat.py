"""LlamaIndex with OpenInference's instrumentation and Phoenix' `register`: OTLP_ENDPOINT says where to."""

import os

import conversation
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
from openinference.instrumentation import using_attributes
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
from phoenix.otel import register

provider = register(
    project_name="household", endpoint=os.environ["OTLP_ENDPOINT"], protocol="http/protobuf", batch=True, auto_instrument=False, verbose=False
)
LlamaIndexInstrumentor().instrument(tracer_provider=provider)


def model(name):
    return OpenAILike(
        model=name, api_base=conversation.OPENAI, api_key="sk-not-a-key", is_chat_model=True, max_retries=0, context_window=128_000
    )


with using_attributes(session_id="session-1755", user_id="user-ines", tags=["test"]):
    system, question = ChatMessage(role="system", content=conversation.SYSTEM), ChatMessage(role="user", content=conversation.QUESTION)
    model("gpt-5-mini").chat([system, question])
    for _ in model("gpt-4o").stream_chat([ChatMessage(role="user", content=conversation.COUNTDOWN)], stream_options={"include_usage": True}):
        pass
    try:
        model("gpt-4o-mini").chat([ChatMessage(role="user", content=conversation.DOOMED)])
    except Exception:
        pass
    else:
        raise SystemExit("the provider answered a question it was told to refuse")
provider.force_flush()
provider.shutdown()
