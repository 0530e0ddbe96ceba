"""Answers requests for completions: in which mood, within which limits; and counts them."""

import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat_batches import Batches, Fate
from chat_errors import error_of
from chat_http import Broken, HungUp, Request, Wire
from chat_limits import Minute, Places, above_limit
from chat_moods import Mood, apply, check
from chat_plan import Body, Plan, failure, prompt_letters, schema_of, to_json, token_limit, tokens
from chat_refusals import refuse, understood
from chat_schema import smallest
from chat_send import ENGINE_ERROR, completion, send, usage
from chat_settings import Settings

Answer = Callable[[Body], str]
_BROKEN = ("reset", "reset midway", "cut off", "error midway")
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
    at its end, in one of `answered` (a completion, whole), `refused` (an error or a page in its
    place), `aborted` (the client hung up) and `broken` (the server broke off, as it was told to).
    `busiest` is the most that were there at once, those that wait included. `failures` holds what
    `answer` or `moods` raised.

    Batches meet the `fates` in order, then all are completed; `batched` counts the requests that
    were answered in them, which the other counts do not hold. `batch_moods` are taken one a request
    to /files or /batches: an error, "reset" (it is done, but the client is not told), or "fine".
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
    batch_moods: list[Mood] = field(default_factory=list)
    batched: int = 0

    def __post_init__(self) -> None:
        if not callable(self.moods):
            self.moods = list(self.moods)
        for mood in [*self.batch_moods, *([] if callable(self.moods) else self.moods)]:
            check(mood)
        self._places, self._minute = Places(self.settings), Minute(self.settings)
        self._numbers = itertools.count(1)
        self.batches = Batches(self.settings, self.fates, self._complete)

    def counts(self) -> dict[str, float]:
        """Return the numbers of the server, and the seconds of processor its process has used."""
        counted = {name: value for name, value in vars(self).items() if isinstance(value, int)}
        return {**counted, "cpu_seconds": time.process_time()}

    async def chat(self, request: Request, wire: Wire) -> None:
        """Answer a request for a completion."""
        try:
            body = json.loads(request.body)
        except ValueError:
            say(wire, failure(400, "We could not parse the JSON body of your request."))
            return
        self.requests += 1
        mood = self._meet(body, request.headers)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            plan = self._refusal(body, mood) or self._turned_away(body)
            if plan is None:
                plan = await self._work(body, mood, wire)
            else:
                await send(wire, plan, body, self.settings, self.ident())
            self._count(plan)
        except HungUp:
            self.aborted += 1
            raise
        except Broken:
            self.broken += 1
            raise
        finally:
            self.busy -= 1

    def _complete(self, body: Body) -> tuple[int, dict[str, Any]]:
        """Answer a request of a batch; where a connection would break, there is an error."""
        self.batched += 1
        mood = self._meet(body, {})
        plan = self._refusal(body, mood) or self._plan(body, mood)
        if plan.fault in _BROKEN:
            return 500, ENGINE_ERROR
        if plan.page is not None:
            plan = failure(502, plan.page, "server_error")
        if plan.error is not None:
            return plan.status, plan.error
        self._spend(plan, body)
        return 200, completion(plan, body, self.settings, self.ident())

    def _meet(self, body: Body, headers: dict[str, str]) -> Mood | None:
        """Write a request down, and return the mood it meets: the next, or the one picked."""
        try:
            if callable(self.moods):
                mood: Mood | None = self.moods(body)
            else:
                mood = self.moods.pop(0) if self.moods else None
            if mood is not None:
                check(mood)
        except Exception as error:
            self.failed(error)
            mood = 500
        if self.settings.record:
            self.asked.append(Asked(body, headers, time.monotonic(), mood))
        return mood

    def _count(self, plan: Plan) -> None:
        if not plan.whole:
            self.refused += 1
        elif plan.fault in _BROKEN:
            self.broken += 1
        else:
            self.answered += 1

    def _spend(self, plan: Plan, body: Body) -> None:
        counted = usage(plan, body, self.settings)
        self.prompt_tokens += counted["prompt_tokens"]
        self.completion_tokens += counted["completion_tokens"]

    async def _work(self, body: Body, mood: Mood | None, wire: Wire) -> Plan:
        """Answer a request when it is its turn, and return what was sent."""
        latency = self.settings.latency
        await self._places.take(wire)
        try:
            seconds = latency(body) if callable(latency) else latency
            if seconds:
                await wire.wait(seconds)
            plan = self._plan(body, mood)
            if plan.whole:
                self._spend(plan, body)
            await send(wire, plan, body, self.settings, self.ident())
            return plan
        finally:
            self._places.leave()

    def _plan(self, body: Body, mood: Mood | None) -> Plan:
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
        if len(plan.text) <= room:
            return plan
        return replace(plan, text=plan.text[:room], finish="length")

    def _refusal(self, body: Body, mood: Mood | None) -> Plan | None:
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

    def failed(self, error: Exception) -> Plan:
        """Return the answer where a test's own function failed; it is raised at the end."""
        self.failures.append(error)
        return failure(500, f"{type(error).__name__}: {error}", "server_error")

    def ident(self) -> str:
        """Return a new id."""
        return f"{next(self._numbers):08d}"


def say(wire: Wire, plan: Plan) -> None:
    """Send an error."""
    wire.send(plan.status, to_json(plan.error).encode(), headers=plan.headers)
