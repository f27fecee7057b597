"""An OpenAI-compatible server with fixed answers: chat (plain, streamed, with a tool), embeddings, errors on request.

Whatever it answers it also writes to a ledger, one JSON object per line. Tests take the ledger as the truth:
it says what a provider would bill, independent of what any SDK makes of it. Nothing here knows of telemetry.

    python3 fake_provider.py LEDGER [PORT]      prints "listening on 127.0.0.1:<port>"
"""

import base64
import itertools
import json
import re
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# A request with this header is answered by an error of that status.
ERROR_HEADER = "x-answer-status"
ERROR_MESSAGE = "The fake provider was asked to fail"

# What an alias stands for: providers answer with the dated name of the model.
DATED = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "o4-mini": "o4-mini-2025-04-16",
}

# Tokens as a provider reports them: prompt (cached ones included), cached, completion (reasoning included), reasoning.
# Every figure differs from every other, so that a mix-up of two buckets cannot go unseen.
TOKENS = {
    "plain": (1437, 1024, 311, 192),
    "stream": (1250, 896, 73, 0),
    "tool_request": (523, 256, 47, 24),
    "tool_answer": (641, 512, 89, 17),
    "embedding": (58, 0, 0, 0),
}
TEXT = {
    "plain": "The capital of Portugal is Lisbon.",
    "stream": "Seven, six, five, four.",
    "tool_answer": "In Porto it is 19 degrees and windy.",
}
TOOL_ARGUMENTS = {"city": "Porto"}
VECTOR = [0.25, -0.5, 0.75, 1.0]

# Pauses make spans of a visible length and a first token that comes after the start; nothing is tested against them.
BEFORE_ANSWER, BETWEEN_CHUNKS = 0.05, 0.01


def usage(kind):
    """The `usage` object of a chat answer."""
    prompt, cached, completion, reasoning = TOKENS[kind]
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0},
    }


def buckets(kind):
    """The same tokens, each in one bucket only."""
    prompt, cached, completion, reasoning = TOKENS[kind]
    return {"input": prompt - cached, "cache_read": cached, "output": completion - reasoning, "reasoning": reasoning}


def kind_of(request):
    """Which of the fixed answers a chat request gets."""
    if request.get("messages", [{}])[-1].get("role") == "tool":
        return "tool_answer"
    if request.get("tools"):
        return "tool_request"
    return "stream" if request.get("stream") else "plain"


class Ledger:
    """Numbers the answers and appends them to a file, so that a crash of the test leaves them readable."""

    def __init__(self, path):
        self.path, self.lock, self.numbers = path, threading.Lock(), itertools.count(1)
        open(path, "w").close()

    def next_number(self):
        with self.lock:
            return next(self.numbers)

    def write(self, entry):
        with self.lock, open(self.path, "a") as file:
            file.write(json.dumps(entry) + "\n")


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ledger = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        number = self.ledger.next_number()
        entry = {"n": number, "path": self.path, "model": request.get("model"), "streaming": bool(request.get("stream"))}
        if status := self.headers.get(ERROR_HEADER):
            self.fail(int(status), entry, request)
        elif self.path == "/v1/chat/completions":
            self.chat(request, entry)
        elif self.path == "/v1/embeddings":
            self.embeddings(request, entry)
        else:
            self.fail(404, entry, request)

    def fail(self, status, entry, request):
        self.ledger.write({**entry, "status": status, "kind": "error", "messages": request.get("messages"), "error": ERROR_MESSAGE})
        self.json(status, {"error": {"message": ERROR_MESSAGE, "type": "server_error", "code": "server_error", "param": None}})

    def chat(self, request, entry):
        kind, number = kind_of(request), entry["n"]
        model = DATED.get(request["model"], request["model"])
        head = {"id": f"chatcmpl-test{number:04}", "created": int(time.time()), "model": model, "service_tier": "default"}
        call = None
        if kind == "tool_request":
            name = request["tools"][0]["function"]["name"]
            call = {"id": f"call_test{number:04}", "name": name, "arguments": TOOL_ARGUMENTS}
        self.ledger.write({
            **entry, "status": 200, "kind": kind, "response_id": head["id"], "response_model": model, "usage": buckets(kind),
            "messages": request["messages"], "text": TEXT.get(kind), "tool_call": call,
            "finish_reason": "tool_calls" if call else "stop",
        })
        time.sleep(BEFORE_ANSWER)
        if request.get("stream"):
            include_usage = (request.get("stream_options") or {}).get("include_usage", False)
            return self.stream(head, TEXT[kind], usage(kind) if include_usage else None)
        message = {"role": "assistant", "content": TEXT.get(kind), "refusal": None}
        if call:
            function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
            message["tool_calls"] = [{"id": call["id"], "type": "function", "function": function}]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if call else "stop"}
        self.json(200, {**head, "object": "chat.completion", "choices": [choice], "usage": usage(kind)})

    def stream(self, head, text, tokens):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        head = {**head, "object": "chat.completion.chunk"}
        deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in re.findall(r"\S+\s*", text)), {}]
        for delta in deltas:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None if delta else "stop"}
            self.event(json.dumps({**head, "choices": [choice]}))
            time.sleep(BETWEEN_CHUNKS)
        if tokens:
            self.event(json.dumps({**head, "choices": [], "usage": tokens}))
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, data):
        body = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        self.wfile.flush()

    def embeddings(self, request, entry):
        texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
        in_base64 = request.get("encoding_format") == "base64"
        vector = base64.b64encode(struct.pack(f"<{len(VECTOR)}f", *VECTOR)).decode() if in_base64 else VECTOR
        self.ledger.write({
            **entry, "status": 200, "kind": "embedding", "response_model": request["model"], "usage": buckets("embedding"),
            "texts": texts,
        })
        prompt = TOKENS["embedding"][0]
        self.json(200, {
            "object": "list", "model": request["model"], "usage": {"prompt_tokens": prompt, "total_tokens": prompt},
            "data": [{"object": "embedding", "index": index, "embedding": vector} for index in range(len(texts))],
        })

    def json(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def start(ledger_path, port=0):
    """Serves in a thread of this process; returns `host:port`."""
    handler = type("Handler", (Provider,), {"ledger": Ledger(ledger_path)})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


if __name__ == "__main__":
    print("listening on", start(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0), flush=True)
    threading.Event().wait()
