"""What the experts heard over a whole dataset: how often each label, and how values spread."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auricle.pipeline.counting import counted
from auricle.pipeline.dataset import Dataset


class Labels(NamedTuple):
    """Where labels stand: a column, or the field of a list's items, once a clip or once an item."""

    title: str
    table: str
    column: str
    field: str | None = None
    sure: str | None = None
    """A field of the items that must be `_SURE` or more."""


class Values(NamedTuple):
    """Where a number stands, its unit, and the edges between which clips are counted.

    A list stands for how many items it has.
    """

    title: str
    table: str
    column: str
    unit: str
    lowest: float
    highest: float
    steps: int
    per: tuple[str, str] | None = None
    """Another table and its column: what the number is divided by."""


@dataclass(frozen=True)
class Histogram:
    """How many clips have a value between each two edges; what lies outside is in the end ones."""

    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    median: float


LABELS = (
    Labels("Sounds", "tags", "labels", "label", "score"),
    Labels("Languages", "language", "language"),
    Labels("Speakers in a clip", "diarization", "speakers"),
    Labels("Gender of the speakers", "traits", "speakers", "gender"),
    Labels("Age of the speakers", "traits", "speakers", "age_band"),
    Labels("Mood of the speech", "emotion", "category"),
    Labels("Genres", "music", "genres", "label", "score"),
    Labels("Instruments", "music", "instruments", "label", "score"),
    Labels("Moods of the music", "music", "moods", "label", "score"),
    Labels("Keys", "rhythm", "key"),
    Labels("Scenes", "scene", "labels", "label", "score"),
    Labels("Kinds of place", "scene", "place"),
    Labels("Flaws of the recording", "degradations", "found", "kind"),
)
VALUES = (
    Values("Loudness", "signal", "loudness", "LUFS", -70, 0, 28),
    Values("Bandwidth", "signal", "bandwidth", "Hz", 0, 24_000, 24),
    Values("Speech in a clip", "vad", "speech_seconds", "s", 0, 10, 20),
    Values("Pitch of the voice", "voice", "clip.pitch", "Hz", 60, 400, 34),
    Values("Syllables a second", "voice", "clip.rate", "1/s", 0, 8, 16),
    Values("Words a second", "transcript", "words", "1/s", 0, 6, 24, ("vad", "speech_seconds")),
    Values("Quality of the speech", "quality", "overall", "MOS", 1, 5, 16),
    Values("Speech over noise", "degradations", "snr", "dB", -10, 60, 28),
    Values("Reverberation", "reverb", "rt60", "s (RT60)", 0, 2, 20),
    Values("Tempo", "rhythm", "tempo", "beats a minute", 40, 220, 36),
)
_SURE = 0.5
_MOST = 30
"""Labels that are told of one kind."""
_FINE = 100
"""Bins a step of a histogram, from which the median is told."""


def heard_labels(data: Dataset) -> dict[str, dict[str, int]]:
    """Return how many clips (or speakers) have each label, most frequent first, by kind."""
    found = {}
    for kind in LABELS:
        counts: Counter[str] = Counter()
        for rows in _shards(data, kind.table, kind.column):
            labels = counted(_labels(rows, kind).drop_null())
            counts.update({str(label): count for label, count in labels.items()})
        if counts:
            found[kind.title] = dict(counts.most_common(_MOST))
    return found


def heard_values(data: Dataset) -> dict[str, Histogram]:
    """Return how the values that were measured spread, by what they are."""
    found = {}
    for kind in VALUES:
        fine = np.linspace(kind.lowest, kind.highest, kind.steps * _FINE + 1)
        counts = np.zeros(len(fine) - 1, np.int64)
        for numbers in _numbers(data, kind):
            values = numbers.drop_null().to_numpy()
            counts += np.histogram(np.clip(values, kind.lowest, kind.highest), fine)[0]
        if counts.any():
            middle = int(np.searchsorted(counts.cumsum(), counts.sum() / 2))
            found[kind.title] = Histogram(
                unit=kind.unit,
                edges=tuple(round(float(edge), 6) for edge in fine[::_FINE]),
                counts=tuple(int(n) for n in counts.reshape(-1, _FINE).sum(1)),
                median=round(float(fine[middle]), 3),
            )
    return found


def _shards(data: Dataset, table: str, column: str) -> Iterator[pa.ChunkedArray]:
    """Yield a column of the rows that are ok, a shard at a time."""
    for shard in data.shards(table):
        rows = data.table(table, shard, ["status", column])
        yield rows.filter(pc.equal(rows["status"], "ok"))[column]


def _numbers(data: Dataset, kind: Values) -> Iterator[pa.ChunkedArray]:
    """Yield the numbers of a kind, a shard at a time; null where one cannot be told."""
    for shard in data.shards(kind.table):
        root, *parts = kind.column.split(".")
        rows = data.table(kind.table, shard, ["status", root])
        ok = pc.equal(rows["status"], "ok")
        found = pc.if_else(ok, rows[root], None)
        for part in parts:
            found = pc.struct_field(found, part)
        if pa.types.is_list(found.type) or pa.types.is_large_list(found.type):
            found = pc.list_value_length(found)
        if kind.per is not None:
            found = _divided(found, data, kind.per, shard)
        yield found


def _divided(
    counts: pa.ChunkedArray, data: Dataset, per: tuple[str, str], shard: int
) -> pa.ChunkedArray:
    """Return counts that are not 0, divided by a column of the same clips."""
    table, column = per
    if not data.has(table, shard):
        return pa.chunked_array([pa.nulls(len(counts), pa.float64())])
    by = data.table(table, shard, [column])[column]
    told = pc.and_(pc.greater(counts, 0), pc.greater(by, 0))
    return pc.divide(pc.cast(counts, pa.float64()), pc.if_else(told, by, None))


def _labels(rows: pa.ChunkedArray, kind: Labels) -> pa.ChunkedArray:
    if kind.field is None:
        return rows
    items = pc.list_flatten(rows)
    if kind.sure is not None:
        items = items.filter(pc.greater_equal(pc.struct_field(items, kind.sure), _SURE))
    return pc.struct_field(items, kind.field)
