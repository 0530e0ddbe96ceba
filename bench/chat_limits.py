"""The limits of the chat server: requests at once, and requests and tokens a minute."""

import asyncio
import time
from collections import deque

from chat_http import HungUp, Wire
from chat_plan import Plan, failure
from chat_settings import Settings


class Places:
    """The requests that are worked on at once; the others wait in the order they came in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._taken = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def full(self) -> bool:
        """Whether the next request would have to wait."""
        limit = self._settings.limit
        return limit is not None and self._taken >= limit

    async def take(self, wire: Wire) -> None:
        """Take a place, or wait for one.

        Raises:
            HungUp: the client is gone before its turn.
        """
        if not self.full:
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await wire.until(turn)
        except (HungUp, asyncio.CancelledError):
            if turn in self._queue:
                self._queue.remove(turn)
            else:  # the turn came, but nobody is there to use it
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the next in the queue."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken -= 1


class Minute:
    """What was let in during the last minute, against the limits of requests and tokens.

    Refused requests do not count.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._let_in: deque[tuple[float, int]] = deque()
        self._tokens = 0

    def enter(self, model: str, prompt: int, answer: int) -> Plan | None:
        """Let a request in, or return the 429 for it; its answer counts with the most it may be."""
        settings = self._settings
        per_minute = settings.requests_per_minute, settings.tokens_per_minute
        if per_minute == (None, None):
            return None
        now, asked = time.monotonic(), prompt + answer
        while self._let_in and self._let_in[0][0] <= now - settings.minute:
            self._tokens -= self._let_in.popleft()[1]
        requests, most = per_minute
        if most is not None and asked > most:
            message = f"Request too large for {model}: Limit {most}, Requested {asked}."
            return failure(429, message, "tokens", "rate_limit_exceeded")
        if requests is not None and len(self._let_in) >= requests:
            wait = self._let_in[-requests][0] + settings.minute - now
            return _busy(model, "requests", requests, len(self._let_in), 1, wait)
        if most is not None and self._tokens + asked > most:
            wait = self._until_free(self._tokens + asked - most) + settings.minute - now
            return _busy(model, "tokens", most, self._tokens, asked, wait)
        self._let_in.append((now, asked))
        self._tokens += asked
        return None

    def _until_free(self, wanted: int) -> float:
        """Return when the last of those came whose end frees so many tokens."""
        for since, used in self._let_in:
            wanted -= used
            if wanted <= 0:
                return since
        return time.monotonic()


def above_limit(limit: int) -> Plan:
    """Return the 429 of a server that works on as many requests as it can."""
    message = f"Too many concurrent requests: this server takes {limit} at once."
    return failure(429, message, "rate_limit_error", "concurrency_limit_exceeded")


def _busy(model: str, what: str, limit: int, used: int, asked: int, wait: float) -> Plan:
    short = "RPM" if what == "requests" else "TPM"
    message = (
        f"Rate limit reached for {model} on {what} per min ({short}): Limit {limit}, Used {used}, "
        f"Requested {asked}. Please try again in {wait:.3f}s."
    )
    headers = {"retry-after": f"{wait:.3f}", "retry-after-ms": f"{wait * 1000:.0f}"}
    return failure(429, message, what, "rate_limit_exceeded", None, headers)
