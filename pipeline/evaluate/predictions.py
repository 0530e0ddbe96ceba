"""Prediction files: one text a key, in the four forms that MECAT's scorer takes.

They are read here and not by the scorer, whose reader turns a text "None" in a CSV file into "nan"
and leaves out lines that it cannot read.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auricle.pipeline.evaluate.benchmark import FIELDS, QA_CATEGORIES, Benchmark, Sample
from auricle.schemas.errors import UserError

Predictions = Mapping[str, Mapping[str, str]]
"""The texts by key, for each kind of caption or category of questions that is predicted."""

_NAMED = 3


@dataclass(frozen=True)
class Matched:
    """Predictions beside the samples they are for."""

    samples: tuple[Sample, ...]
    texts: tuple[str, ...]
    missing: int
    """Samples of the benchmark without a prediction."""
    unknown: int
    """Predictions without a sample."""


def read_predictions(files: Sequence[str], task: str) -> Predictions:
    """Read one file for all captions or up to six for one kind each; one file of answers.

    Raises:
        UserError: too many files, a file that cannot be read, or a key that is there twice.
    """
    most = len(FIELDS) if task == "caption" else 1
    if not 1 <= len(files) <= most:
        order = f", in the order {' '.join(FIELDS)}" if most > 1 else ""
        raise UserError(f"predictions: {len(files)} files; {task} takes one to {most}{order}")
    read = [read_file(file) for file in files]
    if task == "qa":
        return dict.fromkeys(QA_CATEGORIES, read[0])
    if len(read) == 1:
        return dict.fromkeys(FIELDS, read[0])
    return dict(zip(FIELDS, read, strict=False))


def read_file(file: str) -> dict[str, str]:
    """Return the texts of a prediction file by key.

    Raises:
        UserError: it is missing, not of the form its ending says, or has a key twice.
    """
    path = Path(file)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{file}: a prediction file ends in {', '.join(_READERS)}")
    try:
        content = path.read_text("utf-8-sig")
    except OSError as error:
        raise UserError(f"{file}: cannot read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{file}: not UTF-8; save it as UTF-8") from None
    found: dict[str, str] = {}
    try:
        for number, key, text in reader(content):
            if key in found:
                raise _Malformed(number, f"{key} is there twice; a key has one prediction")
            found[key] = text
    except _Malformed as error:
        raise UserError(f"{file}:{error.number}: {error.problem}") from None
    if not found:
        raise UserError(f"{file}: no predictions in it")
    return found


def match(benchmark: Benchmark, predictions: Predictions, allow_missing: bool) -> Matched:
    """Put the predictions beside the samples they are for.

    Raises:
        UserError: a key that the benchmark has not, or one without a prediction, unless allowed.
    """
    wanted = [sample for sample in benchmark.samples if sample.field in predictions]
    missing = [sample for sample in wanted if sample.key not in predictions[sample.field]]
    given = {key for texts in predictions.values() for key in texts}
    unknown = sorted(given - benchmark.keys)
    if not allow_missing and unknown:
        raise UserError(
            f"predictions: {len(unknown)} of {len(given)} keys are not in {benchmark.folder} "
            f"({_some(unknown)}); correct them or allow what is missing"
        )
    if not allow_missing and missing:
        keys = list(dict.fromkeys(sample.key for sample in missing))
        raise UserError(
            f"predictions: {len(missing)} of {len(wanted)} samples have none, of {len(keys)} keys "
            f"({_some(keys)}); add them or allow what is missing"
        )
    scored = tuple(sample for sample in wanted if sample.key in predictions[sample.field])
    if not scored:
        raise UserError(f"predictions: none is of a sample in {benchmark.folder}")
    texts = tuple(predictions[sample.field][sample.key] for sample in scored)
    return Matched(scored, texts, len(missing), len(unknown))


class _Malformed(Exception):
    def __init__(self, number: int, problem: str) -> None:
        super().__init__(problem)
        self.number, self.problem = number, problem


_Rows = Iterator[tuple[int, str, str]]


def _csv(content: str) -> _Rows:
    lines = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        for row in lines:
            if row and len(row) != 2:
                raise _Malformed(
                    lines.line_num, f'{len(row)} columns; a line is "key","text", without a header'
                )
            if row:
                yield lines.line_num, row[0], row[1]
    except csv.Error as error:
        raise _Malformed(lines.line_num, f"not CSV ({error}); quote every text") from None


def _txt(content: str) -> _Rows:
    for number, line in enumerate(content.split("\n"), 1):
        line = line.rstrip("\r")
        if line.strip():
            key, found, text = line.partition("\t" if "\t" in line else " ")
            if not found:
                raise _Malformed(number, "a line is a key, a tab and the text")
            yield number, key.strip(), text.strip()


def _jsonl(content: str) -> _Rows:
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            yield from _objects(line, number)


def _json(content: str) -> _Rows:
    yield from _objects(content, 1)


def _objects(content: str, number: int) -> _Rows:
    try:
        pairs = json.loads(content, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        raise _Malformed(number + error.lineno - 1, f"not JSON ({error.msg})") from None
    if not isinstance(pairs, _Pairs):
        raise _Malformed(number, "the form is {key: text}")
    for key, value in pairs:
        yield number, key, _text(number, key, value)


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON with all its keys, those that are there twice too."""


def _text(number: int, key: str, value: Any) -> str:
    if isinstance(value, _Pairs):
        value = next((inner for _, inner in value if isinstance(inner, str)), None)
    if not isinstance(value, str):
        raise _Malformed(number, f"{key} has no text; the form is {{key: text}}")
    return value


_READERS: Mapping[str, Callable[[str], _Rows]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".json": _json,
    ".txt": _txt,
}


def _some(keys: Sequence[str]) -> str:
    more = ", ..." if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more
