"""The tables of a dataset: where each lives and which record its rows are."""

from typing import NamedTuple

from auricle.schemas.acoustics import Degradations, Quality, Reverb
from auricle.schemas.annotation import Description, Domain, Embedding, Events, Scene, Tags, Vad
from auricle.schemas.base import Record, Row
from auricle.schemas.clip import Clip, Recording, Signal, Source
from auricle.schemas.decision import Consistency, Duplicate, Print, Split, Support, Verdict
from auricle.schemas.judgement import Judgement
from auricle.schemas.music import Music, Rhythm
from auricle.schemas.review import Review
from auricle.schemas.speech import (
    Accent,
    Diarization,
    Emotion,
    Language,
    LanguageOpinion,
    Traits,
    Transcript,
    Voice,
)
from auricle.schemas.text import QA, Captions


class Table(NamedTuple):
    """A folder of Parquet shards, all rows of one record."""

    folder: str
    record: type[Record]


TABLES: dict[str, Table] = {
    "sources": Table("sources", Source),
    "recordings": Table("recordings", Recording),
    "clips": Table("clips", Clip),
    "signal": Table("signal", Signal),
    "events": Table("annotations/events", Events),
    "vad": Table("annotations/vad", Vad),
    "tags": Table("annotations/tags", Tags),
    "domain": Table("domains", Domain),
    "diarization": Table("annotations/diarization", Diarization),
    "language": Table("annotations/language", Language),
    "language_opinion": Table("annotations/language_opinion", LanguageOpinion),
    "transcript": Table("annotations/transcript", Transcript),
    "voice": Table("annotations/voice", Voice),
    "emotion": Table("annotations/emotion", Emotion),
    "traits": Table("annotations/traits", Traits),
    "accent": Table("annotations/accent", Accent),
    "quality": Table("annotations/quality", Quality),
    "music": Table("annotations/music", Music),
    "rhythm": Table("annotations/rhythm", Rhythm),
    "reverb": Table("annotations/reverb", Reverb),
    "degradations": Table("annotations/degradations", Degradations),
    "scene": Table("annotations/scene", Scene),
    "description": Table("annotations/description", Description),
    "embedding": Table("annotations/embedding", Embedding),
    "captions": Table("captions", Captions),
    "qa": Table("qa", QA),
    "judgements": Table("judgements", Judgement),
    "support": Table("scores/support", Support),
    "consistency": Table("scores/consistency", Consistency),
    "print": Table("prints", Print),
    "duplicates": Table("duplicates", Duplicate),
    "reviews": Table("reviews", Review),
    "verdict": Table("verdicts", Verdict),
    "split": Table("splits", Split),
}

NO_STAGE = ("sources", "reviews")
"""Tables that no stage makes: their rows are not told as done, skipped or in error."""

CLIP_TABLES = tuple(name for name, table in TABLES.items() if issubclass(table.record, Row))
"""Tables with one row a clip, in the clips' order."""

WRITTEN = {"captions": "caption", "qa": "qa", "judgements": "judge"}
"""Tables that a model may write, and the task whose journals hold its answers."""
