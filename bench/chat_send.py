"""Sends the planned answer of a chat server, streamed or in one piece, with what goes wrong."""

import time
from dataclasses import replace
from typing import Any, TypeVar

from chat_http import JSON, Wire, chunk
from chat_plan import Body, Plan, prompt_letters, to_json, token_limit, tokens
from chat_settings import Settings

Text = TypeVar("Text", str, bytes)
_DONE = chunk(b"data: [DONE]\n\n")
_END = chunk(b"")
_BLANKS = "\n" * 64
_MIDWAY = {"stall", "reset midway", "cut off", "error midway"}
ENGINE_ERROR = {
    "error": {
        "message": "EngineCore encountered an issue. See stack trace (above) for the root cause.",
        "type": "InternalServerError",
        "param": None,
        "code": 500,
    }
}


async def send(wire: Wire, plan: Plan, body: Body, settings: Settings, ident: str) -> None:
    """Send an answer.

    Raises:
        HungUp: the client was gone before the end.
        Broken: the plan was to break the connection.
    """
    headers = {"x-request-id": f"req_{ident}", **plan.headers}
    if plan.fault == "reset":
        await wire.reset()
    if plan.error is not None:
        wire.send(plan.status, to_json(plan.error).encode(), plan.content_type or JSON, headers)
    elif plan.page is not None:
        wire.send(plan.status, plan.page.encode(), plan.content_type or "text/html", headers)
    elif body.get("stream"):
        await _Stream(wire, plan, body, settings, ident).send(headers)
    else:
        await _send_whole(wire, plan, body, settings, ident, headers)


def completion(plan: Plan, body: Body, settings: Settings, ident: str) -> dict[str, Any]:
    """Return an answer as the body of a response that is not streamed."""
    answer: dict[str, Any] = {
        "id": f"chatcmpl-{ident}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [],
    }
    if plan.choices:
        choice = {"index": 0, "message": plan.message(), "finish_reason": plan.finish}
        answer["choices"] = [{**choice, "logprobs": None}]
    if plan.counted:
        answer["usage"] = usage(plan, body, settings)
    return answer


def usage(plan: Plan, body: Body, settings: Settings) -> dict[str, Any]:
    """Return the tokens of a request and its answer, with their parts where settings want them."""
    prompt = tokens(prompt_letters(body))
    written = tokens(len(plan.text or "") + len(plan.refusal or ""))
    thought = tokens(len(plan.reason)) + (settings.reasoning_tokens or 0)
    counted: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": written + thought,
        "total_tokens": prompt + written + thought,
    }
    if settings.cached_tokens is not None:
        counted["prompt_tokens_details"] = {"cached_tokens": min(settings.cached_tokens, prompt)}
    if settings.reasoning_tokens is not None:
        counted["completion_tokens_details"] = {"reasoning_tokens": thought}
    return counted


async def _send_whole(
    wire: Wire, plan: Plan, body: Body, settings: Settings, ident: str, headers: dict[str, str]
) -> None:
    content_type = plan.content_type or JSON
    content = to_json(completion(plan, body, settings, ident)).encode()
    half = content[: len(content) // 2]
    match plan.fault:
        case "error midway":
            wire.send(200, to_json(ENGINE_ERROR).encode(), content_type, headers)
            return
        case "stall" | "reset midway" | "cut off":
            wire.send(200, half, content_type, headers, claimed=len(content))
            await _break(wire, plan)
        case "slow":
            await wire.wait(settings.slow)
        case "alive":
            wire.write(wire.begin(content_type, headers))
            await _keep_alive(wire, settings, b"\n")
            wire.write(chunk(content) + _END)
            return
        case "drip":
            wire.send(200, b"", content_type, headers, claimed=len(content))
            for piece in _cut(content, settings.pieces):
                await wire.wait(settings.drip)
                wire.write(piece)
            return
    wire.send(200, content, content_type, headers)


class _Stream:
    """A streamed answer: events of tokens, of the end, and of the usage."""

    def __init__(self, wire: Wire, plan: Plan, body: Body, settings: Settings, ident: str) -> None:
        self._wire, self._plan, self._body, self._settings = wire, plan, body, settings
        wants = (body.get("stream_options") or {}).get("include_usage")
        self._counts = bool(wants) and settings.stream_options != "ignored"
        self._frame = {
            "id": f"chatcmpl-{ident}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": body["model"],
        }

    async def send(self, headers: dict[str, str]) -> None:
        wire, plan, settings = self._wire, self._plan, self._settings
        kind = {"content_type": plan.content_type} if plan.content_type else {}
        head = wire.begin(**kind, headers={"cache-control": "no-cache", **headers})
        if plan.fault in ("slow", "alive"):
            wire.write(head)
            head = b""
            if plan.fault == "slow":
                await wire.wait(settings.slow)
            else:
                await _keep_alive(wire, settings, b": keep-alive\n\n")
        if plan.fault == "endless":
            wire.write(head + self._event({"role": "assistant", "content": "{"}))
            blanks = await self._endless()
            wire.write(self._last(replace(plan, text="{" + blanks, finish="length")))
            return
        events = self._events()
        if plan.fault in _MIDWAY:
            wire.write(head + b"".join(events[: 1 + len(events) // 2]))
            if plan.fault == "error midway":
                wire.write(chunk(b"data: " + to_json(ENGINE_ERROR).encode() + b"\n\n"))
                wire.write(_DONE + _END)
                return
            if plan.fault == "cut off":  # in good order, but without reason or mark of the end
                wire.write(_END)
                return
            await _break(wire, plan)
        pause = settings.drip if plan.fault == "drip" else settings.pace
        if not pause:
            wire.write(head + b"".join(events) + self._last(plan))
            return
        wire.write(head)
        for number, event in enumerate(events):
            if number:
                await wire.wait(pause)
            wire.write(event)
        wire.write(self._last(plan))

    def _events(self) -> list[bytes]:
        """Return the events with words in them."""
        plan = self._plan
        if not plan.choices:
            return []
        pieces = max(self._settings.pieces, 4) if plan.fault in _MIDWAY else self._settings.pieces
        deltas: list[dict[str, Any]] = []
        for name, text in (
            (plan.reason_key, plan.reason),
            ("content", plan.text),
            ("refusal", plan.refusal),
        ):
            deltas += [{name: piece} for piece in _cut(text or "", pieces)]
        first = {"role": "assistant", "content": None if plan.text is None else ""}
        return [self._event(first), *(self._event(delta) for delta in deltas)]

    def _last(self, plan: Plan) -> bytes:
        """Return what comes after the words."""
        last = self._event({}, plan.finish) if plan.choices else b""
        if plan.counted and self._counts:
            counted = usage(plan, self._body, self._settings)
            last += _data({**self._frame, "choices": [], "usage": counted})
        elif not plan.choices:
            last = _data({**self._frame, "choices": []})
        return last + _DONE + _END

    def _event(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        event: dict[str, Any] = {**self._frame, "choices": [choice]}
        if self._counts:
            event["usage"] = None
        return _data(event)

    async def _endless(self) -> str:
        """Write blanks until nobody takes them, or as many as the request allows; return those."""
        limit, written = token_limit(self._body), 0
        blanks = self._event({"content": _BLANKS})
        while limit is None or written + len(_BLANKS) < limit * 4:
            self._wire.write(blanks)
            written += len(_BLANKS)
            await self._wire.flush()
            await self._wire.wait(0.001)
        rest = "\n" * (limit * 4 - 1 - written)
        self._wire.write(self._event({"content": rest}))
        return "\n" * written + rest


async def _break(wire: Wire, plan: Plan) -> None:
    """Do not go on, in one of three ways; never returns."""
    if plan.fault == "stall":
        await wire.hold()
    elif plan.fault == "cut off":
        await wire.close()
    else:
        await wire.reset()


async def _keep_alive(wire: Wire, settings: Settings, sign: bytes) -> None:
    end = time.monotonic() + settings.slow
    while time.monotonic() < end:
        wire.write(chunk(sign))
        await wire.wait(min(settings.drip, settings.slow))


def _data(event: dict[str, Any]) -> bytes:
    return chunk(b"data: " + to_json(event).encode() + b"\n\n")


def _cut(text: Text, pieces: int) -> list[Text]:
    """Return a text in so many pieces, fewer if it is short."""
    size = max(1, -(-len(text) // max(1, pieces)))
    return [text[start : start + size] for start in range(0, len(text), size)]
