"""Installs LangFlow as the tests of clients do, and prints the folders of its Python and of its packages, or nothing where those tests
lack it."""

import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
CLIENTS = Path(__file__).resolve().parent.parent / "clients"
sys.path.insert(0, str(CLIENTS))

if (CLIENTS / "requirements/langflow.txt").exists():
    import installing

    python = installing.python_client("langflow")
    told = subprocess.run([python, "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True, check=True)
    print(told.stdout.strip(), python.parent.parent, sep="\n")
