"""A community n8n as a homelab runs it: workflows behind webhooks, native OTLP, and the three LangSmith variables.

CLIENT is the folder it is installed in, NODE the program to run it, APPLIANCE `host:port` of OTLP over HTTP, which is
also the LangSmith endpoint, API the address of the API. One workflow with a chain and an agent succeeds, the other fails at its model.
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

HERE, HOME = Path(__file__).parent, Path(os.environ["HOME"])
START_SECONDS, ANSWER_SECONDS, STOP_SECONDS = 300, 120, 60
# Calls that LangChain makes in both workflows.
CALLS = 4
WORKFLOWS = json.loads((HERE / "n8n_workflows.json").read_text())


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(port):
    appliance = f"http://{os.environ['APPLIANCE']}"
    return {
        "PATH": f"{Path(os.environ['NODE']).parent}:/usr/bin:/bin",
        "HOME": str(HOME),
        "LANG": "C.UTF-8",
        "N8N_USER_FOLDER": str(HOME),
        "N8N_PORT": str(port),
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_HOST": "127.0.0.1",
        "N8N_RUNNERS_BROKER_PORT": str(free_port()),
        "N8N_ENCRYPTION_KEY": "not-a-secret-at-all",
        "N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS": "false",
        "DB_SQLITE_POOL_SIZE": "2",
        # It would contact its makers.
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_PERSONALIZATION_ENABLED": "false",
        "N8N_HIRING_BANNER_ENABLED": "false",
        # What a user has to set.
        "N8N_OTEL_ENABLED": "true",
        "N8N_OTEL_EXPORTER_OTLP_ENDPOINT": appliance,
        "N8N_OTEL_TRACES_PRODUCTION_ONLY": "false",
        "N8N_OTEL_EXPORTER_SERVICE_NAME": os.environ["SERVICE"],
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_ENDPOINT": appliance,
        "LANGSMITH_API_KEY": "not-a-key",
        "LANGSMITH_PROJECT": os.environ["SERVICE"],
    }


def command(*words):
    return [os.environ["NODE"], f"{os.environ['CLIENT']}/node_modules/n8n/bin/n8n", *words]


def load(settings):
    """Puts workflows and credentials into the data base, as `n8n import` does from a backup."""
    provider = os.environ["FAKE_PROVIDER"]
    credential = {"apiKey": "sk-not-a-key", "url": f"http://{provider}/v1"}
    files = {
        "credentials": [{"id": "tripCredential01", "name": "The provider", "type": "openAiApi", "data": credential}],
        "workflow": json.loads(json.dumps(WORKFLOWS).replace("PROVIDER", provider)),
    }
    for kind, content in files.items():
        file = HOME / f"{kind}.json"
        file.write_text(json.dumps(content))
        run(settings, f"import:{kind}", f"--input={file}")
    for workflow in WORKFLOWS:
        run(settings, "publish:workflow", f"--id={workflow['id']}")


def run(settings, *words):
    done = subprocess.run(
        command(*words), env=settings, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=START_SECONDS
    )
    if done.returncode:
        sys.exit(f"n8n {words[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}")


def post(address, path):
    """The webhook's status and answer; 404 as long as n8n has not taken the workflow up."""
    asked = urllib.request.Request(f"http://{address}/webhook/{path}", b'{"from": "Lisbon"}', {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def call(address, path, log):
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            status, answer = post(address, path)
        except OSError:
            status, answer = 404, "no connection"
        if status != 404:
            return status, answer
        if time.monotonic() > until:
            sys.exit(f"n8n answered {answer} at /webhook/{path}; its log:\n{log.read_text()[-3000:]}")
        time.sleep(0.2)


def wait_for_runs():
    """LangSmith's client inside of n8n sends after a pause, and drops what it holds when n8n ends."""
    until = time.monotonic() + ANSWER_SECONDS
    while True:
        with urllib.request.urlopen(f"{os.environ['API']}/api/v1/calls?service={os.environ['SERVICE']}") as answer:
            items = json.load(answer)["items"]
        ended = [item for item in items if item["name"] == "ChatOpenAI" and item["status"] != "unset"]
        if len(ended) >= CALLS:
            return
        if time.monotonic() > until:
            sys.exit(f"of {CALLS} runs of models {len(ended)} arrived in {ANSWER_SECONDS} s")
        time.sleep(0.2)


def main():
    port = free_port()
    settings, log = environment(port), HOME / "n8n.log"
    load(settings)
    with open(log, "w") as output:
        server = subprocess.Popen(command("start"), env=settings, cwd=HOME, stdout=output, stderr=output)
    try:
        status, answer = call(f"127.0.0.1:{port}", "plan-trip", log)
        if status != 200 or "19 degrees" not in answer:
            sys.exit(f"plan-trip: {status} {answer}\n{log.read_text()[-3000:]}")
        status, answer = call(f"127.0.0.1:{port}", "fail-trip", log)
        if status != 500:
            sys.exit(f"fail-trip: {status} {answer}")
        wait_for_runs()
    finally:
        # It sends what it has when it is asked to end.
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            sys.exit(f"n8n did not end in {STOP_SECONDS} s:\n{log.read_text()[-3000:]}")


main()
