"""Claude Code against the fake provider: a question, one with a tool, and one that fails. CLIENT is its virtual environment.

The settings of telemetry are those of its documentation; APPLIANCE is the address, PROTOCOL the protocol of OTLP.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ["HOME"])
PROGRAM = next(Path(os.environ["CLIENT"]).glob("lib/python3*/site-packages/claude_agent_sdk/_bundled/claude"))
SECONDS = 300
SETTINGS = {
    "PATH": "/usr/bin:/bin",
    "HOME": str(HOME),
    "LANG": "C.UTF-8",
    "ANTHROPIC_BASE_URL": f"http://{os.environ['FAKE_PROVIDER']}",
    "ANTHROPIC_API_KEY": "sk-not-a-key",
    "CLAUDE_CODE_MAX_RETRIES": "0",
    # It would contact its makers.
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": os.environ["PROTOCOL"],
    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{os.environ['APPLIANCE']}",
    "OTEL_METRIC_EXPORT_INTERVAL": "1000",
    "OTEL_LOGS_EXPORT_INTERVAL": "500",
    "OTEL_TRACES_EXPORT_INTERVAL": "500",
    "OTEL_LOG_USER_PROMPTS": "1",
    "OTEL_LOG_TOOL_DETAILS": "1",
    "OTEL_LOG_TOOL_CONTENT": "1",
    "OTEL_LOG_ASSISTANT_RESPONSES": "1",
    "OTEL_RESOURCE_ATTRIBUTES": os.environ["RESOURCE"],
}


def ask(question, *words):
    command = [PROGRAM, "-p", question, "--model", "claude-sonnet-4-5", "--output-format", "json", *words]
    work = HOME / "work"
    work.mkdir(exist_ok=True)
    done = subprocess.run(command, cwd=work, env=SETTINGS, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    try:
        return json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{question}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")


def expect(answer, words):
    if words not in answer["result"]:
        sys.exit(f"no {words!r} in {answer}")


expect(ask("What is the capital of Portugal?"), "Seven")
expect(ask("Please print the marker", "--allowedTools", "Bash(echo:*)"), "porto-marker")
if not ask("This question gets no answer but 429.")["is_error"]:
    sys.exit("the doomed question was answered")
