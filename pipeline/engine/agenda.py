"""What is left to do: shards that are ready for a stage, and parts of those that kill."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine import parts
from auricle.pipeline.engine.parts import Reason
from auricle.pipeline.engine.work import Work
from auricle.schemas.errors import UserError

_DEATHS = 3
"""How many workers a shard that cannot be divided may cost."""
_ALONE = 2
"""How many workers a clip that is alone may cost before it is given up."""


@dataclass(frozen=True)
class Piece:
    """A shard for a stage: all of it, some of its rows, or its parts that are to be joined."""

    stage: str
    shard: int
    rows: range | None = None
    join: tuple[range, ...] = ()
    tries: int = 0


class Agenda:
    """The pieces that are ready, by stage. A shard is ready when what it needs is on disk."""

    def __init__(self, data: Dataset, works: Sequence[Work]) -> None:
        self.data = data
        self.works = {work.name: work for work in works}
        tables = {table for work in works for table in (*work.reads, *work.writes)}
        self.done = {table: set(data.shards(table)) for table in tables}
        self.shards = sorted(set().union(*(self.done[work.reads[0]] for work in works)))
        self.ready: dict[str, deque[Piece]] = {
            name: deque(Piece(name, shard) for shard in self.shards if self._ready(work, shard))
            for name, work in self.works.items()
        }
        self._known_clips: dict[int, int] = {}
        self._open: Counter[tuple[str, int]] = Counter()
        self._made: dict[tuple[str, int], list[range]] = defaultdict(list)
        self._deaths: Counter[tuple[Piece, str]] = Counter()

    def todo(self, stage: str) -> list[int]:
        """Return the shards that a stage has not done."""
        return [shard for shard in self.shards if not self._finished(self.works[stage], shard)]

    def clips(self, shard: int) -> int:
        """Return how many clips a shard has, 0 before it is cut."""
        if shard not in self._known_clips:
            if not self.data.has("clips", shard):
                return 0
            self._known_clips[shard] = self.data.count("clips", shard)
        return self._known_clips[shard]

    def size(self, piece: Piece) -> int:
        """Return how many clips a piece has, 0 where they are not known."""
        if piece.rows is not None:
            return len(piece.rows)
        return 0 if piece.join else self.clips(piece.shard)

    def again(self, piece: Piece, slow: bool = False) -> None:
        """Put a piece back that is not to blame for what happened, unless it was too slow."""
        tries = piece.tries + int(slow)
        self.ready[piece.stage].appendleft(replace(piece, tries=tries))

    def finish(self, piece: Piece) -> bool:
        """Note that a piece is on disk; True if the shard is, and what waited for it is ready."""
        key = piece.stage, piece.shard
        if piece.rows is not None:
            self._made[key].append(piece.rows)
            self._open[key] -= 1
            if not self._open[key]:
                whole = tuple(sorted(self._made.pop(key), key=lambda rows: rows.start))
                self.ready[piece.stage].appendleft(Piece(*key, join=whole))
            return False
        for table in self.works[piece.stage].writes:
            self.done[table].add(piece.shard)
        for name, work in self.works.items():
            waits = set(work.reads) & set(self.works[piece.stage].writes)
            if waits and self._ready(work, piece.shard):
                self.ready[name].append(Piece(name, piece.shard))
        return True

    def suspect(self, piece: Piece, reason: Reason, detail: str) -> int:
        """Divide a piece whose worker died or hung; one that is alone is given up in the end.

        Returns:
            How many rows were given up.

        Raises:
            UserError: the stage looks at all rows of a shard together, and they cost too much.
        """
        work = self.works[piece.stage]
        if piece.join or not work.by_row:
            self._count(piece, detail)
            self.again(piece)
            return 0
        key = piece.stage, piece.shard
        rows = piece.rows
        if rows is None:
            rows = range(self.data.count(work.reads[0], piece.shard))
            self._open[key] = 1
        both = parts.halves(self.data, work, piece.shard, rows)
        if both is not None:
            self._open[key] += 1
            self.ready[piece.stage].extendleft(Piece(*key, rows=half) for half in both[::-1])
            return 0
        return self._alone(Piece(*key, rows=rows), rows, reason, detail)

    def _alone(self, piece: Piece, rows: range, reason: Reason, detail: str) -> int:
        """Try a clip once more, then give up the first of its tables that is missing."""
        work, data = self.works[piece.stage], self.data
        missing = parts.missing(data, work, piece.shard, rows)
        given_up = 0
        if missing:
            self._deaths[piece, missing[0]] += 1
            if self._deaths[piece, missing[0]] == _ALONE:
                parts.give_up(data, work, piece.shard, rows, reason, detail)
                missing = parts.missing(data, work, piece.shard, rows)
                given_up = len(rows)
        if missing:
            self.again(piece)
        else:
            self.finish(piece)
        return given_up

    def _count(self, piece: Piece, detail: str) -> None:
        self._deaths[piece, ""] += 1
        if self._deaths[piece, ""] == _DEATHS:
            raise UserError(
                f"{piece.stage}: shard {piece.shard} cost {_DEATHS} workers ({detail}); "
                "look for lack of memory, then run again to resume"
            )

    def _finished(self, work: Work, shard: int) -> bool:
        return all(shard in self.done[table] for table in work.writes)

    def _ready(self, work: Work, shard: int) -> bool:
        readable = all(shard in self.done[table] for table in work.reads)
        return readable and not self._finished(work, shard)
