"""A collector made of the official Python parts: grpcio with the services of opentelemetry-proto, and HTTP with its
messages. Writes every message as a line of JSON, with the door it came through, and knows nothing of tracemeter.

    collector.py LEDGER

Prints one line of JSON when ready: the addresses of its doors `direct` (gRPC), `grpc` and `http`.
"""

import gzip
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as traces_grpc

SIGNALS = {
    "traces": (traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse),
    "logs": (logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse),
    "metrics": (metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse),
}


class Ledger:
    def __init__(self, path):
        self.file, self.lock = open(path, "a"), threading.Lock()

    def write(self, door, signal, message):
        line = json.dumps({"door": door, "signal": signal, "message": MessageToDict(message)})
        with self.lock:
            print(line, file=self.file, flush=True)


def service(base, door, signal, ledger):
    """The gRPC service of one signal."""

    class Service(base):
        def Export(self, request, context):
            ledger.write(door, signal, request)
            return SIGNALS[signal][1]()

    return Service()


def serve_grpc(door, ledger):
    server = grpc.server(ThreadPoolExecutor(4))
    traces_grpc.add_TraceServiceServicer_to_server(service(traces_grpc.TraceServiceServicer, door, "traces", ledger), server)
    logs_grpc.add_LogsServiceServicer_to_server(service(logs_grpc.LogsServiceServicer, door, "logs", ledger), server)
    metrics_grpc.add_MetricsServiceServicer_to_server(
        service(metrics_grpc.MetricsServiceServicer, door, "metrics", ledger), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def serve_http(door, ledger):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            signal = self.path.removeprefix("/v1/")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request, response = SIGNALS[signal]
            assert self.headers["Content-Type"] == "application/x-protobuf", self.headers["Content-Type"]
            ledger.write(door, signal, request.FromString(body))
            answer = response().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_port}"


def main():
    ledger = Ledger(sys.argv[1])
    servers = {"direct": serve_grpc("direct", ledger), "grpc": serve_grpc("grpc", ledger), "http": serve_http("http", ledger)}
    print(json.dumps({door: address for door, (_, address) in servers.items()}), flush=True)
    # Until whoever started us closes our standard input.
    sys.stdin.read()


main()
