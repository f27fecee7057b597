"""Keeps a scenario off the network: whatever leaves loopback is refused and told on stderr.

SDKs phone home in background threads that swallow exceptions, so the runner looks for the words in stderr.
Sockets that gRPC opens in C are out of reach; a scenario gives gRPC no address but the appliance's.
"""

import ipaddress
import sys

WORDS = "left loopback:"


def _is_loopback(host):
    if host in ("localhost", "", None):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _watch(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a Unix socket
    elif event == "socket.getaddrinfo":
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
    else:
        return
    if not _is_loopback(host):
        print(WORDS, event, host, file=sys.stderr, flush=True)
        raise PermissionError(f"this test may not contact {host}")


def allow_only_loopback():
    sys.addaudithook(_watch)
