"""Whether all checks of the deployment are due, as `tests/clients/due.py` tells it for the heavy clients: exit code 0 or 1.

ANSIBLE_TESTS=always or =never decides instead. Prints why.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients"))
import due  # noqa: E402

WATCHED = ("ansible/", "systemd/", "packaging/", "tests/ansible/", "src/cli/", "src/config/", "src/lifecycle.rs")

answer, why = due.due(WATCHED, "ANSIBLE_TESTS")
print(f"# {'all checks' if answer else 'only the checks that always run (make test-ansible runs all)'}: {why}", flush=True)
sys.exit(0 if answer else 1)
