"""The Ray engine: actors that hold a loaded stage and pull the shards that are ready for it."""

import dataclasses
import logging
import socket
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.work import Done, SideBySide, Work, clips_in
from auricle.pipeline.llm.governor import Governor
from auricle.pipeline.llm.ray_governor import start_governor
from auricle.pipeline.stage_settings import EngineSettings
from auricle.pipeline.writing import GRACE, Generate, spent_before
from auricle.schemas.errors import UserError

_TRIES = 3
"""How often a shard may cost its worker's life before the run ends."""


class Worker:
    """One stage, loaded once, over as many shards as it is given. Runs inside an actor."""

    def __init__(self, work: Work, uri: str) -> None:
        self.work = work
        self.data = Dataset(uri)
        self.loaded = False
        self.loading = threading.Lock()

    def run(self, shard: int) -> Done:
        """Work on one shard and return the sums; the rows go to disk, never through Ray."""
        with self.loading:
            if not self.loaded:
                self.work.load()
                self.loaded = True
        told = [Done()]
        self.work.run(self.data, shard, told.append)
        return Done(*(sum(column) for column in zip(*told, strict=True)))

    def stop(self) -> None:
        """Begin nothing more, where the work can end what it has begun."""
        if isinstance(self.work, SideBySide):
            self.work.stop()


@dataclass(eq=False)
class _Hand:
    """A worker, the shards it has and the most it may have."""

    stage: str
    actor: Any
    seats: int
    shards: set[int] = field(default_factory=set)


def run_ray(
    data: Dataset, works: Sequence[Work], progress: Progress, settings: EngineSettings
) -> None:
    """Do what is pending of all works; a shard starts a stage as soon as it has what it needs.

    Each worker takes `settings.threads` processors. There is one worker at least, also where
    the cluster has fewer. A worker whose stage has nothing ready makes room for another stage.
    A stage that waits for a server has one worker, which takes no place and has several shards.

    Raises:
        UserError: the cluster cannot be reached, a stage cannot load, or a shard kills its worker
            again and again.
    """
    import ray

    started = connect(settings)
    try:
        resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
        total = int(resources.get("CPU", 1))
        cpus = min(settings.threads, total)
        works = list(_governed(data, works))
        _Pool(data, works, progress, slots=max(1, total // cpus), cpus=cpus).run()
    finally:
        if started:
            ray.shutdown()


def connect(settings: EngineSettings) -> bool:
    """Join the cluster of the settings, or start one on this machine; True if one was started.

    Raises:
        UserError: the cluster cannot be reached.
    """
    import ray

    if ray.is_initialized():
        return False
    where = settings.address or "this machine"
    try:
        if settings.address and settings.address != "auto":
            _knock(settings.address)
        ray.init(
            address=settings.address or "local",
            include_dashboard=False if settings.address is None else None,
            log_to_driver=False,
            logging_level=logging.WARNING,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"ray: cannot start on or reach {where}: {error}") from None
    return True


def _knock(address: str) -> None:
    """Raise soon if nothing listens at `host:port`; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("an address is host:port, ray://host:port or auto")
    with socket.create_connection((host, int(port)), timeout=10):
        pass


def _governed(data: Dataset, works: Sequence[Work]) -> Iterator[Work]:
    """Yield the works; those that ask the same model share its pace and budget."""
    governors: dict[str, Governor] = {}
    for work in works:
        if isinstance(work, Generate):
            key = work.llm.model_dump_json()
            if key not in governors:
                governors[key] = start_governor(work.llm, spent_before(data, work.llm))
            yield dataclasses.replace(work, governor=governors[key])
        else:
            yield work


class _Pool:
    """Workers of all stages in a fixed number of slots."""

    def __init__(
        self, data: Dataset, works: Sequence[Work], progress: Progress, slots: int, cpus: int
    ) -> None:
        self.data, self.progress, self.slots, self.cpus = data, progress, slots, cpus
        self.works = {work.name: work for work in works}
        tables = {table for work in works for table in (*work.reads, *work.writes)}
        self.done = {table: set(data.shards(table)) for table in tables}
        self.ready: dict[str, deque[int]] = {name: deque() for name in self.works}
        self.hands: list[_Hand] = []
        self.busy: dict[Any, tuple[_Hand, int]] = {}
        self.deaths: Counter[tuple[str, int]] = Counter()

    def run(self) -> None:
        """Work until no (stage, shard) pair is ready and none is in flight."""
        import ray

        shards = sorted(set().union(*(self.done[work.reads[0]] for work in self.works.values())))
        for name, work in self.works.items():
            todo = [shard for shard in shards if not self._finished(work, shard)]
            clips = clips_in(self.data, work, todo)
            self.progress.start(name, len(shards), len(shards) - len(todo), clips)
            self.ready[name].extend(shard for shard in shards if self._ready(work, shard))
        try:
            while self._assign():
                refs, _ = ray.wait(list(self.busy), num_returns=1)
                self._collect(refs[0])
        finally:
            self._end()

    def _finished(self, work: Work, shard: int) -> bool:
        return all(shard in self.done[table] for table in work.writes)

    def _ready(self, work: Work, shard: int) -> bool:
        readable = all(shard in self.done[table] for table in work.reads)
        return readable and not self._finished(work, shard)

    def _assign(self) -> bool:
        """Give every free seat a ready shard; False when there is nothing left to wait for."""
        for stage in sorted(self.ready, key=lambda name: -len(self.ready[name])):
            while self.ready[stage]:
                hand = self._seat(stage) or self._hire(stage)
                if hand is None:
                    break
                shard = self.ready[stage].popleft()
                hand.shards.add(shard)
                self.busy[hand.actor.run.remote(shard)] = hand, shard
        return bool(self.busy)

    def _seat(self, stage: str) -> _Hand | None:
        """Return a worker of the stage that can take another shard."""
        free = (h for h in self.hands if h.stage == stage and len(h.shards) < h.seats)
        return next(free, None)

    def _hire(self, stage: str) -> _Hand | None:
        """Return a new worker of the stage, if there is a place or one can be made."""
        import ray

        work = self.works[stage]
        waits = isinstance(work, SideBySide)
        if waits and any(hand.stage == stage for hand in self.hands):
            return None
        if not waits:
            placed = [h for h in self.hands if not isinstance(self.works[h.stage], SideBySide)]
            if len(placed) >= self.slots:
                idle = next((h for h in placed if not h.shards and not self.ready[h.stage]), None)
                if idle is None:
                    return None
                self._dismiss(idle)
        seats = work.at_once if isinstance(work, SideBySide) else 1
        options = (
            {"num_cpus": 0, "max_concurrency": seats + 1} if waits else {"num_cpus": self.cpus}
        )
        worker: Any = ray.remote(Worker)
        actor = worker.options(**options).remote(work, self.data.storage.uri)
        self.hands.append(_Hand(stage, actor, seats))
        return self.hands[-1]

    def _dismiss(self, hand: _Hand) -> None:
        import ray

        self.hands.remove(hand)
        ray.kill(hand.actor)

    def _end(self) -> None:
        """Dismiss all workers; those that wait for a server may first end what they asked."""
        import ray

        asked = [ref for ref, (hand, _) in self.busy.items()
                 if isinstance(self.works[hand.stage], SideBySide)]  # fmt: skip
        if asked:
            for hand in self.hands:
                hand.actor.stop.remote()
            ray.wait(asked, num_returns=len(asked), timeout=GRACE + 5)
        for hand in list(self.hands):
            self._dismiss(hand)

    def _collect(self, ref: Any) -> None:
        """Take the result of a shard, or mourn its worker."""
        import ray
        from ray.exceptions import RayActorError, RayTaskError

        hand, shard = self.busy.pop(ref)
        hand.shards.discard(shard)
        try:
            sums = ray.get(ref)
        except RayTaskError as error:
            raise (error.cause if isinstance(error.cause, UserError) else error) from None
        except RayActorError as error:
            if "creation task" in str(error):
                last_line = str(error).strip().splitlines()[-1]
                raise UserError(f"{hand.stage}: a worker cannot start: {last_line}") from None
            if hand in self.hands:
                self.hands.remove(hand)
            self.deaths[hand.stage, shard] += 1
            if self.deaths[hand.stage, shard] == _TRIES:
                raise UserError(
                    f"{hand.stage}: shard {shard} killed its worker {_TRIES} times "
                    f"({error}); look for lack of memory, then run again to resume"
                ) from None
            self.ready[hand.stage].appendleft(shard)
            return
        self.progress.tell(hand.stage, sums)
        self.progress.shard(hand.stage)
        for table in self.works[hand.stage].writes:
            self.done[table].add(shard)
        for name, work in self.works.items():
            if hand.stage != name and self._ready(work, shard):
                self._enqueue(name, shard)

    def _enqueue(self, stage: str, shard: int) -> None:
        flying = any(h.stage == stage and shard in h.shards for h in self.hands)
        if not flying and shard not in self.ready[stage]:
            self.ready[stage].append(shard)
