"""Whether the heavy clients are due: exit code 0 when what they test has changed since the commit before, else 1.

    python3 due.py

The commit before is the first parent of HEAD on main, and where HEAD left main on a branch. A clone that does not know
it (a shallow one) cannot tell, and then they do not run. HEAVY_CLIENTS=always or =never decides instead. Prints why.
"""

import os
import subprocess
import sys

WATCHED = ("src/receive/", "src/interpret/", "src/model/", "src/relay/", "tests/clients/")


def git(*words):
    """The output of git, or None when it fails."""
    done = subprocess.run(["git", *words], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def before():
    """The commit to compare with; None when this clone does not have it."""
    head = git("rev-parse", "HEAD")
    for main in ("origin/main", "main"):
        fork = git("merge-base", "HEAD", main)
        if fork and fork != head:
            return fork
    return git("rev-parse", "--verify", "--quiet", "HEAD^1")


def due(watched=WATCHED, variable="HEAVY_CLIENTS"):
    """Whether one of the `watched` folders has changed, and why; `variable` of the environment decides instead."""
    wish = os.environ.get(variable)
    if wish in ("always", "never"):
        return wish == "always", f"{variable}={wish}"
    commit = before()
    if commit is None:
        return False, "this clone does not know the commit before, so what changed is not known"
    changed = git("diff", "--name-only", commit)
    if changed is None:
        return False, f"git cannot compare with {commit}"
    found = [name for name in changed.splitlines() if name.startswith(watched)]
    if found:
        return True, f"{len(found)} watched files differ from {commit[:9]}, the first is {found[0]}"
    return False, f"nothing of {', '.join(watched)} differs from {commit[:9]}"


if __name__ == "__main__":
    answer, why = due()
    print(f"== heavy real clients {'run' if answer else 'do NOT run'}: {why}", flush=True)
    sys.exit(0 if answer else 1)
