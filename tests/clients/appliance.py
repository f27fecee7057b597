"""The real binary on free ports with a data directory of its own, and its HTTP API."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

START_SECONDS, STOP_SECONDS, ANSWER_SECONDS = 120, 60, 60


class Appliance:
    def __init__(self, binary, folder, config=None):
        self.data, self.log = Path(folder) / "data", Path(folder) / "tracemeter.log"
        self.data.mkdir()
        # Nothing of the caller's environment: a TRACEMETER_* or OTEL_* of a developer would change the result.
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "TRACEMETER_DATA_DIR": str(self.data),
            "TRACEMETER_RECEIVE__GRPC": "127.0.0.1:0",
            "TRACEMETER_RECEIVE__HTTP": "127.0.0.1:0",
            "TRACEMETER_WEB__LISTEN": "127.0.0.1:0",
        }
        with open(self.log, "w") as log:
            command = [binary, "serve", *(["--config", config] if config else [])]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        self.grpc, self.http, self.web = self._addresses()

    def _addresses(self):
        """`host:port` of the three listeners, once the appliance says it is ready."""
        file, until = self.data / "run/addresses.json", time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"`serve` ended with exit code {self.process.returncode}:\n{self.log.read_text()}")
            try:
                places = json.loads(file.read_text())
                with urllib.request.urlopen(f"http://{places['web']}/readyz", timeout=5):
                    return places["grpc"], places["http"], places["web"]
            except (OSError, ValueError, KeyError):
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"not ready within {START_SECONDS} s ({file} and /readyz):\n{self.log.read_text()}")

    def get(self, path, **query):
        """The JSON answer of `/api/v1<path>`; an error answer becomes an AssertionError with its text."""
        url = f"http://{self.web}/api/v1{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"GET {url} answered {error.code}: {error.read().decode(errors='replace')}") from None
        except (OSError, ValueError) as error:
            raise AssertionError(f"GET {url} gave no JSON answer: {error}") from None

    def all(self, path, **query):
        """The items of a list, all pages."""
        items, cursor = [], {}
        while True:
            page = self.get(path, **query, **cursor)
            items += page["items"]
            if not page.get("next_cursor"):
                return items
            cursor = {"cursor": page["next_cursor"]}

    def stop(self):
        """Ends the process as systemd would; its exit code, or None when it had to be killed."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
