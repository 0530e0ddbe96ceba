"""The test side of a benchmark folder, in the form that MECAT is published in.

BENCH/caption/test/CODE.jsonl   {KEY: {"short": [3], "long": [3], ..., "domain": CODE}}
BENCH/qa/test/CODE.jsonl        {KEY_hhhhhhhh: {"category", "difficulty", "question", "answer"}}
BENCH/clips.csv                 key, recording_id and more
"""

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from auricle.schemas.annotation import DomainCode
from auricle.schemas.errors import UserError
from auricle.schemas.text import Difficulty, QACategory

Task = Literal["caption", "qa"]

FIELDS = ("long", "short", "speech", "music", "sound", "environment")
"""The kinds of caption, in the order of prediction files."""
QA_CATEGORIES: tuple[str, ...] = get_args(QACategory)
DIFFICULTIES: tuple[str, ...] = get_args(Difficulty)
CODES: tuple[str, ...] = get_args(DomainCode)
_MIXED = ("SMA", "SM0", "S0A", "0MA")

GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "content_long": ("long", CODES),
    "content_short": ("short", CODES),
    "pure_speech": ("speech", ("S00",)),
    "mixed_speech": ("speech", _MIXED),
    "pure_music": ("music", ("0M0",)),
    "mixed_music": ("music", _MIXED),
    "pure_sound": ("sound", ("00A",)),
    "mixed_sound": ("sound", _MIXED),
    "environment": ("environment", CODES),
}
"""What MECAT scores as one set: a kind of caption, over the clips of some domains."""

_VARIANTS = 3
_YOUTUBE = re.compile(r"([\w-]{11})_\d+_\d+_\d+(_\d+)?")


@dataclass(frozen=True)
class Sample:
    """One text that a prediction is scored for."""

    key: str
    group: str
    field: str
    """Which predictions it takes: a kind of caption, or a category of questions."""
    domain: str
    recording: str
    references: tuple[str, ...]
    difficulty: str | None = None


@dataclass(frozen=True)
class Benchmark:
    """The test samples of one task, and all keys there are."""

    folder: str
    task: Task
    samples: tuple[Sample, ...]
    keys: frozenset[str]


def read_benchmark(folder: str, task: Task) -> Benchmark:
    """Read the references of the test side of a benchmark.

    Without clips.csv the recording of a published MECAT key is its YouTube id, and any other key
    stands for a recording of its own.

    Raises:
        UserError: there is no test side, a line is not of the form, or a key is there twice.
    """
    if task not in get_args(Task):
        raise UserError(f"task: {task} is not a task; there are {', '.join(get_args(Task))}")
    side = Path(folder) / task / "test"
    files = {code: _file(side, code) for code in CODES}
    recordings = _recordings(Path(folder) / "clips.csv")
    samples: list[Sample] = []
    seen: dict[str, str] = {}
    for code, file in files.items():
        if file is None:
            continue
        for where, key, value in _lines(file):
            if key in seen:
                raise UserError(f"{where}: {key} is in {seen[key]} already; a key names one sample")
            seen[key] = file.name
            clip = key.rpartition("_")[0] if task == "qa" else key
            recording = _recording(clip, recordings, folder)
            samples += (
                _captions(where, key, value, code, recording)
                if task == "caption"
                else [_question(where, key, value, code, recording)]
            )
    if not samples:
        raise UserError(f"{side}: no test references here; a benchmark has {task}/test/CODE.jsonl")
    return Benchmark(folder, task, tuple(samples), frozenset(seen))


def _captions(
    where: str, key: str, value: dict[str, Any], code: str, recording: str
) -> Iterator[Sample]:
    for group, (field, domains) in GROUPS.items():
        if code not in domains:
            continue
        texts = value.get(field)
        if (
            not isinstance(texts, list)
            or len(texts) != _VARIANTS
            or not all(isinstance(text, str) for text in texts)
        ):
            raise UserError(
                f"{where}: {key} has no {_VARIANTS} texts under {field}; "
                "the scorer wants as many for every clip: export the benchmark again"
            )
        yield Sample(key, group, field, code, recording, tuple(texts))


def _question(where: str, key: str, value: dict[str, Any], code: str, recording: str) -> Sample:
    category, difficulty, answer = (value.get(n) for n in ("category", "difficulty", "answer"))
    if category not in QA_CATEGORIES or difficulty not in DIFFICULTIES:
        raise UserError(
            f"{where}: {key} is {category}, {difficulty}; a category is one of "
            f"{', '.join(QA_CATEGORIES)}, a difficulty one of {', '.join(DIFFICULTIES)}"
        )
    if not isinstance(answer, str):
        raise UserError(f"{where}: {key} has no answer; export the benchmark again")
    return Sample(key, category, category, code, recording, (answer,), difficulty)


def _file(side: Path, code: str) -> Path | None:
    """Return the references of a domain, packed or not, as the scorer looks for them."""
    places = (side / f"{code}.jsonl.gz", side / f"{code}.jsonl")
    return next((place for place in places if place.is_file()), None)


def _lines(file: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield where a line is, its key and its value."""
    with file.open("rb") as stream, gzip.open(stream) if file.suffix == ".gz" else stream as lines:
        for number, line in enumerate(lines, 1):
            where = f"{file}:{number}"
            try:
                row = json.loads(line)
            except ValueError:
                raise UserError(f"{where}: not JSON; export the benchmark again") from None
            if not isinstance(row, dict) or not all(isinstance(v, dict) for v in row.values()):
                raise UserError(f"{where}: not of the form {{KEY: {{...}}}}; export it again")
            for key, value in row.items():
                yield where, key, value


def _recordings(file: Path) -> dict[str, str] | None:
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if not {"key", "recording_id"} <= {*(rows.fieldnames or ())}:
            raise UserError(f"{file}: no columns key and recording_id; export the benchmark again")
        return {row["key"]: row["recording_id"] for row in rows}


def _recording(clip: str, recordings: Mapping[str, str] | None, folder: str) -> str:
    if recordings is None:
        published = _YOUTUBE.fullmatch(clip)
        return published.group(1) if published else clip
    if clip not in recordings:
        raise UserError(f"{folder}/clips.csv: {clip} is missing; export the benchmark again")
    return recordings[clip]


def by_group(samples: tuple[Sample, ...]) -> dict[str, list[Sample]]:
    """Return the samples of each group, in the order of the scorer's groups."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.group].append(sample)
    return {group: found[group] for group in (*GROUPS, *QA_CATEGORIES) if group in found}
