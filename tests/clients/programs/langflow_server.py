"""A LangFlow server, headless, with its tracers armed by environment variables alone, and two of its own starter flows.

CLIENT is its virtual environment; APPLIANCE `host:port` of OTLP over HTTP; TRACERS the names of what is armed; SERVICE the
name it goes by. The first
flow asks a model, the second an agent with a tool; then a question fails at the provider.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HOME, CLIENT = Path(os.environ["HOME"]), Path(os.environ["CLIENT"])
START_SECONDS, ANSWER_SECONDS, STOP_SECONDS = 600, 300, 120
FLOWS = next(CLIENT.glob("lib/python3*/site-packages/langflow/initial_setup/starter_projects"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment():
    provider, appliance = f"http://{os.environ['FAKE_PROVIDER']}/v1", f"http://{os.environ['APPLIANCE']}"
    tracers = {
        "traceloop": {"TRACELOOP_API_KEY": "not-a-key", "TRACELOOP_BASE_URL": appliance, "TRACELOOP_TELEMETRY": "false"},
        "phoenix": {"PHOENIX_COLLECTOR_ENDPOINT": appliance},
        "langfuse": {"LANGFUSE_SECRET_KEY": "sk-lf-x", "LANGFUSE_PUBLIC_KEY": "pk-lf-x", "LANGFUSE_BASE_URL": appliance},
    }
    armed = {name: value for tracer in os.environ["TRACERS"].split(",") for name, value in tracers[tracer].items()}
    return {
        "PATH": f"{CLIENT}/bin:/usr/bin:/bin",
        "HOME": str(HOME),
        "LANG": "C.UTF-8",
        "LANGFLOW_CONFIG_DIR": str(HOME / "langflow"),
        "LANGFLOW_SAVE_DB_IN_CONFIG_DIR": "true",
        "LANGFLOW_AUTO_LOGIN": "true",
        "LANGFLOW_SKIP_AUTH_AUTO_LOGIN": "true",
        "LANGFLOW_LOG_LEVEL": "warning",
        "OTEL_SERVICE_NAME": os.environ["SERVICE"],
        # It would contact its makers.
        "DO_NOT_TRACK": "true",
        "LANGFLOW_DO_NOT_TRACK": "true",
        "LANGFLOW_STORE": "false",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        # The provider is on loopback, which LangFlow refuses to contact otherwise.
        "LANGFLOW_SSRF_PROTECTION_ENABLED": "false",
        "OPENAI_API_KEY": "sk-not-a-key",
        # Not OPENAI_BASE_URL: in a container LangFlow takes its loopback for the host's.
        "OPENAI_API_BASE": provider,
        **armed,
    }


class Server:
    def __init__(self):
        self.port, self.log = free_port(), HOME / "langflow.log"
        words = ["run", "--backend-only", "--host", "127.0.0.1", "--port", str(self.port), "--no-open-browser"]
        with open(self.log, "w") as output:
            # A group of its own: it starts workers.
            self.process = subprocess.Popen(
                [CLIENT / "bin/langflow", *words], env=environment(), cwd=HOME, stdout=output, stderr=output, start_new_session=True
            )
        self.headers = {"content-type": "application/json"}

    def ask(self, path, body=None):
        """Status and JSON answer; None as long as nobody listens."""
        data = None if body is None else json.dumps(body).encode()
        try:
            asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, self.headers)
            with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return None

    def wait(self):
        until = time.monotonic() + START_SECONDS
        while (self.ask("/health") or [0])[0] != 200:
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit(f"LangFlow does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.3)
        status, login = self.ask("/api/v1/auto_login")
        if status == 200:
            self.headers["authorization"] = f"Bearer {login['access_token']}"

    def add(self, file, name, model):
        """One of the flows that come with LangFlow, under a name of ours, with a model chosen; its id."""
        flow = json.loads((FLOWS / file).read_text())
        for node in flow["data"]["nodes"]:
            fields = node["data"].get("node", {}).get("template", {})
            if "model" in fields and "api_key" in fields:
                fields["model"]["value"] = [{"name": model, "provider": "OpenAI", "metadata": {}}]
                fields["api_key"].update(value="sk-not-a-key", load_from_db=False)
        status, made = self.ask("/api/v1/flows/", {"name": name, "data": flow["data"]})
        if status != 201:
            sys.exit(f"the flow {name} is not taken: {status} {made}")
        return made["id"]

    def run(self, flow, question):
        asked = {"input_value": question, "input_type": "chat", "output_type": "chat", "session_id": "session-1755"}
        return self.ask(f"/api/v1/run/{flow}?stream=false", asked)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            sys.exit(f"LangFlow did not end in {STOP_SECONDS} s:\n{self.log.read_text()[-3000:]}")


def main():
    server = Server()
    try:
        server.wait()
        prompting = server.add("Basic Prompting.json", "Plan a trip", "gpt-5-mini")
        agent = server.add("Simple Agent.json", "Ask an agent", "o4-mini")
        for flow, question, words in (
            (prompting, "What is the capital of Portugal?", "Lisbon"),
            (agent, "What date is it today?", "windy"),
        ):
            status, answer = server.run(flow, question)
            if status != 200 or words not in json.dumps(answer):
                sys.exit(f"{question} {status} {json.dumps(answer)[:2000]}\n{server.log.read_text()[-4000:]}")
        status, answer = server.run(prompting, "This question gets no answer but 400.")
        if status == 200:
            sys.exit(f"the doomed question was answered: {json.dumps(answer)[:1000]}")
    finally:
        server.stop()


main()
