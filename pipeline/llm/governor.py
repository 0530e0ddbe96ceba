"""The governor: how many requests are in flight, how many a minute, and for how much money.

One for all workers of a run. In one process they share the object; on Ray they share an actor.
"""

import asyncio
import statistics
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from auricle.pipeline.llm.request import Usage
from auricle.pipeline.llm.settings import LlmSettings
from auricle.schemas.errors import UserError

Outcome = Literal["answered", "refused", "throttled", "timed_out", "failed"]

_MINUTE = 60.0
_LEAST_START = 8
_COMPLETION_GUESS = 1024
_SLOWER = 2.0
"""The time to the first token may grow to this multiple of its best, and a second, before the
number of requests in flight stops growing."""
_LONGEST_PAUSE = 600.0
_PATIENCE = 30.0
"""Seconds after which waiting requests are looked at again though none came back."""
_ENOUGH = 8
"""Answers from which the next ones are estimated."""


class BudgetSpent(UserError):
    """The money or the tokens of the dataset are used up."""


class Lease(NamedTuple):
    """Leave for one request; it is given back with what came of it."""

    id: int
    wave: int


class Spent(NamedTuple):
    """What a dataset's answers have cost."""

    requests: int = 0
    tokens: int = 0
    usd: float = 0.0


class Governor(Protocol):
    """Lets requests go, and learns from what comes of them."""

    async def enter(self, letters: int) -> Lease:
        """Wait until a request of so many characters may go.

        Raises:
            BudgetSpent: it would go beyond a budget.
        """

    async def leave(
        self,
        lease: Lease,
        outcome: Outcome,
        usage: Usage | None = None,
        first_token: float | None = None,
        pause: float | None = None,
    ) -> None:
        """Tell what came of a request: tokens, seconds to the first one, a pause wanted."""

    async def spent(self) -> Spent:
        """Return what has been spent, with what the journals held at the start."""


@dataclass
class _Flight:
    letters: int
    tokens: float
    usd: float
    at: float
    in_window: bool = True


@dataclass
class LocalGovernor:
    """The governor of one process.

    Requests in flight grow by one for each that is answered until the server is seen to slow down
    or to refuse, then by one for each round; a refusal (429) or a timeout halves them, once for
    all requests that were in flight together (additive increase, multiplicative decrease; Chiu and
    Jain 1989, as in TCP). Budgets a minute are kept over every window of 60 s.
    """

    settings: LlmSettings
    before: Spent = Spent()
    limit: float = field(init=False)
    _flights: dict[int, _Flight] = field(default_factory=dict, init=False)
    _waiting: deque[tuple[int, "asyncio.Future[Lease]"]] = field(default_factory=deque, init=False)
    _minute: deque[_Flight] = field(default_factory=deque, init=False)
    _minute_tokens: float = field(default=0.0, init=False)
    _first_tokens: deque[float] = field(default_factory=lambda: deque(maxlen=64), init=False)
    _best: float = field(default=float("inf"), init=False)
    _slow_start: bool = field(default=True, init=False)
    _wave: int = field(default=0, init=False)
    _next: int = field(default=0, init=False)
    _crowded: int = field(default=0, init=False)
    _closed_until: float = field(default=0.0, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False, repr=False)
    _requests: int = field(default=0, init=False)
    _tokens: int = field(default=0, init=False)
    _usd: float = field(default=0.0, init=False)
    _letters: int = field(default=0, init=False)
    _prompts: int = field(default=0, init=False)
    _completions: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        most = self.settings.concurrency
        self.limit = min(most, max(_LEAST_START, most // 2))
        if self.settings.mode == "batch":
            self.limit = float("inf")  # the provider has its own pace; the budgets hold

    async def enter(self, letters: int) -> Lease:
        """Wait until a request of so many characters may go."""
        future: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()
        self._waiting.append((letters, future))
        self._let_go()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                await self.leave(future.result(), "failed")
            raise

    async def leave(
        self,
        lease: Lease,
        outcome: Outcome,
        usage: Usage | None = None,
        first_token: float | None = None,
        pause: float | None = None,
    ) -> None:
        """Tell what came of a request."""
        flight = self._flights.pop(lease.id, None)
        if flight is None:
            return  # it was given up for lost
        if usage is not None:
            self._pay(usage, flight)
        if pause:
            self._closed_until = max(
                self._closed_until, time.monotonic() + min(pause, _LONGEST_PAUSE)
            )
        if outcome == "answered":
            self._grow(lease, first_token)
        elif outcome in ("throttled", "timed_out") and lease.wave == self._wave:
            self._wave += 1
            self._slow_start = False
            self.limit = max(1.0, self.limit / 2)
        self._let_go()

    async def spent(self) -> Spent:
        """Return what has been spent."""
        before = self.before
        return Spent(
            before.requests + self._requests, before.tokens + self._tokens, before.usd + self._usd
        )

    def _grow(self, lease: Lease, first_token: float | None) -> None:
        if first_token is not None:
            self._first_tokens.append(first_token)
            if len(self._first_tokens) >= _ENOUGH:
                self._best = min(self._best, statistics.median(self._first_tokens))
        if lease.id > self._crowded:
            return  # the limit was not reached since: more would not be used
        if self._slowing():
            self._slow_start = False
            return
        step = 1.0 if self._slow_start else 1.0 / self.limit
        self.limit = min(self.settings.concurrency, self.limit + step)

    def _slowing(self) -> bool:
        if len(self._first_tokens) < _ENOUGH:
            return False
        return statistics.median(self._first_tokens) > _SLOWER * self._best + 1.0

    def _pay(self, usage: Usage, flight: _Flight) -> None:
        self._requests += 1
        self._tokens += usage.total
        self._usd += usage.cost(self.settings.price) or 0.0
        self._prompts += usage.prompt
        self._completions += usage.completion
        self._letters += flight.letters
        if flight.in_window:  # the estimate gives way to the count
            self._minute_tokens += usage.total - flight.tokens
            flight.tokens = usage.total

    def _let_go(self) -> None:
        """Let waiting requests go, as many as may; come back when the next one may."""
        while self._waiting:
            letters, future = self._waiting[0]
            if future.done():
                self._waiting.popleft()
                continue
            now = time.monotonic()
            flight = self._expected(letters, now)
            over = self._over_budget(flight)
            if over and not self._flights:
                self._waiting.popleft()
                future.set_exception(BudgetSpent(over))
                continue
            wait = _PATIENCE if over else self._wait(flight, now)
            if wait > 0:
                self._come_back(wait)
                return
            self._waiting.popleft()
            self._next += 1
            self._flights[self._next] = flight
            self._minute.append(flight)
            self._minute_tokens += flight.tokens
            if len(self._flights) + 1 > self.limit:
                self._crowded = self._next
            future.set_result(Lease(self._next, self._wave))

    def _wait(self, flight: _Flight, now: float) -> float:
        """Return how many seconds the next request must wait, unless another one comes back."""
        if self.settings.mode == "batch":
            return 0.0
        self._forget_lost(now)
        if now < self._closed_until:
            return self._closed_until - now
        if len(self._flights) + 1 > self.limit:
            return _PATIENCE
        while self._minute and self._minute[0].at <= now - _MINUTE:
            old = self._minute.popleft()
            old.in_window = False
            self._minute_tokens -= old.tokens
        if not self._minute:
            return 0.0
        requests, tokens = self.settings.requests_per_minute, self.settings.tokens_per_minute
        crowded = requests is not None and len(self._minute) >= requests
        if tokens is not None:
            crowded = crowded or self._minute_tokens + flight.tokens > tokens
        return self._minute[0].at + _MINUTE - now if crowded else 0.0

    def _expected(self, letters: int, now: float) -> _Flight:
        """Return what to expect of a question, by those that were answered."""
        prompt, completion = letters / 4, min(self.settings.max_tokens, _COMPLETION_GUESS)
        if self._requests >= _ENOUGH:
            prompt = letters * self._prompts / max(self._letters, 1)
            completion = self._completions // self._requests
        usage = Usage(round(prompt), completion)
        return _Flight(letters, usage.total, usage.cost(self.settings.price) or 0.0, now)

    def _over_budget(self, new: _Flight) -> str | None:
        flying = (*self._flights.values(), new)
        spent, most = self.before.usd + self._usd, self.settings.budget_usd
        if most is not None and spent + sum(flight.usd for flight in flying) > most:
            return f"the budget of {most:g} USD is spent: {spent:.2f} USD in this dataset"
        used, cap = self.before.tokens + self._tokens, self.settings.budget_tokens
        if cap is not None and used + sum(flight.tokens for flight in flying) > cap:
            return f"the budget of {cap:,} tokens is spent: {used:,} tokens in this dataset"
        return None

    def _forget_lost(self, now: float) -> None:
        """Free the places of workers that died."""
        longest = self.settings.total_seconds + self.settings.connect_seconds + _MINUTE
        while self._flights:
            oldest = next(iter(self._flights))
            if self._flights[oldest].at + longest > now:
                return
            del self._flights[oldest]

    def _come_back(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + max(seconds, 0.001)
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = loop.call_at(due, self._again)

    def _again(self) -> None:
        self._timer = None
        self._let_go()
