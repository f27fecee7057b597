#!/usr/bin/python3
"""A release that is broken: every command but `serve` is that of the real program beside it; how `serve` fails is in FAULT.

    dead      ends at once
    sick      takes what is sent, but is never ready
    damaging  the same, after it has made the journal one that only a newer program can read
"""

import json
import os
import socket
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

FAULT = "@FAULT@"
REAL = "@REAL@"
DATA = "/var/lib/tracemeter/data"

if sys.argv[1:2] != ["serve"]:
    os.execv(REAL, [REAL, *sys.argv[1:]])
if FAULT == "dead":
    sys.exit("this release is broken")
if FAULT == "damaging":
    for name in os.listdir(f"{DATA}/journal"):
        if name.endswith(".sqlite"):
            day = sqlite3.connect(f"{DATA}/journal/{name}")
            day.execute("PRAGMA user_version = 999")
            day.commit()
            day.close()


class Sick(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "the store is not open"}).encode()
        self.send_response(503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = HTTPServer(("0.0.0.0", 4319), Sick)
notice = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notice.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))
server.serve_forever()
