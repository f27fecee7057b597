"""A provider with fixed answers on loopback, in the wires of OpenAI, Anthropic, Gemini and Ollama.

Whatever it answers it also writes to a ledger, one JSON object per line. Tests take the ledger as the truth:
it says what a provider would bill, independent of what any SDK makes of it. Nothing here knows of telemetry.

    python3 -m provider.server LEDGER [PORT]      prints "listening on 127.0.0.1:<port>"
"""

import gzip
import itertools
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from provider import anthropic, gemini, ollama, openai
from provider.answers import ERROR_HEADER, ERROR_MESSAGE, ERROR_WORDS

# The first pattern that matches the path takes the request.
WIRES = [*openai.ROUTES, *anthropic.ROUTES, *gemini.ROUTES, *ollama.ROUTES]


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

    def body(self):
        """The request's body; JavaScript clients send it in chunks, some compress it."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
        return gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    def do_GET(self):
        """Lists of models, which programs ask for at their start, are empty; all else is at hand."""
        self.json(200, {"object": "list", "data": [], "models": []})

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self):
        try:
            request = json.loads(self.body() or b"{}")
        except ValueError as error:
            return self.json(400, {"error": {"message": f"not JSON: {error}"}})
        path = self.path.split("?")[0]
        for pattern, wire in WIRES:
            if found := pattern.search(path):
                return self.answer(wire, request, found)
        # Not written down: it is no call of a model.
        return self.json(404, {"error": {"message": f"the fake provider knows no {path}", "type": "not_found"}})

    def answer(self, wire, request, found):
        asked = wire.asked(request, found)
        if asked is None:
            return wire.aside(self, request)
        failing = ERROR_WORDS.search(asked["question"])
        status = self.headers.get(ERROR_HEADER) or (failing and (failing[1] or "500"))
        number = self.ledger.next_number()
        entry = {
            # Ids of answers are made of the mark: no two providers give the same one.
            "n": number, "mark": f"{self.server.server_port}n{number:04}", "path": self.path, "provider": wire.PROVIDER,
            "model": asked["model"], "streaming": asked["streaming"],
        }  # fmt: skip
        if status:
            failed = {"status": int(status), "kind": "error", "messages": asked["messages"], "error": ERROR_MESSAGE}
            self.ledger.write({**entry, **failed})
            return self.json(int(status), wire.error(int(status), ERROR_MESSAGE))
        return wire.answer(self, request, asked, entry)

    def begin_stream(self, kind="text/event-stream"):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def event(self, data, name=None):
        """One server-sent event; `data` that is no text becomes JSON."""
        data = data if isinstance(data, str) else json.dumps(data)
        self.chunk((f"event: {name}\n" if name else "") + f"data: {data}\n\n")

    def chunk(self, text):
        body = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        self.wfile.flush()

    def end_stream(self):
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def json(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that ends in the middle of an answer is no fault of the test; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def start(ledger_path, port=0):
    """Serves in a thread of this process; returns `host:port`."""
    handler = type("Handler", (Provider,), {"ledger": Ledger(ledger_path)})
    server = Quiet(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


if __name__ == "__main__":
    print("listening on", start(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0), flush=True)
    threading.Event().wait()
