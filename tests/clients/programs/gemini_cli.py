"""Gemini CLI against the fake provider: a question, one with a tool, and one that fails.

CLIENT is the folder it is installed in, NODE the program to run it, APPLIANCE `host:port`, PROTOCOL grpc or http.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ["HOME"])
PROGRAM = next(Path(os.environ["CLIENT"]).glob("node_modules/@google/gemini-cli/bundle/gemini.js"))
SECONDS = 300
SETTINGS = {
    "PATH": f"{Path(os.environ['NODE']).parent}:/usr/bin:/bin",
    "HOME": str(HOME),
    "LANG": "C.UTF-8",
    "GOOGLE_GEMINI_BASE_URL": f"http://{os.environ['FAKE_PROVIDER']}",
    "GEMINI_API_KEY": "not-a-key",
    "GEMINI_CLI_TRUST_WORKSPACE": "true",
    "GEMINI_TELEMETRY_ENABLED": "true",
    "GEMINI_TELEMETRY_TARGET": "local",
    "GEMINI_TELEMETRY_TRACES_ENABLED": "true",
    "GEMINI_TELEMETRY_OTLP_ENDPOINT": f"http://{os.environ['APPLIANCE']}",
    "GEMINI_TELEMETRY_OTLP_PROTOCOL": os.environ["PROTOCOL"],
    "OTEL_RESOURCE_ATTRIBUTES": os.environ["RESOURCE"],
}
FILE = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    # It would contact its makers.
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
}


def ask(question):
    work = HOME / "work"
    work.mkdir(exist_ok=True)
    command = [os.environ["NODE"], PROGRAM, "--yolo", "--model", "gemini-2.5-flash", "--prompt", question]
    return subprocess.run(command, cwd=work, env=SETTINGS, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)


def expect(done, words):
    if done.returncode or words not in done.stdout:
        sys.exit(f"no {words!r}, exit code {done.returncode}:\n{done.stdout}\n{done.stderr[-3000:]}")


(HOME / ".gemini").mkdir()
(HOME / ".gemini/settings.json").write_text(json.dumps(FILE))
expect(ask("What is the capital of Portugal?"), "Seven")
expect(ask("Please print the marker"), "porto-marker")
if not ask("This question gets no answer but 400.").returncode:
    sys.exit("the doomed question was answered")
