"""The Ray engine: actors that hold a loaded stage and pull the shards that are ready for it."""

import logging
import socket
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auricle.pipeline.config import EngineSettings
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.work import Done, Work, clips_in
from auricle.schemas.errors import UserError

_TRIES = 3
"""How often a shard may cost its worker's life before the run ends."""


class Worker:
    """One stage, loaded once, over as many shards as it is given. Runs inside an actor."""

    def __init__(self, work: Work, uri: str) -> None:
        self.work = work
        self.data = Dataset(uri)
        self.loaded = False

    def run(self, shard: int) -> Done:
        """Work on one shard and return the sums; the rows go to disk, never through Ray."""
        if not self.loaded:
            self.work.load()
            self.loaded = True
        told = [Done()]
        self.work.run(self.data, shard, told.append)
        return Done(*(sum(column) for column in zip(*told, strict=True)))


@dataclass
class _Busy:
    actor: Any
    stage: str
    shard: int


def run_ray(
    data: Dataset, works: Sequence[Work], progress: Progress, settings: EngineSettings
) -> None:
    """Do what is pending of all works; a shard starts a stage as soon as it has what it needs.

    Each worker takes `settings.threads` processors. There is one worker at least, also where
    the cluster has fewer. A worker whose stage has nothing ready makes room for another stage.

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
        self.idle: list[tuple[str, Any]] = []
        self.busy: dict[Any, _Busy] = {}
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
            for actor in [actor for _, actor in self.idle] + [b.actor for b in self.busy.values()]:
                ray.kill(actor)

    def _finished(self, work: Work, shard: int) -> bool:
        return all(shard in self.done[table] for table in work.writes)

    def _ready(self, work: Work, shard: int) -> bool:
        readable = all(shard in self.done[table] for table in work.reads)
        return readable and not self._finished(work, shard)

    def _assign(self) -> bool:
        """Give every slot a ready shard; False when there is nothing left to wait for."""
        import ray

        while any(self.ready.values()):
            at = next((i for i, (stage, _) in enumerate(self.idle) if self.ready[stage]), None)
            if at is not None:
                stage, actor = self.idle.pop(at)
            elif len(self.idle) + len(self.busy) < self.slots or self.idle:
                if len(self.idle) + len(self.busy) >= self.slots:
                    ray.kill(self.idle.pop()[1])
                stage = max(self.ready, key=lambda name: len(self.ready[name]))
                worker = ray.remote(num_cpus=self.cpus)(Worker)
                actor = worker.remote(self.works[stage], self.data.storage.uri)
            else:
                break
            shard = self.ready[stage].popleft()
            self.busy[actor.run.remote(shard)] = _Busy(actor, stage, shard)
        return bool(self.busy)

    def _collect(self, ref: Any) -> None:
        """Take the result of a shard, or mourn its worker."""
        import ray
        from ray.exceptions import RayActorError, RayTaskError

        done = self.busy.pop(ref)
        try:
            sums = ray.get(ref)
        except RayTaskError as error:
            ray.kill(done.actor)
            raise (error.cause if isinstance(error.cause, UserError) else error) from None
        except RayActorError as error:
            if "creation task" in str(error):
                last_line = str(error).strip().splitlines()[-1]
                raise UserError(f"{done.stage}: a worker cannot start: {last_line}") from None
            self.deaths[done.stage, done.shard] += 1
            if self.deaths[done.stage, done.shard] == _TRIES:
                raise UserError(
                    f"{done.stage}: shard {done.shard} killed its worker {_TRIES} times "
                    f"({error}); look for lack of memory, then run again to resume"
                ) from None
            self.ready[done.stage].appendleft(done.shard)
            return
        self.idle.append((done.stage, done.actor))
        self.progress.tell(done.stage, sums)
        self.progress.shard(done.stage)
        for table in self.works[done.stage].writes:
            self.done[table].add(done.shard)
        for name, work in self.works.items():
            if done.stage != name and self._ready(work, done.shard):
                self._enqueue(name, done.shard)

    def _enqueue(self, stage: str, shard: int) -> None:
        flying = any(b.stage == stage and b.shard == shard for b in self.busy.values())
        if not flying and shard not in self.ready[stage]:
            self.ready[stage].append(shard)
