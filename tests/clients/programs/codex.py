"""Codex against the fake provider's responses wire: a question, one with a tool, and one that fails.

CLIENT is the folder it is installed in, APPLIANCE `host:port` of OTLP over HTTP. Codex takes the settings of telemetry from
its file alone, each signal's address written out.
"""

import os
import subprocess
import sys
from pathlib import Path

HOME, CLIENT = Path(os.environ["HOME"]), Path(os.environ["CLIENT"])
PROGRAM = next(CLIENT.glob("node_modules/@openai/codex-linux-*/vendor/*/bin/codex"), None) or next(
    CLIENT.glob("node_modules/@openai/codex-linux-*/vendor/*/codex/codex")
)
SECONDS = 300
CONFIG = """
model = "gpt-5-codex"
model_provider = "fake"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.fake]
name = "fake"
base_url = "http://{provider}/v1"
env_key = "PROVIDER_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[otel]
environment = "test"
log_user_prompt = true
exporter = {{ otlp-http = {{ endpoint = "http://{appliance}/v1/logs", protocol = "binary" }} }}
trace_exporter = {{ otlp-http = {{ endpoint = "http://{appliance}/v1/traces", protocol = "binary" }} }}
metrics_exporter = {{ otlp-http = {{ endpoint = "http://{appliance}/v1/metrics", protocol = "binary" }} }}
"""
SETTINGS = {
    "PATH": "/usr/bin:/bin",
    "HOME": str(HOME),
    "LANG": "C.UTF-8",
    "CODEX_HOME": str(HOME / "codex"),
    "PROVIDER_KEY": "sk-not-a-key",
    **({"OTEL_RESOURCE_ATTRIBUTES": os.environ["RESOURCE"]} if "RESOURCE" in os.environ else {}),
}


def ask(question):
    work = HOME / "work"
    work.mkdir(exist_ok=True)
    command = [PROGRAM, "exec", "--skip-git-repo-check", question]
    return subprocess.run(command, cwd=work, env=SETTINGS, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)


def expect(done, words):
    if done.returncode or words not in done.stdout:
        sys.exit(f"no {words!r}, exit code {done.returncode}:\n{done.stdout}\n{done.stderr[-3000:]}")


(HOME / "codex").mkdir()
addresses = {"provider": os.environ["FAKE_PROVIDER"], "appliance": os.environ["APPLIANCE"]}
(HOME / "codex/config.toml").write_text(CONFIG.format(**addresses))
expect(ask("What is the capital of Portugal?"), "Seven")
expect(ask("Please print the marker"), "porto-marker")
if not ask("This question gets no answer but 400.").returncode:
    sys.exit("the doomed question was answered")
