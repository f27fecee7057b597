#!/usr/bin/env python3
"""api.py PORT CERTIFICATE KEY TOKEN: the part of Proxmox VE's API that community.proxmox asks, on 127.0.0.1 by TLS.

Tasks run one after the other and really make, start and stop containers (`node.py`). Without the token everything is
answered 401; parameters that Proxmox does not know are refused.
"""

import json
import os
import re
import ssl
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import node  # noqa: E402

TASKS, ONE_AT_A_TIME = {}, threading.Lock()


def task(kind, vmid, work):
    """Begins `work` and gives the name under which its end can be asked for."""
    name = f"UPID:{node.NODE}:{len(TASKS) + 1:08X}:00000000:00000000:{kind}:{vmid}:ansible@pve:"
    state = TASKS[name] = {"upid": name, "node": node.NODE, "status": "running", "type": kind, "id": str(vmid)}

    def go():
        try:
            with ONE_AT_A_TIME:
                work()
            state["exitstatus"] = "OK"
        except Exception as error:  # noqa: BLE001 - it is the task's answer, whatever it was
            state["exitstatus"] = str(error).strip() or repr(error)
        state["status"] = "stopped"

    threading.Thread(target=go, daemon=True).start()
    return name


def create(parameters):
    node.may_create(parameters)
    return task("vzcreate", parameters["vmid"], lambda: node.create(parameters))


def contents(_, storage):
    return [{"volid": f"{storage}:vztmpl/{file.name}", "content": "vztmpl"} for file in node.TEMPLATES.iterdir()]


LXC = rf"/nodes/{node.NODE}/lxc"
TASK = rf"/nodes/{node.NODE}/tasks/([^/]+)"
ROUTES = [
    ("GET", "/version", lambda _: {"version": "9.1.4", "release": "9.1", "repoid": "test"}),
    ("GET", "/nodes", lambda _: [{"node": node.NODE, "status": "online", "type": "node"}]),
    ("GET", "/cluster/resources", lambda _: node.resources()),
    ("GET", rf"/nodes/{node.NODE}/storage/([\w-]+)/content", contents),
    ("GET", LXC, lambda _: node.resources()),
    ("POST", LXC, create),
    ("GET", LXC + r"/(\d+)/config", lambda _, vmid: node.load(vmid)),
    ("PUT", LXC + r"/(\d+)/config", lambda given, vmid: node.update(vmid, given)),
    ("GET", LXC + r"/(\d+)/status/current", lambda _, vmid: {"vmid": int(vmid), "status": node.status(vmid)}),
    ("POST", LXC + r"/(\d+)/status/start", lambda _, vmid: task("vzstart", vmid, lambda: node.start(vmid))),
    ("POST", LXC + r"/(\d+)/status/shutdown", lambda _, vmid: task("vzshutdown", vmid, lambda: node.stop(vmid, 60))),
    ("GET", TASK + "/status", lambda _, name: TASKS[urllib.parse.unquote(name)]),
    ("GET", TASK + "/log", lambda _, name: [{"n": 1, "t": TASKS[urllib.parse.unquote(name)].get("exitstatus", "")}]),
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    token = ""

    def log_message(self, *_):
        pass

    def answer(self, status, data=None, message="OK", errors=None):
        body = {"data": data} | ({"message": message, "errors": errors or {}} if status >= 400 else {})
        text = json.dumps(body).encode()
        self.send_response(status, message.splitlines()[0])
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def parameters(self, query):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        given = dict(urllib.parse.parse_qsl(query))
        if "json" in self.headers.get("Content-Type", ""):
            return given | json.loads(body or "{}")
        for key, value in urllib.parse.parse_qsl(body, keep_blank_values=True):
            # A list comes as one key several times.
            given[key] = f"{given[key]}\0{value}" if key in given else value
        return given

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        given, path = self.parameters(url.query), url.path.removeprefix("/api2/json")
        if self.headers.get("Authorization") != f"PVEAPIToken={self.token}":
            return self.answer(401, message="authentication failure")
        for method, pattern, work in ROUTES:
            if method == self.command and (found := re.fullmatch(pattern, path)):
                try:
                    return self.answer(200, work(given, *found.groups()))
                except node.Refused as error:
                    return self.answer(error.status, message=str(error), errors=error.errors)
        return self.answer(501, message=f"Method '{self.command} {path}' not implemented")

    do_GET = do_POST = do_PUT = do_DELETE = handle_request


def main(port, certificate, key, token):
    Handler.token = token
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main(*sys.argv[1:])
