"""A dataset read back for scoring: each labelled recording with what was heard in its clips."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from listen_scores import Listened, Spans, spans_of

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.sources import text_to_path
from auricle.pipeline.tables import TABLES
from auricle.schemas.acoustics import Quality
from auricle.schemas.annotation import Domain, LabelScore, Tags, Vad
from auricle.schemas.audioset import children_first
from auricle.schemas.base import Record
from auricle.schemas.clip import Recording
from auricle.schemas.music import Music
from auricle.schemas.speech import Language, Transcript

_TABLES = ("vad", "tags", "domain", "language", "transcript", "quality", "music")


@dataclass(frozen=True)
class Heard:
    """What was said of one clip, and where it begins in its recording."""

    start: float
    said: tuple[Record, ...]


def read(data: Dataset, base: Path) -> list[Listened]:
    """Return every labelled recording with what was heard; `base` is the manifest's folder."""
    rows = []
    for shard in data.shards("recordings"):
        tagged = _tagger(data, shard) != "events"
        of: dict[str, list[Heard]] = {}
        for recording_id, clip in _clips(data, shard):
            of.setdefault(recording_id, []).append(clip)
        for recording in data.rows(Recording, shard):
            labels = _labels(recording)
            if labels.get("kind", "audio") in ("", "audio"):
                clips = of.get(recording.recording_id, [])
                rows.append(replace(pooled(recording, labels, clips, base), tagged=tagged))
    return _with_clean_quality(_without_copies(rows), base)


def pooled(
    recording: Recording, labels: Mapping[str, str], clips: Sequence[Heard], base: Path
) -> Listened:
    """Return what was heard in all clips of a recording.

    A letter of the domain is set if any clip has it; a tag scores its maximum; transcripts are
    joined; the language is that of most speech, weighted by its probability; quality is the mean;
    the names of music are those with the highest scores.
    """

    def said(kind: type[Any]) -> list[tuple[float, Any]]:
        found = ((clip.start, row) for clip in clips for row in clip.said)
        return [(at, row) for at, row in found if isinstance(row, kind) and row.status == "ok"]

    codes = [row.code for _, row in said(Domain) if row.code]
    letters = ("".join(column) for column in zip(*codes, strict=True))
    code = "".join(next((letter for letter in seen if letter != "0"), "0") for seen in letters)
    votes: Counter[str] = Counter()
    for _, row in said(Language):
        if row.language:
            votes[row.language] += (row.probability or 0) * (row.speech_seconds or 1)
    tags = [row.labels for _, row in said(Tags)]
    rated = [row.overall for _, row in said(Quality) if row.overall is not None]
    return Listened(
        path=os.path.relpath(text_to_path(recording.path), base),
        labels=labels,
        code=code or None,
        tags=_strongest(tags),
        language=votes.most_common(1)[0][0] if votes else None,
        text=" ".join(row.text for _, row in said(Transcript) if row.text),
        voiced=tuple(
            (at + span.start, at + span.end) for at, row in said(Vad) for span in row.spans
        ),
        spoken=_spoken(labels, base),
        quality=sum(rated) / len(rated) if rated else None,
        genres=_names(row.genres for _, row in said(Music)),
        instruments=_names(row.instruments for _, row in said(Music)),
    )


def _labels(recording: Recording) -> dict[str, str]:
    told = json.loads(recording.extra or "{}")
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in told.items()}


def _clips(data: Dataset, shard: int) -> Iterator[tuple[str, Heard]]:
    columns = data.table("clips", shard, ["clip_id", "recording_id", "start"]).to_pylist()
    said = [data.rows(TABLES[name].record, shard) for name in _TABLES if data.has(name, shard)]
    for at, clip in enumerate(columns):
        rows = tuple(rows[at] for rows in said)
        yield clip["recording_id"], Heard(clip["start"], rows)


def _tagger(data: Dataset, shard: int) -> str:
    told = data.provenance("tags", shard) if data.has("tags", shard) else None
    return told.backend if told else "events"


def _strongest(clips: Sequence[Sequence[LabelScore]]) -> tuple[tuple[str, float], ...]:
    """Return each tag with its maximum; of a lone clip the order is the tagger's own."""
    best = _best(clips)
    order = children_first(best) if len(clips) > 1 else best
    return tuple((label, best[label]) for label in order)


def _names(clips: Iterable[Sequence[LabelScore]]) -> tuple[str, ...]:
    best = _best(clips)
    return tuple(sorted(best, key=lambda label: -best[label]))


def _best(clips: Iterable[Sequence[LabelScore]]) -> dict[str, float]:
    best: dict[str, float] = {}
    for item in (item for labels in clips for item in labels):
        best[item.label] = max(item.score, best.get(item.label, 0.0))
    return best


def _spoken(labels: Mapping[str, str], base: Path) -> Spans | None:
    """Return where somebody speaks, by the timed events or the RTTM file that a row names."""
    if labels.get("events"):
        return spans_of(labels["events"])
    if not labels.get("rttm"):
        return None
    lines = (base / labels["rttm"]).read_text(encoding="utf-8").splitlines()
    turns = [line.split() for line in lines if line.startswith("SPEAKER")]
    return tuple((float(turn[3]), float(turn[3]) + float(turn[4])) for turn in turns)


def _without_copies(rows: Sequence[Listened]) -> list[Listened]:
    """Leave out derived rows that are a real one byte for byte: they would count twice."""
    real = {row.label("sha256") for row in rows if not row.derived}
    return [row for row in rows if not row.derived or row.label("sha256") not in real - {""}]


def _with_clean_quality(rows: Sequence[Listened], base: Path) -> list[Listened]:
    """Add the quality of the clean recording that `quality_ref` names, whatever its format."""
    rated = {_stem(row.path, base): row.quality for row in rows}
    return [
        replace(row, clean_quality=rated.get(_stem(row.label("quality_ref"), base))) for row in rows
    ]


def _stem(path: str, base: Path) -> str:
    return str(Path(os.path.normpath(base / path)).with_suffix("")) if path else ""
