"""Installs n8n and its Node.js as the tests of clients do, and prints the two folders, or nothing where those tests lack it."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
CLIENTS = Path(__file__).resolve().parent.parent / "clients"
sys.path.insert(0, str(CLIENTS))

if (CLIENTS / "node/n8n").exists():
    import installing

    node = installing.node24()
    folder = installing.node_client("n8n", node, rebuild=["sqlite3"])
    print(Path(node).parent.parent, folder, sep="\n")
