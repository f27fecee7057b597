"""What must be true after a coding program has run, beyond what is true of every client."""

from checks import check, equal, plain
from provider.answers import MARKER


def inside(value, words):
    """Whether `words` stand in a text anywhere inside of `value`."""
    if isinstance(value, str):
        return words in value
    return any(inside(inner, words) for inner in (value.values() if isinstance(value, dict) else value or ()) if inner)


def the_command_it_ran_is_shown(run):
    wish = next(entry["tool_call"] for entry in run.ledger if entry.get("tool_call"))
    tools = [span["tool"] for span in run.spans() if span["kind"] == "tool" and span["tool"]["name"] == wish["name"]]
    equal(f"runs of the tool {wish['name']}", 1, len(tools))
    check(inside(plain(tools[0]["arguments"]), MARKER), f"the command with {MARKER}", tools[0])


def prompts_are_readable_by_session(run):
    """Each prompt was a session of its own; its page begins with what was asked."""
    sessions = {trace["session"] for trace in run.traces if trace["session"]}
    equal("sessions", len(run.scenario.prompts), len(sessions))
    found = []
    for session in sessions:
        page = run.appliance.get(f"/sessions/{session}")
        said = [turn["asked"] for turn in page["turns"] if turn["asked"]] + [page["input_preview"]]
        found += [prompt for prompt in run.scenario.prompts if any(inside(plain(one), prompt) for one in said)]
    equal("prompts on the pages of the sessions", sorted(run.scenario.prompts), sorted(found))


CLI_CHECKS = (the_command_it_ran_is_shown, prompts_are_readable_by_session)
