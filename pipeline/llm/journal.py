"""The journal of a shard: every answer a model gave, on disk before it is used.

A line is an answer with the hash of what was asked. After a crash, and when a stage is done again,
what is in the journal is not asked again. Lines are only ever added. On a disk they are appended
and synced together, many at a time; on an object store, which cannot append, each group of lines
is an object of its own.
"""

import asyncio
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.llm.governor import Spent
from auricle.pipeline.llm.request import Reply, Request, Usage
from auricle.schemas.errors import UserError

FOLDER = "journals"
_EVERY_PUT = 2.0
"""Seconds between two objects of a journal on an object store: what a crash can cost there."""


class Journal:
    """The answers of one task to the clips of one shard."""

    def __init__(self, data: Dataset, task: str, shard: int) -> None:
        self.storage, self.name = data.storage, _name(task, shard)
        self._answers: dict[str, Reply] = {}
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        for line in _lines(self.storage, self.name):
            if "forget" in line:
                for key in line["forget"]:
                    self._answers.pop(key, None)
            else:
                self._answers[line["key"]] = _reply(line)

    def find(self, key: str) -> Reply | None:
        """Return the answer to a question that was asked before the journal was opened."""
        return self._answers.get(key)

    async def add(self, key: str, request: Request, reply: Reply, cost: float | None) -> None:
        """Write down an answer; it is on disk when this returns.

        Raises:
            UserError: the disk is full or refuses the write.
        """
        told = {"key": key, "clip_id": request.clip_id, "at": round(time.time(), 3), "cost": cost}
        line = json.dumps({**told, "letters": request.letters, **asdict(reply)}, ensure_ascii=False)
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((line, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        """Write the lines that wait, then those that came meanwhile."""
        while self._waiting:
            if not self.storage.local:
                await asyncio.sleep(_EVERY_PUT)
            group, self._waiting = self._waiting, []
            content = "".join(f"{line}\n" for line, _ in group).encode(errors="replace")
            try:
                await asyncio.to_thread(_append, self.storage, self.name, content)
            except Exception as error:  # whoever waits for the line is told
                problem: Exception = error
                if isinstance(error, OSError):
                    where = self.storage.path(self.name)
                    problem = UserError(f"{where}: cannot write: {error.strerror or error}")
                for _, written in group:
                    if not written.done():
                        written.set_exception(problem)
            else:
                for _, written in group:
                    if not written.done():
                        written.set_result(None)


def forget(data: Dataset, task: str, shard: int, clip_ids: Sequence[str]) -> None:
    """Have the answers to some clips asked for again; what they cost stays in the journal."""
    name, wanted = _name(task, shard), set(clip_ids)
    keys = [line["key"] for line in _lines(data.storage, name) if line.get("clip_id") in wanted]
    if keys:
        _append(data.storage, name, f"{json.dumps({'forget': keys})}\n".encode())


class Entry(NamedTuple):
    """An answer in a journal: the hash and the length in characters of what was asked."""

    key: str
    letters: int
    reply: Reply


def entries(data: Dataset, task: str, shard: int) -> Iterator[Entry]:
    """Yield the answers of a shard's journal, oldest first."""
    for line in _lines(data.storage, _name(task, shard)):
        if "key" in line:
            yield Entry(line["key"], line["letters"], _reply(line))


def sum_up(data: Dataset, task: str, shard: int) -> Spent:
    """Write down what a shard's journal has cost, so that it need not be read for that again."""
    name = _name(task, shard)
    size, total = _size(data.storage, name), _count(data.storage, name)
    if size:
        told = json.dumps({"bytes": size, **total._asdict()})
        data.storage.write(f"{name}.spent", told.encode())
    return total


def spent(data: Dataset, tasks: Sequence[str], shards: Sequence[int]) -> Spent:
    """Return what all answers in the journals of a dataset have cost."""
    totals = [_spent(data.storage, _name(task, shard)) for task in tasks for shard in shards]
    return Spent(*(sum(column) for column in zip(Spent(), *totals, strict=True)))


def _spent(storage: Storage, name: str) -> Spent:
    size = _size(storage, name)
    told = json.loads(storage.read(f"{name}.spent") or b"{}") if size else {}
    if told.pop("bytes", None) == size and size:
        return Spent(**told)
    return _count(storage, name) if size else Spent()


def _count(storage: Storage, name: str) -> Spent:
    requests = tokens = 0
    usd = 0.0
    for line in _lines(storage, name):
        if "key" in line:
            requests += 1
            tokens += line["usage"]["prompt"] + line["usage"]["completion"]
            usd += line["cost"] or 0.0
    return Spent(requests, tokens, usd)


def _name(task: str, shard: int) -> str:
    return f"{FOLDER}/{task}/shard-{shard:05d}"


def _files(storage: Storage, name: str) -> list[str]:
    """Return the files of a journal: one on a disk, many objects elsewhere."""
    if storage.local:
        return [f"{name}.jsonl"] if storage.exists(f"{name}.jsonl") else []
    return [f"{name}/{part}" for part in storage.names(name)]


def _size(storage: Storage, name: str) -> int:
    paths = [storage.path(file) for file in _files(storage, name)]
    return sum(info.size for info in storage.fs.get_file_info(paths)) if paths else 0


def _lines(storage: Storage, name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a journal; one that a crash cut short is passed over."""
    for file in _files(storage, name):
        for line in (storage.read(file) or b"").split(b"\n"):
            try:
                found = json.loads(line) if line else None
            except ValueError:
                continue
            if isinstance(found, dict):
                yield found


def _append(storage: Storage, name: str, content: bytes) -> None:
    """Add lines to a journal and see that they are on disk."""
    if not storage.local:
        part = f"{name}/{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.jsonl"
        storage.write(part, content)
        return
    path = Path(storage.path(f"{name}.jsonl"))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            content = b"\n" + content  # after a line that a crash cut short
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reply(line: dict[str, Any]) -> Reply:
    fields = {name: line[name] for name in Reply.__dataclass_fields__ if name in line}
    return Reply(**{**fields, "usage": Usage(**line["usage"])})
