"""A client for language models behind an OpenAI-compatible chat server."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.extras import install_command
from auricle.pipeline.llm.dialect import Dialect, known_dialect, write_dialect
from auricle.pipeline.llm.governor import Governor, Outcome
from auricle.pipeline.llm.reply import Gathering, ServerError
from auricle.pipeline.llm.request import Reply, Request
from auricle.pipeline.llm.settings import LlmSettings
from auricle.schemas.errors import UserError

_LONGEST_PAUSE = 60.0


class Stopped(Exception):
    """The run is ending: no further request is sent."""


class NoAnswer(Exception):
    """A request that got no answer, with a typed reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class _TryAgain(Exception):
    """A failure that may pass."""

    def __init__(
        self, reason: str, detail: str, outcome: Outcome = "failed", pause: float | None = None
    ) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.outcome, self.pause = reason, detail, outcome, pause


@dataclass
class Client:
    """Asks one model on one server, under a governor.

    The first request goes alone until the server takes it, to find out what the server understands
    (`dialect`), unless that is known already.
    """

    settings: LlmSettings
    dialect: Dialect | None = None
    governor: Governor = field(init=False, repr=False)
    storage: Storage | None = field(default=None, init=False, repr=False)
    _answered: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)
    ending: Exception | None = field(default=None, init=False)
    _waiting: set[asyncio.Task[Any]] = field(default_factory=set, init=False, repr=False)
    _scout: "asyncio.Future[None] | None" = field(default=None, init=False, repr=False)
    _dice: random.Random = field(default_factory=random.Random, init=False, repr=False)
    _api: Any = field(default=None, init=False, repr=False)
    _key: str = field(default="", init=False, repr=False)

    def open(self) -> None:
        """Read the key and get ready; asks nothing.

        Raises:
            UserError: a setting, the key or the openai package is missing.
        """
        try:
            import openai
        except ModuleNotFoundError:
            raise UserError(f"writer llm needs openai: {install_command('openai')}") from None
        self._key = self.settings.key()
        limits = openai.DEFAULT_CONNECTION_LIMITS
        most = self.settings.concurrency
        limits = type(limits)(max_connections=most, max_keepalive_connections=most)
        kind = openai.DefaultAioHttpClient  # half the work for the processor of the other one
        self._api = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self.settings.base_url,
            http_client=kind(limits=limits, timeout=self._timeout()),
            max_retries=0,
        )

    def begin(self, governor: Governor, storage: Storage | None = None) -> None:
        """Take the governor, and the folder that knows what earlier runs found out."""
        self.governor, self.storage = governor, storage
        if storage is not None and self.dialect is None:
            self.dialect = known_dialect(storage, self.settings)

    async def check(self) -> None:
        """See that the server is there and has the model, if it lists its models.

        Raises:
            UserError: it is not, or has not.
        """
        import openai

        url, model = self.settings.base_url, self.settings.model
        try:
            served = [entry.id async for entry in await self._api.models.list()]
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise UserError(f"llm.base_url: no server answers at {url} ({cause})") from None
        except openai.APIStatusError as error:
            refusal = self._refusal(error)
            if error.status_code in (401, 402, 403):
                raise refusal from None
            return  # some servers do not list their models
        except (openai.APIError, ValueError, TypeError):
            return
        if served and model not in served:
            some = ", ".join(served[:5])
            raise UserError(f"llm.model: {url} does not serve {model}; it has {some}")

    def done_with(self, key: str) -> None:
        """Be told that an answer is in the journal, by the hash of what was asked."""

    def stop(self, why: Exception) -> None:
        """Send nothing more; what is in flight may end."""
        self.ending = self.ending or why
        for task in self._waiting:
            task.cancel()

    async def close(self) -> None:
        """Close the connections."""
        if self._api is not None:
            await self._api.close()

    async def ask(self, request: Request) -> Reply:
        """Return the answer to a request; it may have a flaw.

        Failed requests (429, 5xx, timeouts, lost connections) are tried again with growing,
        jittered pauses, or after what the server's `Retry-After` says.

        Raises:
            NoAnswer: it failed too often, or the server will not take it.
            BudgetSpent: it would go beyond a budget.
            UserError: no request can succeed: the key, the model, the quota or the server.
        """
        if not await self._understood():
            return await self._explore(request)
        assert self.dialect is not None
        return await self._persist(request, self.dialect)

    async def _understood(self) -> bool:
        """Wait until it is known what the server understands; False if nobody is finding out."""
        while self.dialect is None:
            if self._scout is None:
                return False
            with self._interruptible():
                await asyncio.shield(self._scout)
        return True

    async def _explore(self, request: Request) -> Reply:
        """Return the answer to a request that goes alone, to find out what is understood."""
        self._scout = asyncio.get_running_loop().create_future()
        try:
            return await self._find_out(request)
        finally:
            self._let_others()
            self._scout = None

    async def _find_out(self, request: Request) -> Reply:
        dialect: Dialect | None = Dialect()
        complaint = ""
        while dialect is not None:
            try:
                return await self._persist(request, dialect)
            except NoAnswer as error:
                if error.reason != "server_rejected":
                    raise
                complaint = error.detail
                dialect = dialect.without(complaint)
        raise NoAnswer("server_rejected", complaint)

    def _taken(self, dialect: Dialect) -> None:
        """Be told that the server has taken a request."""
        if self.dialect is None:
            self.dialect = dialect
            if self.storage is not None:
                write_dialect(self.storage, self.settings, dialect)
            self._let_others()

    def _let_others(self) -> None:
        if self._scout is not None and not self._scout.done():
            self._scout.set_result(None)

    async def _persist(self, request: Request, dialect: Dialect) -> Reply:
        answered = self._answered
        last = _TryAgain("server_failed", "")
        for attempt in range(self.settings.retries + 1):
            if attempt and not last.pause:  # a pause that the server wants, the governor keeps
                wait = min(2.0 ** (attempt - 1), _LONGEST_PAUSE)
                with self._interruptible():
                    await asyncio.sleep(wait * self._dice.uniform(0.5, 1.5))
            try:
                reply = await self._once(request, dialect)
            except _TryAgain as error:
                last = error
                self._failures += 1
            else:
                self._answered += 1
                self._failures = 0
                return reply
        if self._answered == answered and self._failures >= 2 * (self.settings.retries + 1):
            raise UserError(
                f"{self.settings.base_url}: nothing but failures ({last.reason}: {last.detail}); "
                "what was answered is kept: see to the server, then run again"
            )
        raise NoAnswer(last.reason, last.detail)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Be woken by `stop` while nothing has been sent.

        Raises:
            Stopped: the run is ending.
        """
        if self.ending:
            raise Stopped
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if self.ending:
                raise Stopped from None
            raise
        finally:
            self._waiting.discard(task)

    async def _once(self, request: Request, dialect: Dialect) -> Reply:
        with self._interruptible():
            lease = await self.governor.enter(request.letters)
        outcome: Outcome = "failed"
        reply: Reply | None = None
        pause = first_token = None
        try:
            reply, first_token = await self._send(request, dialect)
            outcome = "answered"
        except _TryAgain as error:
            outcome, pause = error.outcome, error.pause
            raise
        finally:
            usage = reply.usage if reply else None
            await asyncio.shield(self.governor.leave(lease, outcome, usage, first_token, pause))
        return reply

    async def _send(self, request: Request, dialect: Dialect) -> tuple[Reply, float | None]:
        """Send a request and gather the answer; returns it with the seconds to its first token."""
        import httpx2
        import openai

        try:
            return await self._stream(request, dialect)
        except TimeoutError as error:
            raise _TryAgain("server_timeout", str(error), "timed_out") from None
        except openai.APITimeoutError:
            wait = self.settings.connect_seconds
            raise _TryAgain("server_timeout", f"no connection in {wait:g} s", "timed_out") from None
        except openai.APIStatusError as error:
            raise self._refusal(error) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise _TryAgain("server_unreachable", self._brief(str(cause) or repr(cause))) from None
        except httpx2.HTTPError as error:  # while the answer comes in
            raise _TryAgain("server_unreachable", self._brief(str(error) or repr(error))) from None
        except ServerError as error:
            raise _TryAgain("server_failed", self._brief(str(error))) from None

    async def _stream(self, request: Request, dialect: Dialect) -> tuple[Reply, float | None]:
        body = dialect.body(request, self.settings)
        extra = {**self.settings.extra_body, "stream": True}
        if dialect.counts:
            extra["stream_options"] = {"include_usage": True}
        gathered, begun = Gathering(), time.monotonic()
        patience, total = self.settings.first_token_seconds, self.settings.total_seconds
        first_token: float | None = None
        loop = asyncio.get_running_loop()
        end = loop.time() + total
        try:
            async with (
                asyncio.timeout_at(min(end, loop.time() + patience)) as deadline,
                AsyncExitStack() as stack,
            ):
                events = await self._open_stream(stack, body, extra)
                self._taken(dialect)
                async for event in events:
                    gathered.add(event)
                    if gathered.begun:
                        first_token = first_token or time.monotonic() - begun
                        deadline.reschedule(min(end, loop.time() + patience))
                    if gathered.endless:
                        break
        except TimeoutError:
            raise TimeoutError(
                _lateness(first_token, loop.time() >= end, patience, total)
            ) from None
        if gathered.finish is None and not gathered.endless:
            raise ServerError("the answer broke off")
        return gathered.reply(request.letters, time.monotonic() - begun), first_token

    async def _open_stream(
        self, stack: AsyncExitStack, body: dict[str, Any], extra: dict[str, Any]
    ) -> AsyncIterator[Any]:
        """Return the events of an answer, also of one that comes in one piece.

        The events are read as they are: the package's own models cost a processor four times as
        much, for answers of a thousand tokens.
        """
        create = self._api.chat.completions.with_streaming_response.create
        return _events(await stack.enter_async_context(create(**body, extra_body=extra)))

    def _refusal(self, error: Any) -> Exception:
        """Return what an HTTP status means: try again, no answer to this one, or the end."""
        told = error.response.text if error.message == f"Error code: {error.status_code}" else ""
        code, detail = error.status_code, self._brief(told or str(error.message))
        kind = str(getattr(error, "code", None) or getattr(error, "type", None) or "")
        server = self.settings.base_url
        if code in (401, 403):
            variable = self.settings.key_variable
            what = f"the key in {variable}" if variable else "a request without a key"
            return UserError(f"llm.key_variable: {server} does not accept {what}")
        if code == 404:
            return UserError(f"llm.model: {server} does not serve {self.settings.model} ({detail})")
        if code == 402 or "insufficient_quota" in kind:
            return UserError(f"{server}: the account has no money left ({detail})")
        if code == 429:
            return _TryAgain(
                "server_busy", detail, "throttled", _retry_after(error.response.headers)
            )
        if code == 408 or code >= 500:
            pause = _retry_after(error.response.headers)
            return _TryAgain("server_failed", f"{code}: {detail}", "failed", pause)
        if "context_length" in kind or "context length" in detail or "context size" in detail:
            return NoAnswer("prompt_too_long", detail)
        if "content_filter" in kind:
            return NoAnswer("refused", detail)
        return NoAnswer("server_rejected", f"{code}: {detail}")

    def _brief(self, text: str) -> str:
        """Return a server's words on one line, without the key."""
        plain = " ".join(text.split())
        if self._key and self._key != "none":
            plain = plain.replace(self._key, "***")
        return plain if len(plain) <= 300 else f"{plain[:299]}…"

    def _timeout(self) -> Any:
        from openai import Timeout

        return Timeout(self.settings.total_seconds, connect=self.settings.connect_seconds)


async def _events(response: Any) -> AsyncIterator[Any]:
    """Yield the data of server-sent events as JSON, or the whole of an answer that is not a stream.

    Comments, which keep a connection alive, and the end mark are passed over.
    """
    whole: list[str] = []
    async for line in response.iter_lines():
        if line.startswith("data:"):
            data = line[5:].strip()
            if data == "[DONE]":
                return
            yield _json(data)
        elif not line.startswith(_SSE_FIELDS):
            whole.append(line)
    if any(whole):
        yield _json("\n".join(whole))


_SSE_FIELDS = (":", "event:", "id:", "retry:")


def _json(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise ServerError(f"not JSON: {content[:100]}") from None


def _lateness(first_token: float | None, over: bool, patience: float, total: float) -> str:
    if over:
        return f"not finished in {total:g} s"
    if first_token is None:
        return f"no token in {patience:g} s"
    return f"the stream stood still for {patience:g} s"


def _retry_after(headers: Any) -> float | None:
    """Return the seconds a server wants to be left alone: a number or a date."""
    milliseconds, told = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds:
            return float(milliseconds) / 1000
        return float(told) if told else None
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
