"""Train or benchmark, by recording, the same whenever and wherever it is asked."""

import hashlib
from collections.abc import Sequence

from auricle.schemas.decision import Split


def deal(
    clip_ids: Sequence[str], recording_ids: Sequence[str], benchmark: float, seed: int
) -> list[Split]:
    """Return one row a clip; all clips of a recording are on one side.

    A recording's side depends on its id, the seed and the share alone, so adding data never
    moves a recording, and raising the share only moves recordings into the benchmark.

    Args:
        clip_ids: the clips, in order.
        recording_ids: the recording of each clip.
        benchmark: share of recordings for the benchmark, 0 to 1.
        seed: deals anew.
    """
    sides = {group: _place(group, seed) < benchmark for group in set(recording_ids)}
    return [
        Split(clip_id=clip, split="benchmark" if sides[group] else "train", group=group)
        for clip, group in zip(clip_ids, recording_ids, strict=True)
    ]


def _place(group: str, seed: int) -> float:
    """Return a number in 0..1 that looks random and is always the same for a recording."""
    told = hashlib.blake2b(f"{seed}:{group}".encode(), digest_size=8).digest()
    return int.from_bytes(told, "big") / 2**64
