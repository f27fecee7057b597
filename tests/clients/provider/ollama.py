"""Ollama's wire: chat, streamed unless told otherwise, as lines of JSON."""

import json
import re
import time

from provider.answers import BEFORE_ANSWER, BETWEEN_CHUNKS, OLLAMA_TOKENS, TEXT, flat, ollama_buckets, words


class Chat:
    PROVIDER = "ollama"

    def asked(self, request, _):
        messages = request.get("messages") or [{}]
        return {
            "question": flat(messages[-1].get("content")), "has_result": False, "names": [],
            "streaming": request.get("stream", True), "model": request.get("model"), "messages": messages,
        }  # fmt: skip

    def error(self, status, message):
        return {"error": message}

    def answer(self, handler, request, asked, entry):
        kind = "stream" if asked["streaming"] else "plain"
        prompt, output = OLLAMA_TOKENS[kind]
        handler.ledger.write({
            **entry, "status": 200, "kind": kind, "response_model": asked["model"], "usage": ollama_buckets(kind),
            "messages": asked["messages"], "question": asked["question"], "text": TEXT[kind], "finish_reason": "stop",
        })  # fmt: skip
        head = {"model": asked["model"], "created_at": "2026-11-20T00:00:00Z"}
        end = {
            "done": True, "done_reason": "stop", "total_duration": 180_000_000, "load_duration": 10_000_000,
            "prompt_eval_count": prompt, "prompt_eval_duration": 50_000_000, "eval_count": output,
            "eval_duration": 110_000_000,
        }  # fmt: skip
        time.sleep(BEFORE_ANSWER)
        if not asked["streaming"]:
            return handler.json(200, {**head, "message": {"role": "assistant", "content": TEXT[kind]}, **end})
        handler.begin_stream("application/x-ndjson")
        for word in words(TEXT[kind]):
            handler.chunk(json.dumps({**head, "message": {"role": "assistant", "content": word}, "done": False}) + "\n")
            time.sleep(BETWEEN_CHUNKS)
        handler.chunk(json.dumps({**head, "message": {"role": "assistant", "content": ""}, **end}) + "\n")
        handler.end_stream()


ROUTES = [(re.compile(r"/api/chat$"), Chat())]
