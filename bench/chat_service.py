"""Answers requests in OpenAI's protocol: who may ask, which mood it is in, what it counts."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat_batches import Batches, Fate
from chat_errors import error_of
from chat_files import Refused
from chat_http import Broken, Connections, HungUp, Request, Wire
from chat_limits import Minute, Places, above_limit
from chat_moods import Mood, apply, check
from chat_plan import Body, Plan, failure, prompt_letters, schema_of, to_json, token_limit, tokens
from chat_refusals import refuse, unauthorized, understood
from chat_schema import smallest
from chat_send import completion, send, usage
from chat_settings import Settings

Answer = Callable[[Body], str]
Moods = Sequence[Mood] | Callable[[Body], Mood | None]


@dataclass(frozen=True)
class Asked:
    """A request for a completion as it came in; `at` is `time.monotonic()`."""

    body: Body
    headers: dict[str, str]
    at: float
    mood: Mood | None


def plain_answer(body: Body) -> str:
    """Return the smallest JSON that the schema in a request allows, {} where it has none."""
    schema = schema_of(body)
    return json.dumps(smallest(schema), ensure_ascii=False) if schema else "{}"


@dataclass
class ChatServer:
    """Answers requests with what `answer` makes of them, in one of its `moods`.

    Moods in a list are taken one a request in order of arrival, and more may be added; or a
    function picks the mood of a request. Every request for a completion is in `requests` and,
    at its end, in one of `answered` (a completion, whole), `refused` (an error), `aborted` (the
    client hung up) and `broken` (the server broke off, as it was told to). `busiest` is the most
    that were there at once, those that wait included. `failures` holds what `answer` raised.

    Batches meet the `fates` in order, then all are completed; `batched` counts the requests that
    were answered in them, which `requests` does not.
    """

    settings: Settings = field(default_factory=Settings)
    moods: Any = ()
    answer: Answer = plain_answer
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    requests: int = 0
    answered: int = 0
    refused: int = 0
    aborted: int = 0
    broken: int = 0
    busy: int = 0
    busiest: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    failures: list[Exception] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    batched: int = 0

    def __post_init__(self) -> None:
        if not callable(self.moods):
            self.moods = list(self.moods)
            for mood in self.moods:
                check(mood)
        self._places, self._minute = Places(self.settings), Minute(self.settings)
        self._numbers = itertools.count(1)
        self.batches = Batches(self.settings, self.fates, self._complete)

    async def serve(self, port: int, ready: Callable[[], None], end: asyncio.Event) -> None:
        """Serve until told to end; `ready` is called when `url` is known."""
        connections = Connections(self._handle)
        listening = await connections.listen("127.0.0.1", port)
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        ready()
        await end.wait()
        listening.close()
        await connections.close()

    async def _handle(self, request: Request, wire: Wire) -> None:
        settings = self.settings
        if settings.key is not None:
            denied = unauthorized(settings.key, request.headers.get("authorization"))
            if denied:
                self.say(wire, denied)
                return
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "POST", ["chat", "completions"]:
                await self._chat(request, wire)
            case "GET", ["models"] if settings.lists_models:
                models = [
                    {"id": name, "object": "model", "created": 0, "owned_by": "test"}
                    for name in settings.models
                ]
                wire.send(200, to_json({"object": "list", "data": models}).encode())
            case _, ["files" | "batches" as kind, *parts]:
                self._look_after(kind, parts, request, wire)
            case "GET", ["", "counts"]:
                wire.send(200, to_json(self.counts()).encode())
            case _:
                message = f"Invalid URL ({request.method} {request.path})"
                self.say(wire, failure(404, message))

    def _look_after(self, kind: str, parts: list[str], request: Request, wire: Wire) -> None:
        """Answer a request to /files or /batches."""
        keeper = self.batches.files if kind == "files" else self.batches
        try:
            said = keeper.answer(request, parts)
        except Refused as error:
            self.say(wire, error.plan)
        except (ValueError, KeyError) as error:
            self.say(wire, failure(400, f"{type(error).__name__}: {error}"))
        else:
            wire.send(200, said if isinstance(said, bytes) else to_json(said).encode())

    def _complete(self, body: Body) -> tuple[int, dict[str, Any]]:
        """Return the answer to one request of a batch."""
        mood = self.mood_of(body)
        plan = self.refusal(body, mood) or self.plan(body, mood)
        self.batched += 1
        if self.settings.record:
            self.asked.append(Asked(body, {}, time.monotonic(), mood))
        if not plan.whole:
            return plan.status, plan.error or {}
        return 200, completion(plan, body, self.settings, self.ident())

    def counts(self) -> dict[str, float]:
        """Return the numbers of the server, and the seconds of processor its process has used."""
        names = ("requests", "answered", "refused", "aborted", "broken", "busy", "busiest")
        spent = {"prompt_tokens": self.prompt_tokens, "completion_tokens": self.completion_tokens}
        return {
            **{name: getattr(self, name) for name in names},
            **spent,
            "cpu_seconds": time.process_time(),
        }

    async def _chat(self, request: Request, wire: Wire) -> None:
        try:
            body = json.loads(request.body)
        except ValueError:
            self.say(wire, failure(400, "We could not parse the JSON body of your request."))
            return
        self.requests += 1
        try:
            mood = self.mood_of(body)
        except Exception as error:
            self.refused += 1
            self.say(wire, self.failed(error))
            return
        if self.settings.record:
            self.asked.append(Asked(body, request.headers, time.monotonic(), mood))
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            plan = self.refusal(body, mood) or self._turned_away(body)
            if plan is None:
                plan = await self._work(body, mood, wire)
            else:
                await send(wire, plan, body, self.settings, self.ident())
            if plan.whole:
                self.answered += 1
            else:
                self.refused += 1
        except HungUp:
            self.aborted += 1
            raise
        except Broken:
            self.broken += 1
            raise
        finally:
            self.busy -= 1

    async def _work(self, body: Body, mood: Mood | None, wire: Wire) -> Plan:
        """Answer a request when it is its turn, and return what was sent."""
        latency = self.settings.latency
        await self._places.take(wire)
        try:
            seconds = latency(body) if callable(latency) else latency
            if seconds:
                await wire.wait(seconds)
            plan = self.plan(body, mood)
            if plan.whole:
                counted = usage(plan, body, self.settings)
                self.prompt_tokens += counted["prompt_tokens"]
                self.completion_tokens += counted["completion_tokens"]
            await send(wire, plan, body, self.settings, self.ident())
            return plan
        finally:
            self._places.leave()

    def plan(self, body: Body, mood: Mood | None) -> Plan:
        """Return the answer to a request, cut where the request wants no more tokens."""
        try:
            text = self.answer(understood(body, self.settings))
            plan = apply(mood, Plan(text=text), body)
        except Exception as error:
            return self.failed(error)
        limit = token_limit(body)
        if limit is None or plan.text is None:
            return plan
        thought = tokens(len(plan.reason)) + (self.settings.reasoning_tokens or 0)
        room = max(0, limit - thought) * 4
        return (
            plan
            if len(plan.text) <= room
            else replace(plan, text=plan.text[:room], finish="length")
        )

    def refusal(self, body: Body, mood: Mood | None) -> Plan | None:
        """Return the error that a request gets in place of an answer, or None."""
        settings = self.settings
        return error_of(mood, body, settings.retry_after) or refuse(body, settings)

    def _turned_away(self, body: Body) -> Plan | None:
        """Return the 429 for a request above the limits, or None."""
        settings = self.settings
        if settings.limit is not None and settings.above_limit == "429" and self._places.full:
            return above_limit(settings.limit)
        if settings.requests_per_minute is None and settings.tokens_per_minute is None:
            return None
        asked = tokens(prompt_letters(body)), token_limit(body) or 0
        return self._minute.enter(body["model"], *asked)

    def mood_of(self, body: Body) -> Mood | None:
        """Take the next mood, or the one that is picked for a request."""
        if callable(self.moods):
            mood: Mood | None = self.moods(body)
        else:
            mood = self.moods.pop(0) if self.moods else None
        if mood is not None:
            check(mood)
        return mood

    def failed(self, error: Exception) -> Plan:
        """Return the answer where a test's own function failed; it is raised at the end."""
        self.failures.append(error)
        return failure(500, f"{type(error).__name__}: {error}", "server_error")

    def ident(self) -> str:
        """Return a new id."""
        return f"{next(self._numbers):08d}"

    def say(self, wire: Wire, plan: Plan) -> None:
        """Send an error."""
        wire.send(plan.status, to_json(plan.error).encode(), headers=plan.headers)
