"""Manifests: CSV, JSON Lines and Parquet tables that name sound files and excerpts of them."""

import csv
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from auricle.schemas.errors import UserError

_KNOWN = ("path", "recording_id", "start", "duration", "license", "licence")
_TEXTS = ("title", "description", "uploader")
_UNFIT = re.compile(r"[/\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


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


def read_manifest(path: Path) -> Iterator[Entry]:
    """Yield the rows of a manifest in order, holding no more than a batch of them.

    The columns are path and, all optional, recording_id, start, duration (seconds), license or
    licence, title, description and uploader. Every other column goes into `extra`, one JSON object
    with sorted keys, without empty values and without binary ones.

    Raises:
        UserError: the table cannot be read, has no `path` column, or a row has a bad value; the
            row is named.
    """
    for where, row in MANIFESTS[path.suffix.lower()](path):
        yield _entry(f"{path}, {where}", row)


def _entry(where: str, row: dict[str, Any]) -> Entry:
    row = {key: value for key, value in row.items() if not _is_empty(value)}
    extra = {k: _plain(v) for k, v in row.items() if k not in (*_KNOWN, *_TEXTS)}
    extra = {key: value for key, value in extra.items() if value is not None}
    return Entry(
        path=_path(where, row.get("path")),
        recording_id=_recording_id(where, row.get("recording_id")),
        start=_seconds(where, "start", row.get("start", 0.0)),
        duration=_seconds(where, "duration", row["duration"]) if "duration" in row else None,
        license=_text(row.get("license", row.get("licence"))),
        title=_text(row.get("title")),
        description=_text(row.get("description")),
        uploader=_text(row.get("uploader")),
        extra=_text(json.dumps(extra, ensure_ascii=False, sort_keys=True)) if extra else None,
    )


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


def _recording_id(where: str, value: Any) -> str | None:
    text = None if value is None else str(value)
    if text and _UNFIT.search(text):
        raise UserError(
            f"{where}: recording_id {text!r} holds a slash, a control character or broken text; "
            "clip ids are made of it: use letters, digits, - and _"
        )
    return text


def _seconds(where: str, column: str, value: Any) -> float:
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


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        reader = csv.reader(file)
        try:
            header = next(reader, [])
            _check_columns(path, header)
            for cells in reader:
                where = f"line {reader.line_num}"
                if len(cells) > len(header):
                    raise UserError(
                        f"{path}, {where}: {len(cells)} cells under {len(header)} columns; "
                        "put quotes around a value with a comma in it"
                    )
                if cells:
                    yield where, dict(zip(header, cells, strict=False))
        except csv.Error as error:
            raise UserError(f"{path}, line {reader.line_num}: not CSV: {error}") from None


def _jsonl_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
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


def _parquet_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            _check_columns(path, table.schema_arrow.names)
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
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise UserError(f"{path}: the column `{min(twice)}` comes twice; rename or remove one")


MANIFESTS: dict[str, Callable[[Path], Iterator[tuple[str, dict[str, Any]]]]] = {
    ".csv": _csv_rows,
    ".jsonl": _jsonl_rows,
    ".parquet": _parquet_rows,
}
