"""The numbers of one stage: how far it is, how fast, and how long it will take."""

from collections import Counter, deque
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from auricle.pipeline.engine.work import Done

_MINUTE = 60.0


class Numbers(BaseModel):
    """How far a stage is, as plain numbers. Speeds are of the last minute unless they say mean."""

    model_config = ConfigDict(frozen=True)

    stage: str
    shards: int
    """That are on disk."""
    total: int
    clips: int
    """That this run worked on."""
    clips_per_second: float = 0.0
    mean_clips_per_second: float = 0.0
    real_time: float = 0.0
    """Seconds of sound in a second, which is hours of sound in an hour."""
    errors: dict[str, int] = {}
    """Error rows by reason."""
    workers: int = 0
    busy: int = 0
    ready: int = 0
    """Shards that wait for a worker."""
    unstaffed: float = 0.0
    """Seconds for which shards have waited while there was no worker at all."""
    left: float | None = None
    """Seconds; None while nobody knows."""

    @property
    def done(self) -> bool:
        """Whether all shards are on disk."""
        return self.shards >= self.total


@dataclass
class Line:
    """The state of one stage. Times are seconds of a steady clock that the caller reads."""

    stage: str
    total: int
    finished: int
    todo: int | None
    """How many clips it has to work on, where that is known."""
    begun: float
    fresh: int = 0
    """Shards that this run made, and the clips that there were when the last was made."""
    clips_then: int = 0
    clips: int = 0
    seconds: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    workers: int = 0
    busy: int = 0
    ready: int = 0
    staffed: float = field(init=False)
    ended: float | None = None
    recent: deque[tuple[float, Done]] = field(default_factory=deque)
    """What was told in the last minute, second by second."""

    def __post_init__(self) -> None:
        self.staffed = self.begun
        if self.finished >= self.total:
            self.ended = self.begun

    def tell(self, done: Done, now: float) -> None:
        """Clips were worked on; fewer than none where they have to be worked on again."""
        self.clips += done.clips
        self.seconds += done.seconds
        self.errors.update(done.errors)
        if self.recent and now - self.recent[-1][0] < 1:
            self.recent[-1] = (self.recent[-1][0], self.recent[-1][1].and_also(done))
        else:
            self.recent.append((now, done))
        while self.recent[0][0] < now - _MINUTE:
            self.recent.popleft()

    def shard(self, now: float) -> None:
        """A shard is on disk."""
        self.finished += 1
        self.fresh += 1
        self.clips_then = self.clips
        if self.finished >= self.total:
            self.ended = now

    def pool(self, workers: int, busy: int, ready: int, now: float) -> bool:
        """Take how many workers there are and how many shards wait; True if that is new.

        The time of a stage begins when its first worker has something to do.
        """
        if not busy and not self.clips and not self.fresh:
            self.begun = now
        if workers or not ready:
            self.staffed = now
        news = (workers, busy, ready) != (self.workers, self.busy, self.ready)
        self.workers, self.busy, self.ready = workers, busy, ready
        return news

    def numbers(self, now: float) -> Numbers:
        """Return the numbers of this moment."""
        spent = max((self.ended or now) - self.begun, 1e-3)
        mean = max(0.0, self.clips / spent)
        rate, times = mean, max(0.0, self.seconds / spent)
        if self.ended is None:
            lately = [done for at, done in self.recent if at >= now - _MINUTE]
            rate = max(0.0, sum(done.clips for done in lately) / min(spent, _MINUTE))
            times = max(0.0, sum(done.seconds for done in lately) / min(spent, _MINUTE))
        return Numbers(
            stage=self.stage,
            shards=self.finished,
            total=self.total,
            clips=self.clips,
            clips_per_second=round(rate, 2),
            mean_clips_per_second=round(mean, 2),
            real_time=round(times, 1),
            errors={reason: rows for reason, rows in self.errors.items() if rows > 0},
            workers=self.workers if self.ended is None else 0,
            busy=self.busy if self.ended is None else 0,
            ready=self.ready,
            unstaffed=round(now - self.staffed, 1) if self.ready and not self.workers else 0.0,
            left=0.0 if self.ended is not None else self._left(rate, mean),
        )

    def _left(self, rate: float, mean: float) -> float | None:
        """Return the seconds left, by the slower of both speeds.

        Clips that gates keep out fly by, as do answers that a journal holds: either may make the
        last minute or the whole look too fast. In a minute without news the mean alone counts.
        """
        clips = self._clips_left()
        speed = min(rate, mean) or mean
        return round(clips / speed, 1) if clips is not None and speed else None

    def _clips_left(self) -> float | None:
        """Return how many clips are left; from the shards made so far if they were not counted.

        Shards that workers have at the moment are taken to be half done.
        """
        if self.todo is not None and self.todo > self.clips:
            return self.todo - self.clips
        if not self.fresh:
            return None
        each = self.clips_then / (self.fresh + max(0, self.busy - 1) / 2)
        return max(0.0, each * (self.total - self.finished) - (self.clips - self.clips_then))


def clock(seconds: float) -> str:
    """Return a length of time as people say it: 42s, 3m05s, 2h10m, 3d04h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 100 * 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"
