"""A client for a provider's batch API: requests gathered, uploaded, polled for and collected.

It keeps the contract of `Client`. What is in a batch is written down before the batch is made, so
that a later run finds it: it polls on, and pays for nothing twice.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.llm.client import Client, NoAnswer
from auricle.pipeline.llm.governor import Governor, Outcome
from auricle.pipeline.llm.reply import Gathering, ServerError
from auricle.pipeline.llm.request import Reply, Request
from auricle.schemas.errors import UserError

_FOLDER = "journals/batches"
_QUIET = 2.0
"""Seconds without a new request after which a batch is sent."""
_MOST_REQUESTS = 50_000
_MOST_BYTES = 100_000_000
_ENDPOINT = "/v1/chat/completions"
_ENDED = ("completed", "expired", "cancelled", "failed")


@dataclass
class _Asked:
    request: Request
    answer: "asyncio.Future[Reply]"
    tries: int = 0


@dataclass
class BatchClient(Client):
    """Asks one model through batches.

    While it is not known what the server understands, requests go alone and at once, as with
    `Client`.
    """

    _asked: dict[str, _Asked] = field(default_factory=dict, init=False, repr=False)
    _unsent: list[str] = field(default_factory=list, init=False, repr=False)
    _batch_of: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _left: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False)
    _early: dict[str, dict[str, Any]] = field(default_factory=dict, init=False, repr=False)
    _polling: dict[str, "asyncio.Task[None]"] = field(default_factory=dict, init=False, repr=False)
    _sending: "asyncio.Task[None] | None" = field(default=None, init=False, repr=False)
    _last: float = field(default=0.0, init=False)

    def begin(self, governor: Governor, storage: Storage | None = None) -> None:
        """Take the governor and the dataset's folder, and read which batches earlier runs left."""
        super().begin(governor, storage)
        for token, told in self._records():
            self._batch_of.update(dict.fromkeys(told["keys"], token))
            self._left[token] = set(told["keys"])

    async def ask(self, request: Request) -> Reply:
        """Return the answer to a request, when its batch has ended.

        Raises:
            NoAnswer: the server rejects it, or it failed too often.
            BudgetSpent: it would go beyond a budget.
            UserError: no request can succeed.
        """
        key = request.key(self.settings)
        if key in self._batch_of:  # it was let go by an earlier run
            with self._interruptible():
                return await self._in_a_batch(key, request)
        if not await self._understood():
            return await self._explore(request)
        with self._interruptible():
            lease = await self.governor.enter(request.letters)
        reply: Reply | None = None
        try:
            with self._interruptible():
                reply = await self._in_a_batch(key, request)
            return reply
        finally:
            outcome: Outcome = "answered" if reply else "failed"
            usage = reply.usage if reply else None
            await asyncio.shield(self.governor.leave(lease, outcome, usage))

    def done_with(self, key: str) -> None:
        """Let go of an answer that is in the journal; with its last one a batch is forgotten."""
        token = self._batch_of.pop(key, None)
        if token is not None:
            self._left[token].discard(key)
            if not self._left[token]:
                self._forget(token)

    async def _in_a_batch(self, key: str, request: Request) -> Reply:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[key] = _Asked(request, answer)
        self._want(key)
        return await answer

    def _want(self, key: str) -> None:
        """Wait for the batch that a request is in, or put it into the next one."""
        if key in self._early:
            self._hand_out(self._early.pop(key))
            return
        token = self._batch_of.get(key)
        if token is not None:
            if token not in self._polling:
                self._polling[token] = asyncio.create_task(self._guard(self._collect(token)))
            return
        self._unsent.append(key)
        self._last = time.monotonic()
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._guard(self._send_soon()))

    async def _send_soon(self) -> None:
        while self._unsent:
            wait = self._last + _QUIET - time.monotonic()
            if wait > 0 and len(self._unsent) < _MOST_REQUESTS:
                await asyncio.sleep(min(wait, 0.2))
                continue
            keys, content = self._next_batch()
            token = await self._make(keys, content)
            self._batch_of.update(dict.fromkeys(keys, token))
            self._left[token] = set(keys)
            self._polling[token] = asyncio.create_task(self._guard(self._collect(token)))

    def _next_batch(self) -> tuple[list[str], bytes]:
        """Return the requests of a batch, taken from those that wait, as JSON lines."""
        assert self.dialect is not None
        lines: list[bytes] = []
        size = 0
        for key in self._unsent[:_MOST_REQUESTS]:
            body = self.dialect.body(self._asked[key].request, self.settings)
            told = {"custom_id": key, "method": "POST", "url": _ENDPOINT}
            line = json.dumps({**told, "body": {**body, **self.settings.extra_body}})
            size += len(line)
            if lines and size > _MOST_BYTES:
                break
            lines.append(line.encode())
        keys, self._unsent = self._unsent[: len(lines)], self._unsent[len(lines) :]
        return keys, b"\n".join([*lines, b""])

    async def _make(self, keys: list[str], content: bytes) -> str:
        """Make a batch and return its token; what it holds is on disk before it exists."""
        token = uuid.uuid4().hex
        self._write(token, keys, None)
        sent = await self._api.files.create(file=(f"{token}.jsonl", content), purpose="batch")
        made = await self._api.batches.create(
            input_file_id=sent.id,
            endpoint=_ENDPOINT,
            completion_window="24h",
            metadata={"auricle": token},
        )
        self._write(token, keys, made.id)
        return token

    async def _collect(self, token: str) -> None:
        """Wait for a batch to end and hand out its answers.

        Raises:
            UserError: it was cancelled, or the provider did not take it.
        """
        import openai

        told = json.loads(self._place.read(_name(token)) or b"{}")
        ident = told.get("batch") or await self._lost_batch(token)
        if ident is None:  # the run ended before the batch was made
            self._forget(token)
            return
        try:
            batch = await self._ended(ident)
            for file in (batch.output_file_id, batch.error_file_id):
                content = (await self._api.files.content(file)).text if file else ""
                for line in filter(str.strip, content.splitlines()):
                    self._hand_out(json.loads(line))
        except openai.NotFoundError:  # the provider keeps results for some weeks only
            self._forget(token)
            return
        if batch.status in ("failed", "cancelled"):
            self._forget(token, again=False)
            problems = (batch.errors and batch.errors.data) or ()
            said = "; ".join(self._brief(str(problem.message)) for problem in problems[:3])
            raise UserError(
                f"batch {ident} {batch.status}{said and f': {said}'}; run again to go on"
            )
        for key in set(told["keys"]) & set(self._asked):  # it did not come to them
            self._batch_of.pop(key, None)
            self._want(key)

    async def _ended(self, ident: str) -> Any:
        """Return a batch when it has ended."""
        while True:
            batch = await self._api.batches.retrieve(ident)
            if batch.status in _ENDED:
                return batch
            await asyncio.sleep(self.settings.poll_seconds)

    async def _lost_batch(self, token: str) -> str | None:
        """Return the batch that was made just before a run ended, if it was made."""
        async for batch in await self._api.batches.list(limit=100):
            if (batch.metadata or {}).get("auricle") == token:
                return str(batch.id)
        return None

    def _hand_out(self, line: dict[str, Any]) -> None:
        """Give an answer to who waits for it. A failure that may pass is asked for again."""
        key = str(line.get("custom_id", ""))
        asked = self._asked.get(key)
        if asked is None:
            self._early[key] = line
            return
        response, error = line.get("response") or {}, line.get("error") or {}
        status, body = response.get("status_code"), response.get("body") or {}
        problem = str(error.get("message") or body.get("error") or status)
        if status == 200:
            gathered = Gathering()
            try:
                gathered.add(body)
            except ServerError as wrong:
                problem = str(wrong)
            else:
                self._asked.pop(key)
                asked.answer.set_result(gathered.reply(asked.request.letters, 0.0))
                return
        asked.tries += 1
        passing = status is None or status == 429 or status >= 500 or status == 200
        if not passing or asked.tries > self.settings.retries:
            reason = "server_failed" if passing else "server_rejected"
            asked.answer.set_exception(NoAnswer(reason, self._brief(problem)))
            self._asked.pop(key)

    def _forget(self, token: str, again: bool = True) -> None:
        """Forget a batch; what is waited for in it goes into the next one."""
        for key in self._left.pop(token, ()):
            self._batch_of.pop(key, None)
            if again and key in self._asked:
                self._want(key)
        self._place.delete_file(_name(token))

    async def _guard(self, work: Any) -> None:
        """Let an error that ends the run reach all who wait."""
        import openai

        try:
            await work
        except openai.APIStatusError as error:
            self._end(self._refusal(error))
        except openai.APIError as error:
            self._end(UserError(f"{self.settings.base_url}: {self._brief(str(error))}"))
        except Exception as error:
            self._end(error)

    def _end(self, error: Exception) -> None:
        for asked in self._asked.values():
            if not asked.answer.done():
                asked.answer.set_exception(error)
        self._asked.clear()

    @property
    def _place(self) -> Storage:
        assert self.storage is not None
        return self.storage

    def _write(self, token: str, keys: list[str], batch: str | None) -> None:
        told = {"batch": batch, "at": round(time.time()), "keys": keys}
        self._place.write(_name(token), json.dumps(told).encode())

    def _records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for file in self._place.names(_FOLDER):
            if file.endswith(".json"):
                content = self._place.read(f"{_FOLDER}/{file}")
                yield file.removesuffix(".json"), json.loads(content or b"{}")


def _name(token: str) -> str:
    return f"{_FOLDER}/{token}.json"
