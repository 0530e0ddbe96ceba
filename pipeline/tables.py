"""The tables of a dataset: where each lives and which record its rows are."""

from typing import NamedTuple

from auricle.schemas.annotation import (
    Domain,
    Events,
    Language,
    Music,
    Quality,
    Tags,
    Transcript,
    Vad,
)
from auricle.schemas.base import Record, Row
from auricle.schemas.clip import Clip, Recording, Signal, Source
from auricle.schemas.decision import Split
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
    "language": Table("annotations/language", Language),
    "transcript": Table("annotations/transcript", Transcript),
    "quality": Table("annotations/quality", Quality),
    "music": Table("annotations/music", Music),
    "captions": Table("captions", Captions),
    "qa": Table("qa", QA),
    "split": Table("splits", Split),
}

CLIP_TABLES = tuple(name for name, table in TABLES.items() if issubclass(table.record, Row))
"""Tables with one row a clip, in the clips' order."""
