"""A crew of CrewAI with OpenInference's instrumentations of it and of OpenAI: OTLP_ENDPOINT says where to."""

import os

import conversation
from crewai import LLM, Agent, Crew, Task
from openinference.instrumentation import using_attributes
from openinference.instrumentation.crewai import CrewAIInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor
from phoenix.otel import register

provider = register(
    project_name="household", endpoint=os.environ["OTLP_ENDPOINT"], protocol="http/protobuf", batch=True, auto_instrument=False, verbose=False
)
CrewAIInstrumentor().instrument(tracer_provider=provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)


def crew(name, question):
    model = LLM(model=f"openai/{name}", base_url=conversation.OPENAI, api_key="sk-not-a-key", max_retries=0)
    guide = Agent(role="Guide", goal="Answer questions of travellers", backstory="Knows Portugal", llm=model, max_retry_limit=0)
    task = Task(description=question, expected_output="One sentence", agent=guide)
    return Crew(agents=[guide], tasks=[task], name=f"crew_{name}")


with using_attributes(session_id="session-1755", user_id="user-ines", tags=["test"]):
    crew("gpt-4o", conversation.QUESTION).kickoff()
    try:
        crew("gpt-4o-mini", conversation.DOOMED).kickoff()
    except Exception:
        pass
    else:
        raise SystemExit("the provider answered a question it was told to refuse")
provider.force_flush()
provider.shutdown()
