"""Manifests: CSV, JSON Lines and Parquet tables that name sound files and excerpts of them."""

import csv
import json
import math
import os
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from auricle.schemas.errors import UserError

_EXCERPT = ("path", "recording_id", "start", "duration")
_LICENCE = ("license", "licence")
_TEXTS = ("title", "description", "uploader")
_UNFIT = re.compile(r"[/\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Check = Callable[[Path, list[str]], None]
"""Refuses a table by the names of its columns."""


class Entry(NamedTuple):
    """One row: a file, or an excerpt of it. `path` is as written, relative to the manifest."""

    path: str
    recording_id: str | None
    start: float
    duration: float | None
    license: str | None
    title: str | None
    description: str | None
    uploader: str | None
    extra: str | None
    offset: float = 0.0


def read_manifest(path: Path) -> Iterator[Entry]:
    """Yield the rows of a manifest in order, holding no more than a batch of them.

    The columns are path and, all optional, recording_id, start, duration (seconds), license or
    licence, title, description and uploader. Every other column goes into `extra`, one JSON object
    with sorted keys, without empty values and without binary ones.

    Raises:
        UserError: the table cannot be read, has no `path` column, or a row has a bad value; the
            row is named.
    """
    for where, row in MANIFESTS[path.suffix.lower()](path, _check_columns):
        yield entry_of(f"{path}, {where}", row)


def entry_of(where: str, row: dict[str, Any]) -> Entry:
    """Return a row as an Entry; `where` names the row.

    Raises:
        UserError: a value is bad, or there is no path.
    """
    row = {key: value for key, value in row.items() if not _is_empty(value)}
    return Entry(
        path=_path(where, row.get("path")),
        recording_id=fit_id(where, row.get("recording_id")),
        start=seconds_of(where, "start", row.get("start", 0.0)),
        duration=seconds_of(where, "duration", row["duration"]) if "duration" in row else None,
        offset=0.0,
        **texts_of(row, _EXCERPT),
    )


def texts_of(row: dict[str, Any], told: Collection[str] = ()) -> dict[str, str | None]:
    """Return the licence, title, description and uploader of a row, and the rest as `extra`.

    The columns that are `told` elsewhere are left out of it, and so is what is empty or bytes.
    """
    row = {key: value for key, value in row.items() if not _is_empty(value)}
    extra = {k: _plain(v) for k, v in row.items() if k not in (*told, *_LICENCE, *_TEXTS)}
    extra = {key: value for key, value in extra.items() if value is not None}
    return {
        "license": _text(row.get("license", row.get("licence"))),
        **{name: _text(row.get(name)) for name in _TEXTS},
        "extra": _text(json.dumps(extra, ensure_ascii=False, sort_keys=True)) if extra else None,
    }


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _path(where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UserError(f"{where}: there is no path; name a sound file, relative to the manifest")
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        raise UserError(f"{where}: path {value!r} cannot be the name of a file") from None
    return value


def fit_id(where: str, value: Any) -> str | None:
    """Return a recording id as text.

    Raises:
        UserError: clip ids cannot be made of it.
    """
    text = None if value is None else str(value)
    if text and _UNFIT.search(text):
        raise UserError(
            f"{where}: recording_id {text!r} holds a slash, a control character or broken text; "
            "clip ids are made of it: use letters, digits, - and _"
        )
    return text


def seconds_of(where: str, column: str, value: Any) -> float:
    """Return a value as seconds.

    Raises:
        UserError: it is no number, or below 0; or, for a duration, 0.
    """
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not math.isfinite(seconds) or seconds < 0 or (column == "duration" and not seconds):
        bound = "above 0" if column == "duration" else "from 0 up"
        raise UserError(f"{where}: {column} is {value!r}; write seconds {bound}, such as 12.5")
    return seconds + 0.0  # -0.0 would get a clip id of its own


def _text(value: Any) -> str | None:
    """Return a value as text that Arrow can hold: broken characters are escaped."""
    if value is None:
        return None
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; numbers that are none, and bytes, become null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


def csv_cells(path: Path, **form: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the lines of a CSV file, of a form that `csv.reader` knows, with what names them.

    Raises:
        UserError: it is no CSV.
    """
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        reader = csv.reader(file, **form)
        try:
            for cells in reader:
                yield f"line {reader.line_num}", cells
        except csv.Error as error:
            raise UserError(f"{path}, line {reader.line_num}: not CSV: {error}") from None


def named(path: Path, where: str, header: list[str], cells: list[str]) -> dict[str, Any]:
    """Return the cells of a line by the names of their columns.

    Raises:
        UserError: there are more cells than columns.
    """
    if len(cells) > len(header):
        raise UserError(
            f"{path}, {where}: {len(cells)} cells under {len(header)} columns; "
            "put quotes around a value with a comma in it"
        )
    return dict(zip(header, cells, strict=False))


def _csv_rows(path: Path, check: Check) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = csv_cells(path)
    _, header = next(lines, ("", []))
    check(path, header)
    for where, cells in lines:
        if cells:
            yield where, named(path, where, header, cells)


def _jsonl_rows(path: Path, _: Check) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UserError(f"{path}, line {number}: not JSON: {error}") from None
            if not isinstance(row, dict):
                raise UserError(f"{path}, line {number}: not a JSON object; write one a line")
            yield f"line {number}", row


def _parquet_rows(path: Path, check: Check) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            check(path, table.schema_arrow.names)
            number = 0
            for batch in table.iter_batches(batch_size=1024):
                for row in batch.to_pylist():
                    number += 1
                    yield f"row {number}", row
    except pa.ArrowInvalid as error:
        raise UserError(f"{path}: not a Parquet file that can be read: {error}") from None


def _check_columns(path: Path, names: list[str]) -> None:
    if "path" not in names:
        found = ", ".join(names[:12]) or "none"
        raise UserError(f"{path}: there is no column `path`; the columns are: {found}")
    check_once(path, names)


def check_once(path: Path, names: list[str]) -> None:
    """Refuse a table with two columns of one name."""
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise UserError(f"{path}: the column `{min(twice)}` comes twice; rename or remove one")


MANIFESTS: dict[str, Callable[[Path, Check], Iterator[tuple[str, dict[str, Any]]]]] = {
    ".csv": _csv_rows,
    ".jsonl": _jsonl_rows,
    ".parquet": _parquet_rows,
}
