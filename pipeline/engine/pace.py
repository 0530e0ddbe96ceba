"""How long a worker may take, from how long workers took so far."""

from collections import defaultdict
from dataclasses import dataclass, field

_SILENCE = 20.0
"""How many times the longest silence so far means that a worker hangs."""
_LEAST = 60.0
"""Seconds of silence that are never too long, unless `patience` is shorter."""
_SLOW = 10.0
"""How many times the mean time of a clip means that a shard's worker is too slow."""
_KNOWN = 3
"""Shards after which a stage's speed is known."""


@dataclass
class _Speed:
    shards: int = 0
    clips: int = 0
    seconds: float = 0.0
    silence: float = 0.0


@dataclass
class Pace:
    """The speeds of the stages of a run, in seconds of a clock that the caller keeps.

    `patience` is how long a worker may be silent before anything is known of its stage.
    """

    patience: float
    speeds: dict[str, _Speed] = field(default_factory=lambda: defaultdict(_Speed))

    def heard(self, stage: str, silence: float) -> None:
        """A worker told something after so long a silence."""
        speed = self.speeds[stage]
        speed.silence = max(speed.silence, silence)

    def finished(self, stage: str, clips: int, seconds: float) -> None:
        """A worker took so long for the clips of a shard."""
        speed = self.speeds[stage]
        speed.shards += 1
        speed.clips += clips
        speed.seconds += seconds

    def shard_seconds(self, stage: str) -> float:
        """Return how long a shard of a stage takes, 1 before anything is known."""
        speed = self.speeds[stage]
        return speed.seconds / speed.shards if speed.shards else 1.0

    def longest_silence(self, stage: str) -> float:
        """Return after how long a silence a worker hangs."""
        silence = self.speeds[stage].silence
        return min(self.patience, max(_LEAST, _SILENCE * silence)) if silence else self.patience

    def deadline(self, stage: str, clips: int, tries: int) -> float | None:
        """Return how long a worker may take for so many clips, None while nothing is known.

        It doubles with each try: the shard may be what is slow.
        """
        speed = self.speeds[stage]
        if speed.shards < _KNOWN or not speed.clips:
            return None
        expected = speed.seconds / speed.clips * clips
        return float(max(self.patience, _SLOW * expected) * 2**tries)
