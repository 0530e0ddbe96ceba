"""The stages that a language model writes: a shard's clips asked for side by side, journalled."""

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from auricle.pipeline.dataset import Dataset, Fingerprint, digest
from auricle.pipeline.engine.work import Done, Tell, errors_in
from auricle.pipeline.llm.batch import BatchClient
from auricle.pipeline.llm.client import Client, Stopped
from auricle.pipeline.llm.governor import Governor, LocalGovernor, Spent
from auricle.pipeline.llm.journal import Journal, spent, sum_up
from auricle.pipeline.llm.request import Reply, Request
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.testimonies import testimonies
from auricle.pipeline.text.asking import Task
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.generate import Ask, Generation
from auricle.pipeline.text.qa_task import marked_repeats, repeats
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.version import VERSION
from auricle.prompts import Prompt
from auricle.schemas.base import Provenance
from auricle.schemas.errors import UserError
from auricle.schemas.text import QA, Written

_SHARDS, _SHARDS_IN_BATCHES = 4, 32
GRACE = 30.0
"""Seconds that requests in flight have to end in when the run is stopped."""


WRITERS = ("caption", "qa")
"""The stages that write with one model, and so have one budget."""


@dataclass
class ModelWork(ABC):
    """A stage that asks a language model about the clips of a shard, and writes a row of each.

    A worker has several shards at a time, so that the end of one does not leave the server idle.
    Requests run on an event loop in a thread of its own.
    """

    name: str
    table: str
    llm: LlmSettings
    heard: tuple[str, ...]
    settings: dict[str, Any]
    governor: Governor | None = field(default=None, kw_only=True)
    paid_with: ClassVar[tuple[str, ...]] = WRITERS
    """The stages whose journals count for its budget."""
    by_row: ClassVar[bool] = False
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False, repr=False)
    _client: Client | None = field(default=None, init=False, repr=False)
    _opening: "threading.Lock | None" = field(default=None, init=False, repr=False)

    @property
    @abstractmethod
    def prompts(self) -> tuple[Prompt, ...]:
        """What the model is told.

        Raises:
            UserError: there is no such prompt, or it lacks a place.
        """

    @abstractmethod
    async def _rows(self, data: Dataset, shard: int, ask: Ask, tell: Tell) -> list[Written]:
        """Return the rows of a shard, in the clips' order."""

    @property
    def at_once(self) -> int:
        """How many shards a worker has at a time; a batch takes many."""
        return _SHARDS_IN_BATCHES if self.llm.mode == "batch" else _SHARDS

    @property
    def reads(self) -> tuple[str, ...]:
        """All that was said of a clip."""
        return ("recordings", "clips", *self.heard)

    @property
    def writes(self) -> tuple[str, ...]:
        """The one table it makes."""
        return (self.table,)

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the rows; where the server is does not change them."""
        told = {**self.llm.sampling, **self.settings}
        made = Fingerprint(
            provenance=Provenance(
                stage=self.table,
                backend="llm",
                version=VERSION,
                settings_hash=digest(told),
                code_licence="Apache-2.0",
                prompt_hash="+".join(prompt.hash for prompt in self.prompts),
            ),
            settings=told,
            needs={table: needs[table] for table in self.reads},
        )
        return {self.table: made}

    def load(self) -> None:
        """Start the event loop and see that the server is there.

        Raises:
            UserError: the key, the prompt or the server is missing, or does not have the model.
        """
        assert self.prompts
        self._opening = threading.Lock()
        self._client = BatchClient(self.llm) if self.llm.mode == "batch" else Client(self.llm)
        self._client.open()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True, name=self.name).start()
        try:
            self._wait(self._client.check())
        except UserError:
            self.close()
            raise

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Write the rows of a shard. Several threads may each have one.

        Raises:
            UserError: nothing more can be asked: the budget, the key, the quota or the server.
            Stopped: the run was stopped.
        """
        begun = time.perf_counter()
        self._get_ready(data)
        rows = self._wait(self._shard(data, shard, tell))
        told = self.fingerprints(dict.fromkeys(self.reads, ""))[self.table].provenance
        data.write(self.table, shard, rows, told, time.perf_counter() - begun)
        sum_up(data, self.name, shard)

    def stop(self) -> None:
        """Send nothing more. What is in flight has some seconds to end and be written down."""
        if self._loop is not None and self._client is not None:
            self._loop.call_soon_threadsafe(self._client.stop, Stopped())
            self._loop.call_soon_threadsafe(self._loop.call_later, GRACE, self._cancel)

    def close(self) -> None:
        """Close the connections and end the event loop."""
        if self._loop is not None and self._client is not None:
            self._wait(self._client.close())
            self._loop.call_soon_threadsafe(self._loop.stop)

    def _get_ready(self, data: Dataset) -> None:
        assert self._client is not None and self._opening is not None
        with self._opening:
            if self._client.storage is None:
                governor = self.governor
                if governor is None:
                    before = spent_before(data, self.llm, self.paid_with)
                    governor = LocalGovernor(self.llm, before)
                self._client.begin(governor, data.storage)

    async def _shard(self, data: Dataset, shard: int, tell: Tell) -> list[Written]:
        journal = await asyncio.to_thread(Journal, data, self.name, shard)

        async def ask(request: Request) -> Reply:
            return await self._ask(request, journal)

        return await self._rows(data, shard, ask, tell)

    async def _ask(self, request: Request, journal: Journal) -> Reply:
        key = request.key(self.llm)
        reply = journal.find(key)
        if reply is None:
            assert self._client is not None
            reply = await self._client.ask(request)
            await journal.add(key, request, reply, reply.usage.cost(self.llm.price))
            self._client.done_with(key)
        return reply

    async def _all(self, texts: Iterable[Coroutine[Any, Any, Written]]) -> list[Written]:
        """Return all rows, no more of them begun at a time than requests may be in flight.

        After an error that ends the run, what is in flight may still end.
        """
        assert self._client is not None
        window = asyncio.Semaphore(self.llm.concurrency)

        async def one(text: Coroutine[Any, Any, Written]) -> Written:
            try:
                return await self._guarded(text)
            finally:
                window.release()

        begun = []
        for text in texts:
            await window.acquire()
            begun.append(asyncio.create_task(one(text)))
            if self._client.ending:
                break
        done = await asyncio.gather(*begun, return_exceptions=True)
        problems = [each for each in done if isinstance(each, BaseException)]
        if self._client.ending:
            problems.append(self._client.ending)
        if problems:
            raise next((p for p in problems if not isinstance(p, Stopped)), problems[0])
        return [row for row in done if not isinstance(row, BaseException)]

    async def _guarded(self, text: Coroutine[Any, Any, Written]) -> Written:
        try:
            return await text
        except Exception as error:
            assert self._client is not None
            self._client.stop(error)
            raise

    def _cancel(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@dataclass
class Generate(ModelWork):
    """Texts by a language model."""

    task: Task[Any]

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What the writer is told."""
        return (self.task.prompt,)

    async def _rows(self, data: Dataset, shard: int, ask: Ask, tell: Tell) -> list[Written]:
        said = await asyncio.to_thread(testimonies, data, shard, self.heard)
        made: dict[int, Generation[Any]] = {}

        async def one(index: int, testimony: Testimony) -> Written:
            facts = learn(testimony)
            reason = too_little(facts)
            row: Written
            if reason:
                row = self.task.record.skipped(facts.clip_id, reason)
            else:
                made[index] = Generation(self.task, facts, ask, self.llm.price)
                row = await made[index].write()
            tell(Done(1, facts.duration, errors_in(row)))
            return row

        rows = await self._all(one(*numbered) for numbered in enumerate(said))
        return await self._without_repeats(made, rows)

    async def _without_repeats(
        self, made: dict[int, Generation[Any]], rows: list[Written]
    ) -> list[Written]:
        """Have questions that other clips of the shard ask too written anew; mark what stays."""
        questions = [row for row in rows if isinstance(row, QA)]
        if len(questions) < len(rows):
            return rows
        found = {i: marks for i, marks in repeats(questions).items() if i in made}
        again = await self._all(made[i].rewrite(marks) for i, marks in found.items())
        new = dict(zip(found, again, strict=True))
        texts = [new.get(i, row) for i, row in enumerate(rows)]
        return [*marked_repeats([row for row in texts if isinstance(row, QA)])]


def too_little(facts: Facts) -> str | None:
    """Return why a model cannot be asked about a clip, as a code; None where it can."""
    if facts.code is None:
        return "no_domain"
    return None if facts.all else "too_little_evidence"


def spent_before(data: Dataset, llm: LlmSettings, stages: Sequence[str] = WRITERS) -> Spent:
    """Return what the journals of some stages hold, where a budget asks for it."""
    if llm.budget_usd is None and llm.budget_tokens is None:
        return Spent()
    return spent(data, stages, data.shards("clips"))
