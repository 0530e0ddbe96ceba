"""A dataset read back for scoring: each labelled recording with what was heard in its clips."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from listen_rows import Diarized, Listened, Spans, Who
from listen_scores import spans_of
from listen_voices import audible, cut_out, true_turns

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.sources import text_to_path
from auricle.pipeline.tables import TABLES
from auricle.schemas.acoustics import Degradations, Quality, Reverb
from auricle.schemas.annotation import Domain, LabelScore, Tags, Vad
from auricle.schemas.audioset import children_first
from auricle.schemas.base import Record
from auricle.schemas.clip import Recording
from auricle.schemas.music import Music, Rhythm
from auricle.schemas.speech import Diarization, Emotion, Language, Traits, Transcript

_TABLES = (
    "vad",
    "tags",
    "domain",
    "diarization",
    "language",
    "transcript",
    "emotion",
    "traits",
    "quality",
    "music",
    "rhythm",
    "reverb",
    "degradations",
)


@dataclass(frozen=True)
class Heard:
    """What was said of one clip, where it begins in its recording and how long it is."""

    start: float
    seconds: float
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
    the names of music are those with the highest scores. The gender is that of the most speech,
    arousal the mean, the tempo the surest one, reverberation and noise the median.
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
        diarized=_diarized(labels, clips, base),
        gender=_gender([row for _, row in said(Traits)]),
        arousal=_mean([row.arousal for _, row in said(Emotion)]),
        quality=_mean([row.overall for _, row in said(Quality)]),
        genres=_names(row.genres for _, row in said(Music)),
        instruments=_names(row.instruments for _, row in said(Music)),
        tempo=_tempo([row for _, row in said(Rhythm)]),
        rt60=_middle([row.rt60 for _, row in said(Reverb)]),
        snr=_middle([row.snr for _, row in said(Degradations)]),
    )


def _diarized(
    labels: Mapping[str, str], clips: Sequence[Heard], base: Path
) -> tuple[Diarized, ...]:
    """Return the clips of which the labels say who, or how many, speak."""
    timed = bool(labels.get("rttm"))
    lone = bool(labels.get("speaker_id")) and "|" not in labels["speaker_id"]
    if not timed and not (lone and labels.get("has_speech") == "yes"):
        return ()
    turns = true_turns((base / labels["rttm"]).read_text(encoding="utf-8")) if timed else ()
    found = []
    for clip in clips:
        heard = next((row for row in clip.said if isinstance(row, Diarization)), None)
        ok = heard is not None and heard.status == "ok"
        if not ok and not timed:
            continue
        true = cut_out(turns, clip.start, clip.start + clip.seconds)
        found.append(
            Diarized(
                seconds=clip.seconds,
                turns=tuple(Who(t.start, t.end, t.speaker) for t in heard.turns) if ok else (),
                true_turns=true,
                speakers=heard.speakers if ok else None,
                true_speakers=audible(true) if timed else 1,
                sure=ok and (heard.confidence or 0.0) >= 0.5,
                timed=timed,
            )
        )
    return tuple(found)


def _gender(rows: Sequence[Traits]) -> str | None:
    votes: Counter[str] = Counter()
    for speaker in (speaker for row in rows for speaker in row.speakers):
        if speaker.gender:
            votes[speaker.gender] += speaker.seconds
    return votes.most_common(1)[0][0] if votes else None


def _tempo(rows: Sequence[Rhythm]) -> float | None:
    heard = [(row.tempo_confidence or 0.0, row.tempo) for row in rows if row.tempo is not None]
    return max(heard)[1] if heard else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _labels(recording: Recording) -> dict[str, str]:
    told = json.loads(recording.extra or "{}")
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in told.items()}


def _clips(data: Dataset, shard: int) -> Iterator[tuple[str, Heard]]:
    columns = data.table("clips", shard, ["recording_id", "start", "duration"]).to_pylist()
    said = [data.rows(TABLES[name].record, shard) for name in _TABLES if data.has(name, shard)]
    for at, clip in enumerate(columns):
        rows = tuple(rows[at] for rows in said)
        yield clip["recording_id"], Heard(clip["start"], clip["duration"], rows)


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
    turns = true_turns((base / labels["rttm"]).read_text(encoding="utf-8"))
    return tuple((turn.start, turn.end) for turn in turns)


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
