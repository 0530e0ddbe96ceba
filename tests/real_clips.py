"""What the experts of `lite` said of real clips of every domain, and the evidence it makes.

`tests/pipeline/text/make_goldens.py` writes the files; samples/ATTRIBUTION.md says what is heard.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from auricle.pipeline.tables import TABLES
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.base import Row
from auricle.schemas.clip import Source

GOLDENS = Path(__file__).parent / "pipeline" / "text" / "goldens"

UNTRUE: dict[str, tuple[str, ...]] = {
    "000-low-rumble": ("with sound for a few moments only",),  # it rumbles evenly, at the floor
    "00A-weather": (
        "a stream flowing, certain",
        "that belong to a stream or river",
    ),  # the file is called rain
    "0M0-system": ("2-4 s: music playing",),  # throughout
    "0MA-piano-then-sheep": ("2-4 s: music playing",),  # from the start
    "0MA-strings-in-rain": ("2-10 s: music playing", "8-10 s: rain"),  # both throughout
    "S00-telephone": ("a little dull",),  # narrow: nothing is above 3.4 kHz
    "S0A-french-in-rain": ("0-6 s: a stream flowing, fairly certain",),  # as above
    "SM0-greeting-over-piano": ("a woman singing, quite certain",),  # she speaks
    "SM0-novel-over-strings": ("two voices", "two men", "a second man speaking"),  # one reader
    "SMA-novel-strings-rain": ("4-10 s: music playing",),  # throughout
}
"""Lines that are not true of the clip, by a mistake of an expert or of the words."""


def real_clips() -> dict[str, Testimony]:
    """Return the testimony of each clip by its id; the id begins with the domain meant by it."""
    return dict(_clips())


def real_evidence(clip_id: str) -> str:
    """Return the evidence of a clip, as it was read and found to be true."""
    return (GOLDENS / f"{clip_id}.txt").read_text(encoding="utf-8").removesuffix("\n")


@cache
def _clips() -> dict[str, Testimony]:
    return {path.stem: _testimony(json.loads(path.read_text("utf-8"))) for path in _files()}


def _files() -> list[Path]:
    return sorted(GOLDENS.glob("*.json"))


def _testimony(stored: dict[str, Any]) -> Testimony:
    clip_id = stored["clip_id"]
    rows: list[Row] = []
    for table, fields in stored["rows"].items():
        record = TABLES[table].record
        assert issubclass(record, Row)
        rows.append(record.model_validate({"clip_id": clip_id, **fields}))
    recording = Source.model_validate({"path": clip_id, **stored["recording"]})
    return Testimony.of(clip_id, stored["duration"], rows, recording)
