"""Sends one trace by OTLP/HTTP, and asks the API for it.

    trace.py send ADDRESS TRACE_ID      exits 0 when the trace was acknowledged
    trace.py shown ADDRESS TRACE_ID     exits 0 when list and trace page show it, waiting up to 30 s

With the key in TRACEMETER_KEY and the token in TRACEMETER_TOKEN, where there are any.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

# Never through a proxy of the environment: the container is next door.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
MODEL = "gpt-4o-mini"


def bearer(name):
    return {"Authorization": f"Bearer {os.environ[name]}"} if os.environ.get(name) else {}


def send(address, trace_id):
    now = time.time_ns()
    attributes = {
        "gen_ai.operation.name": {"stringValue": "chat"},
        "gen_ai.provider.name": {"stringValue": "openai"},
        "gen_ai.request.model": {"stringValue": MODEL},
        "gen_ai.response.model": {"stringValue": MODEL},
        "gen_ai.usage.input_tokens": {"intValue": "1200"},
        "gen_ai.usage.output_tokens": {"intValue": "34"},
    }
    span = {
        "traceId": trace_id,
        "spanId": trace_id[:16],
        "name": f"chat {MODEL}",
        "kind": 3,
        "startTimeUnixNano": str(now - 1_500_000_000),
        "endTimeUnixNano": str(now),
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
    }
    service = {"key": "service.name", "value": {"stringValue": "ansible-test"}}
    scoped = [{"scope": {"name": "tests/ansible"}, "spans": [span]}]
    body = json.dumps({"resourceSpans": [{"resource": {"attributes": [service]}, "scopeSpans": scoped}]})
    request = urllib.request.Request(
        f"http://{address}:4318/v1/traces", body.encode(), {"Content-Type": "application/json"} | bearer("TRACEMETER_KEY")
    )
    with OPENER.open(request, timeout=10) as answer:
        refused = json.load(answer).get("partialSuccess", {})
    if any(refused.values()):
        sys.exit(f"not everything was taken: {refused}")


def ask(address, path):
    request = urllib.request.Request(f"http://{address}:4319{path}", headers=bearer("TRACEMETER_TOKEN"))
    with OPENER.open(request, timeout=10) as answer:
        return json.load(answer)


def fault(address, trace_id):
    """What is not yet as it should be, or None."""
    try:
        items = ask(address, "/api/v1/traces")["items"]
        trace = ask(address, f"/api/v1/traces/{trace_id}")
    except (OSError, urllib.error.HTTPError) as error:
        return str(error)
    listed = [item for item in items if item["trace_id"] == trace_id]
    if [(item["service"], item["span_count"], item["models"]) for item in listed] != [("ansible-test", 1, [MODEL])]:
        return f"the list shows {listed}"
    usage = [(span["call"] or {}).get("usage", {}) for span in trace["spans"]]
    if [(call.get("input"), call.get("output")) for call in usage] != [(1200, 34)]:
        return f"the trace shows the usage {usage}"
    return None


def shown(address, trace_id):
    deadline = time.monotonic() + 30
    while (wrong := fault(address, trace_id)) and time.monotonic() < deadline:
        time.sleep(0.2)
    if wrong:
        sys.exit(wrong)


if __name__ == "__main__":
    {"send": send, "shown": shown}[sys.argv[1]](*sys.argv[2:])
