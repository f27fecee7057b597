"""OpenAI's wire: chat completions, responses and embeddings, the first two also streamed and with a tool."""

import base64
import itertools
import json
import re
import struct
import time

from provider.answers import (
    BEFORE_ANSWER, BETWEEN_CHUNKS, DATED, TOKENS, VECTOR, flat, kind_of, openai_buckets, text_of, wish_for, words,
)  # fmt: skip


def error_body(status, message):
    kind = {429: "rate_limit_exceeded", 400: "invalid_request_error"}.get(status, "server_error")
    return {"error": {"message": message, "type": kind, "code": kind, "param": None}}


def settle(request, asked, entry, response_id):
    """What an answer is made of; it is in the ledger then."""
    kind = kind_of(asked["question"], asked["has_result"], asked["names"], asked["streaming"])
    call = None
    if kind == "tool_request":
        name, arguments = wish_for(asked["question"], asked["names"])
        call = {"id": f"call_test{entry['mark']}", "name": name, "arguments": arguments}
    model, text = DATED.get(request["model"], request["model"]), text_of(kind, asked["question"])
    told = {
        **entry, "status": 200, "kind": kind, "response_id": response_id, "response_model": model,
        "usage": openai_buckets(kind), "messages": asked["messages"], "question": asked["question"], "text": text,
        "tool_call": call, "finish_reason": "tool_calls" if call else "stop",
    }  # fmt: skip
    return kind, model, text, call, told


class Chat:
    PROVIDER = "openai"

    def asked(self, request, _):
        messages = request.get("messages") or [{}]
        last = max((at for at, message in enumerate(messages) if message.get("role") == "user"), default=0)
        return {
            "question": flat(messages[last].get("content")),
            "has_result": any(message.get("role") == "tool" for message in messages[last + 1 :]),
            "names": [tool.get("function", {}).get("name") for tool in request.get("tools") or []],
            "streaming": bool(request.get("stream")),
            "model": request.get("model"),
            "messages": messages,
        }

    def error(self, status, message):
        return error_body(status, message)

    def usage(self, kind):
        prompt, cached, completion, reasoning = TOKENS[kind]
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": reasoning, "audio_tokens": 0},
        }

    def answer(self, handler, request, asked, entry):
        response_id = f"chatcmpl-test{entry['mark']}"
        kind, model, text, call, told = settle(request, asked, entry, response_id)
        head = {"id": response_id, "created": int(time.time()), "model": model, "service_tier": "default"}
        handler.ledger.write(told)
        time.sleep(BEFORE_ANSWER)
        calls = None
        if call:
            function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
            calls = [{"id": call["id"], "type": "function", "function": function}]
        reason = "tool_calls" if call else "stop"
        if asked["streaming"]:
            include_usage = (request.get("stream_options") or {}).get("include_usage", False)
            return self.stream(handler, head, text, calls, reason, self.usage(kind) if include_usage else None)
        message = {"role": "assistant", "content": text, "refusal": None, **({"tool_calls": calls} if calls else {})}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        handler.json(200, {**head, "object": "chat.completion", "choices": [choice], "usage": self.usage(kind)})

    def stream(self, handler, head, text, calls, reason, tokens):
        handler.begin_stream()
        head = {**head, "object": "chat.completion.chunk"}
        pieces = [{"content": word} for word in words(text or "")]
        if calls:
            pieces = [{"tool_calls": [{"index": at, **call} for at, call in enumerate(calls)]}]
        for delta in [{"role": "assistant", "content": None if calls else ""}, *pieces, {}]:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None if delta else reason}
            handler.event({**head, "choices": [choice]})
            time.sleep(BETWEEN_CHUNKS)
        if tokens:
            handler.event({**head, "choices": [], "usage": tokens})
        handler.event("[DONE]")
        handler.end_stream()


class Responses:
    PROVIDER = "openai"

    def asked(self, request, _):
        given = request.get("input")
        items = given if isinstance(given, list) else [{"role": "user", "content": given}]
        last = max((at for at, item in enumerate(items) if item.get("role") == "user"), default=0)
        return {
            "question": flat(items[last].get("content")),
            "has_result": any(item.get("type", "").endswith("_call_output") for item in items[last + 1 :]),
            "names": [tool.get("name") for tool in request.get("tools") or []],
            "streaming": bool(request.get("stream")),
            "model": request.get("model"),
            "messages": None,
        }

    def error(self, status, message):
        return error_body(status, message)

    def answer(self, handler, request, asked, entry):
        mark, response_id = entry["mark"], f"resp_test{entry['mark']}"
        kind, model, text, call, told = settle(request, asked, entry, response_id)
        handler.ledger.write(told)
        if call:
            item = {
                "id": f"fc_test{mark}", "type": "function_call", "status": "completed", "call_id": call["id"],
                "name": call["name"], "arguments": json.dumps(call["arguments"]),
            }  # fmt: skip
        else:
            part = {"type": "output_text", "text": text, "annotations": []}
            item = {"id": f"msg_test{mark}", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        prompt, cached, completion, reasoning = TOKENS[kind]
        whole = {
            "id": response_id, "object": "response", "created_at": int(time.time()), "status": "completed", "error": None,
            "incomplete_details": None, "instructions": None, "max_output_tokens": None, "model": model, "output": [item],
            "parallel_tool_calls": True, "previous_response_id": None, "reasoning": {"effort": None, "summary": None},
            "store": False, "temperature": 1.0, "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [],
            "top_p": 1.0, "truncation": "disabled", "user": None, "metadata": {},
            "usage": {
                "input_tokens": prompt, "input_tokens_details": {"cached_tokens": cached}, "output_tokens": completion,
                "output_tokens_details": {"reasoning_tokens": reasoning}, "total_tokens": prompt + completion,
            },
        }  # fmt: skip
        time.sleep(BEFORE_ANSWER)
        if asked["streaming"]:
            return self.stream(handler, whole, item)
        handler.json(200, whole)

    def stream(self, handler, whole, item):
        numbers = itertools.count()
        handler.begin_stream()

        def tell(kind, **more):
            handler.event({"type": kind, "sequence_number": next(numbers), **more}, kind)

        begun = {**whole, "status": "in_progress", "output": [], "usage": None}
        tell("response.created", response=begun)
        tell("response.in_progress", response=begun)
        place = {"item_id": item["id"], "output_index": 0}
        if item["type"] == "function_call":
            tell("response.output_item.added", output_index=0, item={**item, "arguments": "", "status": "in_progress"})
            tell("response.function_call_arguments.delta", **place, delta=item["arguments"])
            tell("response.function_call_arguments.done", **place, arguments=item["arguments"])
        else:
            part = item["content"][0]
            place = {**place, "content_index": 0}
            tell("response.output_item.added", output_index=0, item={**item, "content": [], "status": "in_progress"})
            tell("response.content_part.added", **place, part={**part, "text": ""})
            for word in words(part["text"]):
                tell("response.output_text.delta", **place, delta=word, logprobs=[])
                time.sleep(BETWEEN_CHUNKS)
            tell("response.output_text.done", **place, text=part["text"], logprobs=[])
            tell("response.content_part.done", **place, part=part)
        tell("response.output_item.done", output_index=0, item=item)
        tell("response.completed", response=whole)
        handler.end_stream()


class Embeddings:
    PROVIDER = "openai"

    def asked(self, request, _):
        given = request.get("input")
        return {
            "question": flat(given), "has_result": False, "names": [], "streaming": False,
            "model": request.get("model"), "messages": None,
        }  # fmt: skip

    def error(self, status, message):
        return error_body(status, message)

    def answer(self, handler, request, asked, entry):
        texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
        in_base64 = request.get("encoding_format") == "base64"
        vector = base64.b64encode(struct.pack(f"<{len(VECTOR)}f", *VECTOR)).decode() if in_base64 else VECTOR
        handler.ledger.write({
            **entry, "status": 200, "kind": "embedding", "response_model": request["model"],
            "usage": openai_buckets("embedding"), "texts": texts,
        })  # fmt: skip
        prompt = TOKENS["embedding"][0]
        handler.json(200, {
            "object": "list", "model": request["model"], "usage": {"prompt_tokens": prompt, "total_tokens": prompt},
            "data": [{"object": "embedding", "index": index, "embedding": vector} for index in range(len(texts))],
        })  # fmt: skip


ROUTES = [
    (re.compile(r"/chat/completions$"), Chat()),
    (re.compile(r"/responses$"), Responses()),
    (re.compile(r"/embeddings$"), Embeddings()),
]
