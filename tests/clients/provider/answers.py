"""What the fake provider answers: fixed texts, tools and token counts, and which of them a request gets."""

import re

# A request with this header, or whose last question holds these words, is answered by an error of that status.
ERROR_HEADER = "x-answer-status"
ERROR_WORDS = re.compile(r"gets no answer(?: but (\d{3}))?", re.IGNORECASE)
ERROR_MESSAGE = "The fake provider was asked to fail"

# What an alias stands for: providers answer with the dated name of the model.
DATED = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "o4-mini": "o4-mini-2025-04-16",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
}

# Tokens as a provider reports them: prompt (cached ones included), cached, completion (reasoning included), reasoning.
# Every figure differs from every other, so that a mix-up of two buckets cannot go unseen.
TOKENS = {
    "plain": (1437, 1024, 311, 192),
    "stream": (1250, 896, 73, 0),
    "tool_request": (523, 256, 47, 24),
    "tool_answer": (641, 512, 89, 17),
    "embedding": (58, 0, 0, 0),
}
# Anthropic tells every bucket apart: input, read from the cache, written for 5 minutes, written for an hour, output.
ANTHROPIC_TOKENS = {
    "plain": (331, 1180, 260, 0, 214),
    "stream": (337, 1210, 0, 140, 97),
    "tool_request": (163, 420, 510, 0, 41),
    "tool_answer": (71, 930, 80, 30, 83),
}
# Ollama: prompt and answer.
OLLAMA_TOKENS = {"plain": (87, 39), "stream": (91, 43)}

TEXT = {
    "plain": "The capital of Portugal is Lisbon.",
    "stream": "Seven, six, five, four.",
    "tool_answer": "In Porto it is 19 degrees and windy.",
}
MARKER = "porto-marker-4711"
MARKER_ANSWER = f"The command printed {MARKER}."
TOOL_ARGUMENTS = {"city": "Porto"}
VECTOR = [0.25, -0.5, 0.75, 1.0]

PRINT_MARKER = re.compile(r"\bprint the marker\b", re.IGNORECASE)

# A question with these words makes the model wish for the tool that has the pattern in its name, with these arguments.
WISHES = [
    (re.compile(r"\bweather\b", re.IGNORECASE), re.compile(r"weather", re.IGNORECASE), lambda name: TOOL_ARGUMENTS),
    (re.compile(r"\bwhat date\b", re.IGNORECASE), re.compile(r"current_date"), lambda name: {"timezone": "UTC"}),
    (
        PRINT_MARKER,
        re.compile(r"^(Bash|exec_command|shell|shell_command|local_shell|run_shell_command)$"),
        lambda name: {"cmd": f"echo {MARKER}"} if name == "exec_command" else shell_arguments(name),
    ),
]

# Pauses make spans of a visible length and a first token that comes after the start; nothing is tested against them.
BEFORE_ANSWER, BETWEEN_CHUNKS = 0.05, 0.01


def shell_arguments(name):
    """How the shell tools of coding programs want their command."""
    if name == "shell":
        return {"command": ["echo", MARKER]}
    return {"command": f"echo {MARKER}", "description": "Print the marker"}


def wish_for(question, names):
    """The tool among `names` that `question` calls for, and its arguments; None when there is none."""
    for words, tool, arguments in WISHES:
        if words.search(question):
            for name in names:
                if tool.search(name or ""):
                    return name, arguments(name)
    return None


def kind_of(question, has_result, names, streaming):
    """Which of the fixed answers a request gets."""
    if has_result:
        return "tool_answer"
    if wish_for(question, names):
        return "tool_request"
    return "stream" if streaming else "plain"


def text_of(kind, question):
    if kind == "tool_answer" and PRINT_MARKER.search(question):
        return MARKER_ANSWER
    return TEXT.get(kind)


def openai_buckets(kind):
    """The tokens of an OpenAI answer, each in one bucket only."""
    prompt, cached, completion, reasoning = TOKENS[kind]
    return {
        "input": prompt - cached, "cache_read": cached, "cache_write": 0, "cache_write_1h": 0,
        "output": completion - reasoning, "reasoning": reasoning,
    }  # fmt: skip


def anthropic_buckets(kind):
    fresh, read, minutes, hour, output = ANTHROPIC_TOKENS[kind]
    return {
        "input": fresh, "cache_read": read, "cache_write": minutes + hour, "cache_write_1h": hour,
        "output": output, "reasoning": 0,
    }  # fmt: skip


def ollama_buckets(kind):
    prompt, output = OLLAMA_TOKENS[kind]
    return {"input": prompt, "cache_read": 0, "cache_write": 0, "cache_write_1h": 0, "output": output, "reasoning": 0}


def flat(content):
    """The text of a message's content, in whichever of the wires' forms."""
    if isinstance(content, list):
        return " ".join(filter(None, map(flat, content)))
    if isinstance(content, dict):
        return flat(content.get("text") or content.get("content"))
    return content if isinstance(content, str) else ""


def words(text):
    """`text` in the pieces it is streamed in."""
    return re.findall(r"\S+\s*", text)
