"""hec.py FOLDER: the receiving end of Splunk's HTTP Event Collector on port 8088, without Splunk behind it.

Events that come with the right token are appended to FOLDER/events.jsonl before they are answered.
"""

import gzip
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

EVENTS = Path(sys.argv[1]) / "events.jsonl"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.headers.get("Authorization") != "Splunk not-a-real-token":
            return self.answer(403, b'{"text":"Invalid token","code":4}')
        with EVENTS.open("ab") as file:
            file.write(body + b"\n")
        self.answer(200, b'{"text":"Success","code":0}')

    def do_GET(self):
        self.answer(200, b'{"text":"HEC is healthy","code":17}')

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8088), Handler).serve_forever()
