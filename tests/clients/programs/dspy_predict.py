"""DSPy with OpenInference's instrumentation and Phoenix' `register`: OTLP_ENDPOINT says where to."""

import os

import conversation
import dspy
from openinference.instrumentation import using_attributes
from openinference.instrumentation.dspy import DSPyInstrumentor
from phoenix.otel import register

provider = register(
    project_name="household", endpoint=os.environ["OTLP_ENDPOINT"], protocol="http/protobuf", batch=True, auto_instrument=False, verbose=False
)
DSPyInstrumentor().instrument(tracer_provider=provider)


def model(name):
    return dspy.LM(f"openai/{name}", api_base=conversation.OPENAI, api_key="sk-not-a-key", cache=False, num_retries=0)


with using_attributes(session_id="session-1755", user_id="user-ines", tags=["test"]):
    model("gpt-4o")(conversation.QUESTION)
    try:
        model("gpt-4o-mini")(conversation.DOOMED)
    except Exception:
        pass
    else:
        raise SystemExit("the provider answered a question it was told to refuse")
provider.force_flush()
provider.shutdown()
