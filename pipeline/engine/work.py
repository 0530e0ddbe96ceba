"""A unit of work: a stage of the pipeline over one shard."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from auricle.pipeline.dataset import Dataset, Fingerprint


class Ended(Protocol):
    """A row that says how it ended."""

    @property
    def status(self) -> str:
        """It is ok, skipped or error."""

    @property
    def reason(self) -> str | None:
        """Why it is out."""


class Done(NamedTuple):
    """What was done since last told: clips, seconds of sound, and error rows by reason."""

    clips: int = 0
    seconds: float = 0.0
    errors: Mapping[str, int] = {}

    def and_also(self, other: "Done") -> "Done":
        """Return the sum of both."""
        errors = Counter(self.errors)
        errors.update(other.errors)
        return Done(self.clips + other.clips, self.seconds + other.seconds, errors)

    def without(self, other: "Done") -> "Done":
        """Return what this has and the other has not."""
        errors = Counter(self.errors)
        errors.subtract(other.errors)
        return Done(self.clips - other.clips, self.seconds - other.seconds, errors)


def errors_in(*rows: Ended) -> Mapping[str, int]:
    """Return how many of the rows are errors, by reason."""
    return Counter(row.reason or "unknown" for row in rows if row.status == "error")


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

    by_row: ClassVar[bool]
    """Whether a row depends on its own clip or source alone, so that a shard may be divided.

    All that such a work reads has one row a clip, or else is the sources.
    """

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
class OnGpu(Work, Protocol):
    """Work that may use a GPU."""

    @property
    def uses_gpu(self) -> bool:
        """Whether it does where there is one."""


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
    there = set(data.shards("clips")).intersection(shards)
    return sum(data.count("clips", shard) for shard in there)


def pending(data: Dataset, work: Work) -> list[int]:
    """Return the shards that are ready for this work and not done."""
    ready = set.intersection(*(set(data.shards(table)) for table in work.reads))
    done = set.intersection(*(set(data.shards(table)) for table in work.writes))
    return sorted(ready - done)
