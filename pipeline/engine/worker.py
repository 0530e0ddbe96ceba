"""A worker of the Ray engine: one work, loaded once, over as many shards as it is given."""

import threading
from collections.abc import Sequence

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.parts import Part, join
from auricle.pipeline.engine.work import Done, SideBySide, Work


class Worker:
    """Runs inside an actor with a thread for each shard, one for `pulse` and one for `stop`."""

    def __init__(self, work: Work, uri: str) -> None:
        self.work = work
        self.uri = uri
        self.beats = 0
        self.done = Done()
        self._telling = threading.Lock()

    def load(self) -> None:
        """Read weights."""
        self.work.load()

    def run(self, shard: int, rows: range | None) -> tuple[int, Done]:
        """Work on a shard, or on some of its rows; the rows made go to disk, never through Ray."""
        data = Dataset(self.uri) if rows is None else Part(self.uri, rows)
        works: Sequence[Work] = [self.work]
        if rows is not None and len(rows) == 1 and isinstance(self.work, Chain):
            works = self.work.apart()
        for work in works:
            work.run(data, shard, self._tell)
        return self.pulse()

    def join(self, shard: int, parts: Sequence[range]) -> tuple[int, Done]:
        """Make one shard of its parts."""
        join(Dataset(self.uri), self.work, shard, parts)
        return self.pulse()

    def pulse(self) -> tuple[int, Done]:
        """Return how often there was something to tell so far, and the sum of it."""
        with self._telling:
            return self.beats, self.done

    def stop(self) -> None:
        """Begin nothing more, where the work can end what it has begun."""
        if isinstance(self.work, SideBySide):
            self.work.stop()

    def _tell(self, done: Done) -> None:
        with self._telling:
            self.beats += 1
            self.done = self.done.and_also(done)
