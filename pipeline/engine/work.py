"""A unit of work: a stage of the pipeline over one shard."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from auricle.pipeline.dataset import Dataset, Fingerprint


class Done(NamedTuple):
    """What was done since last told."""

    clips: int = 0
    seconds: float = 0.0
    errors: int = 0


Tell = Callable[[Done], None]


class Stage(Protocol):
    """Tables made from tables."""

    @property
    def name(self) -> str:
        """The stage's name on the command line and in the progress."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables whose shard must be there first."""

    @property
    def writes(self) -> tuple[str, ...]:
        """The tables whose shard it makes."""

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of each table it writes, given those of what it reads."""


@runtime_checkable
class Work(Stage, Protocol):
    """A stage shard by shard. It is sent to workers before `load`; until then it is settings."""

    def load(self) -> None:
        """Get ready to work: read weights."""

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Make the shard of each table it writes that is not there yet."""


@runtime_checkable
class SideBySide(Work, Protocol):
    """Work that waits more than it computes: a worker has several shards, each in a thread."""

    @property
    def at_once(self) -> int:
        """How many shards."""

    def stop(self) -> None:
        """Begin nothing more: `run` ends soon, with an error, in all threads."""

    def close(self) -> None:
        """Let go of what `load` took."""


@runtime_checkable
class Whole(Stage, Protocol):
    """A stage that looks across all shards, at columns without sound. The driver itself runs it.

    When a shard is missing, all are made anew: what is new may change what is said of the old.
    """

    def run_all(self, data: Dataset, tell: Tell) -> None:
        """Make the shards of the tables it writes, by `whole.update`."""


def clips_in(data: Dataset, work: Work, shards: Sequence[int]) -> int | None:
    """Return how many clips the shards hold, or None for work that makes the clips."""
    if "clips" not in work.reads:
        return None
    return sum(data.count("clips", shard) for shard in shards if data.has("clips", shard))


def pending(data: Dataset, work: Work) -> list[int]:
    """Return the shards that are ready for this work and not done."""
    ready = set.intersection(*(set(data.shards(table)) for table in work.reads))
    done = set.intersection(*(set(data.shards(table)) for table in work.writes))
    return sorted(ready - done)
