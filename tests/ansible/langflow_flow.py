"""langflow_flow.py ADDRESS PACKAGES: gives a LangFlow a flow that answers what it is asked, and prints its id.

It is the start and the end of one that comes with LangFlow: a model in between would have to be asked.
"""

import json
import sys
import urllib.request
from pathlib import Path

address, packages = sys.argv[1:]
source = next(Path(packages).glob("lib/python3*/site-packages/langflow/initial_setup/starter_projects")) / "Basic Prompting.json"
data = json.loads(source.read_text())["data"]
nodes = {node["data"].get("type"): node for node in data["nodes"]}
question, answer = nodes["ChatInput"]["id"], nodes["ChatOutput"]["id"]
(begins,) = [edge for edge in data["edges"] if edge["source"] == question]
(ends,) = [edge for edge in data["edges"] if edge["target"] == answer]
joined = begins | {key: ends[key] for key in ("target", "targetHandle")}
joined |= {"id": "echo", "data": begins["data"] | {"targetHandle": ends["data"]["targetHandle"]}}
data |= {"nodes": [nodes["ChatInput"], nodes["ChatOutput"]], "edges": [joined]}
asked = urllib.request.Request(
    f"http://{address}:7860/api/v1/flows/",
    json.dumps({"name": "Echo", "data": data}).encode(),
    {"content-type": "application/json"},
)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with opener.open(asked, timeout=300) as made:
    print(json.load(made)["id"])
