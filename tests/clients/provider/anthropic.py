"""Anthropic's wire: messages, also streamed and with a tool. The count of tokens is free and stands in no ledger."""

import json
import re
import time

from provider.answers import (
    ANTHROPIC_TOKENS, BEFORE_ANSWER, BETWEEN_CHUNKS, DATED, anthropic_buckets, flat, kind_of, text_of, wish_for, words,
)  # fmt: skip


def is_result(message):
    content = message.get("content")
    return isinstance(content, list) and any(block.get("type") == "tool_result" for block in content)


class Messages:
    PROVIDER = "anthropic"

    def asked(self, request, _):
        messages = request.get("messages") or [{}]
        last = max((at for at, one in enumerate(messages) if one.get("role") == "user" and not is_result(one)), default=0)
        return {
            "question": flat(messages[last].get("content")),
            "has_result": any(is_result(message) for message in messages[last + 1 :]),
            "names": [tool.get("name") for tool in request.get("tools") or []],
            "streaming": bool(request.get("stream")),
            "model": request.get("model"),
            "messages": None,
        }

    def error(self, status, message):
        kind = {429: "rate_limit_error", 400: "invalid_request_error"}.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}}

    def answer(self, handler, request, asked, entry):
        kind = kind_of(asked["question"], asked["has_result"], asked["names"], asked["streaming"])
        mark, model, text = entry["mark"], DATED.get(request["model"], request["model"]), text_of(kind, asked["question"])
        block, call = {"type": "text", "text": text}, None
        if kind == "tool_request":
            name, arguments = wish_for(asked["question"], asked["names"])
            call = {"id": f"toolu_test{mark}", "name": name, "arguments": arguments}
            block = {"type": "tool_use", "id": call["id"], "name": name, "input": arguments}
        reason = "tool_use" if call else "end_turn"
        fresh, read, minutes, hour, output = ANTHROPIC_TOKENS[kind]
        usage = {
            "input_tokens": fresh, "cache_read_input_tokens": read, "cache_creation_input_tokens": minutes + hour,
            "cache_creation": {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour},
            "output_tokens": output, "service_tier": "standard",
        }  # fmt: skip
        message = {
            "id": f"msg_test{mark}", "type": "message", "role": "assistant", "model": model, "content": [block],
            "stop_reason": reason, "stop_sequence": None, "usage": usage,
        }  # fmt: skip
        handler.ledger.write({
            **entry, "status": 200, "kind": kind, "response_id": message["id"], "response_model": model,
            "usage": anthropic_buckets(kind), "question": asked["question"], "text": text, "tool_call": call,
            "finish_reason": reason,
        })  # fmt: skip
        time.sleep(BEFORE_ANSWER)
        if not asked["streaming"]:
            return handler.json(200, message)
        self.stream(handler, message, block, reason)

    def stream(self, handler, message, block, reason):
        handler.begin_stream()

        def tell(kind, **more):
            handler.event({"type": kind, **more}, kind)

        begun = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
        tell("message_start", message=begun)
        if block["type"] == "tool_use":
            tell("content_block_start", index=0, content_block={**block, "input": {}})
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            tell("content_block_delta", index=0, delta=delta)
        else:
            tell("content_block_start", index=0, content_block={"type": "text", "text": ""})
            for word in words(block["text"]):
                tell("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
                time.sleep(BETWEEN_CHUNKS)
        tell("content_block_stop", index=0)
        end = {"stop_reason": reason, "stop_sequence": None}
        tell("message_delta", delta=end, usage={"output_tokens": message["usage"]["output_tokens"]})
        tell("message_stop")
        handler.end_stream()


class CountTokens:
    def asked(self, request, _):
        return None

    def aside(self, handler, request):
        handler.json(200, {"input_tokens": 42})


ROUTES = [(re.compile(r"/messages/count_tokens$"), CountTokens()), (re.compile(r"/messages$"), Messages())]
