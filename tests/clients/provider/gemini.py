"""Gemini's wire: generateContent, also streamed and with a tool. Its thoughts are billed as output, beside the candidates."""

import re
import time

from provider.answers import (
    BEFORE_ANSWER, BETWEEN_CHUNKS, TOKENS, flat, kind_of, openai_buckets, text_of, wish_for, words,
)  # fmt: skip


def parts_of(content):
    return content.get("parts") or []


def is_result(content):
    return any("functionResponse" in part for part in parts_of(content))


class Generate:
    PROVIDER = "gemini"

    def asked(self, request, found):
        contents = request.get("contents") or [{}]
        last = max((at for at, one in enumerate(contents) if one.get("role") == "user" and not is_result(one)), default=0)
        declared = [one for tool in request.get("tools") or [] for one in tool.get("functionDeclarations") or []]
        return {
            "question": flat(parts_of(contents[last])),
            "has_result": any(is_result(content) for content in contents[last + 1 :]),
            "names": [one.get("name") for one in declared],
            "streaming": found["how"] == "streamGenerateContent",
            "model": found["model"],
            "messages": None,
        }

    def error(self, status, message):
        word = {400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED"}.get(status, "INTERNAL")
        return {"error": {"code": status, "message": message, "status": word}}

    def answer(self, handler, request, asked, entry):
        kind = kind_of(asked["question"], asked["has_result"], asked["names"], asked["streaming"])
        text, call = text_of(kind, asked["question"]), None
        if (request.get("generationConfig") or {}).get("responseMimeType") == "application/json":
            # A program that asks for JSON, to choose a model for instance, gets some.
            text = '{"reasoning": "short", "model_choice": "flash"}'
        pieces = [{"text": word} for word in words(text or "")]
        if kind == "tool_request":
            name, arguments = wish_for(asked["question"], asked["names"])
            call = {"id": f"call_test{entry['mark']}", "name": name, "arguments": arguments}
            pieces = [{"functionCall": {"name": name, "args": arguments}}]
        prompt, cached, completion, thoughts = TOKENS[kind]
        usage = {
            "promptTokenCount": prompt, "cachedContentTokenCount": cached, "candidatesTokenCount": completion - thoughts,
            "thoughtsTokenCount": thoughts, "totalTokenCount": prompt + completion,
        }  # fmt: skip
        head = {"modelVersion": asked["model"], "responseId": f"gemini-test{entry['mark']}"}
        handler.ledger.write({
            **entry, "status": 200, "kind": kind, "response_id": head["responseId"], "response_model": asked["model"],
            "usage": openai_buckets(kind), "question": asked["question"], "text": text, "tool_call": call,
            "finish_reason": "STOP",
        })  # fmt: skip
        time.sleep(BEFORE_ANSWER)

        def told(parts, **more):
            return {**head, "candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, **more}]}

        if not asked["streaming"]:
            return handler.json(200, {**told(pieces, finishReason="STOP"), "usageMetadata": usage})
        handler.begin_stream()
        for piece in pieces[:-1]:
            handler.event(told([piece]))
            time.sleep(BETWEEN_CHUNKS)
        handler.event({**told(pieces[-1:], finishReason="STOP"), "usageMetadata": usage})
        handler.end_stream()


class CountTokens:
    def asked(self, request, found):
        return None

    def aside(self, handler, request):
        handler.json(200, {"totalTokens": 42})


MODEL = r"/models/(?P<model>[^:/]+):"
ROUTES = [
    (re.compile(MODEL + r"(?P<how>generateContent|streamGenerateContent)$"), Generate()),
    (re.compile(MODEL + r"countTokens$"), CountTokens()),
]
