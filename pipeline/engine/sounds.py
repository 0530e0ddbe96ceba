"""The sound of the clips of a shard: read ahead, decoded once, resampled once for each rate."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from auricle.experts.base import NO_SOUND, Waveform
from auricle.experts.sound import decode_flac, resample
from auricle.pipeline.dataset import Dataset

T = TypeVar("T")
Sound = tuple[Waveform, int]

_COLUMNS = ("clip_id", "duration")
_SILENT: Sound = (np.zeros(0, np.float32), NO_SOUND)


class Batch:
    """Some clips of a shard with their sound at the rates that were asked for."""

    def __init__(self, clips: Sequence[dict[str, Any]], rates: Iterable[int | None]) -> None:
        self.ids = [clip["clip_id"] for clip in clips]
        self.seconds = [clip["duration"] for clip in clips]
        self.problems: dict[int, str] = {}
        """What is wrong with the clips that did not decode."""
        self._at: dict[int | None, Sequence[Sound | None]] = {NO_SOUND: [_SILENT] * len(clips)}
        wanted = set(rates)
        if wanted:
            decoded = [self._decode(i, clip["audio"]) for i, clip in enumerate(clips)]
            self._at.update((rate, [_at_rate(sound, rate) for sound in decoded]) for rate in wanted)

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, rate: int | None) -> Sequence[Sound | None]:
        """Return (waveform, rate) of each clip; None where it did not decode."""
        return self._at[rate]

    def _decode(self, index: int, audio: bytes) -> Sound | None:
        try:
            return decode_flac(audio)
        except Exception as error:  # a shard may hold anything; the clip's rows say what
            self.problems[index] = f"{type(error).__name__}: {error}"
            return None


def batches(data: Dataset, shard: int, size: int, rates: Iterable[int | None]) -> Iterator[Batch]:
    """Yield the clips of a shard, at most `size` at a time, with their sound at these rates.

    A rate of None is the clip's own.
    """
    wanted = set(rates)
    columns = (*_COLUMNS, "audio") if wanted else _COLUMNS
    for rows in data.batches("clips", shard, size, columns):
        yield Batch(rows.to_pylist(), wanted)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, the next one being made in a thread while the caller has this one."""
    source = iter(items)
    end: Any = object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(next, source, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, source, end)
            yield item


def _at_rate(sound: Sound | None, rate: int | None) -> Sound | None:
    if sound is None or rate is None:
        return sound
    return resample(*sound, rate), rate
