"""Where the lint reads: a dataset of ours, MECAT-style JSONL, or tables of captions as others have.

A file is JSONL, JSON, CSV, TSV or Parquet, the first four also gzipped; a folder is all such files
in it, however deep. Rows are read one by one, only a JSON file is read at once.
"""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.text.lint_records import (
    DOMAINS,
    CaptionSet,
    Place,
    Question,
    Texts,
    texts_of,
    wanted,
)
from auricle.schemas.errors import UserError
from auricle.schemas.text import CATEGORIES, QA, Captions

_ROWS = 1024
"""Rows of a Parquet file that are held at once."""


def texts(target: str) -> Texts:
    """Yield all captions and questions of a dataset, a file, a folder or a glob of files.

    Raises:
        UserError: there is nothing here, or something in it is broken.
    """
    data = _dataset(target)
    if data is not None:
        yield from texts_of_dataset(data, _written(data))
        return
    for path in _files(target):
        stem = path.name.split(".", 1)[0]
        domain = stem if stem in DOMAINS else ""
        for row, place in _reader(path)(path, domain):
            yield from texts_of(row, place)


def _dataset(target: str) -> Dataset | None:
    """Return the target as a dataset of ours, or None where it is none."""
    if "://" not in target and not Path(target).is_dir():
        return None
    data = Dataset(target)
    if data.shards("captions") or data.shards("qa"):
        return data
    if data.storage.exists("dataset.yaml"):
        raise UserError(f"{target}: no captions or questions yet; `auricle run` makes them")
    if "://" in target:
        raise UserError(f"{target}: no dataset here; copy files of texts to this machine first")
    return None


def _written(data: Dataset) -> list[int]:
    """Return the shards that have captions or questions."""
    return sorted({*data.shards("captions"), *data.shards("qa")})


def texts_of_dataset(data: Dataset, shards: Iterable[int]) -> Texts:
    """Yield all captions and questions of some shards of a dataset of ours."""
    for shard in shards:
        domains: dict[str, str | None] = {}
        if data.has("domain", shard):
            codes = data.table("domain", shard, ["clip_id", "code"]).to_pydict()
            domains = dict(zip(codes["clip_id"], codes["code"], strict=True))
        if data.has("captions", shard):
            for captions in data.rows(Captions, shard):
                domain = domains.get(captions.clip_id) or ""
                for category in CATEGORIES:
                    written = getattr(captions, category)
                    if written:
                        found = tuple(text.text for text in written)
                        yield CaptionSet(captions.clip_id, domain, category, found)
        if data.has("qa", shard):
            for row in data.rows(QA, shard):
                domain = domains.get(row.clip_id) or ""
                for pair in row.pairs:
                    yield Question(
                        row.clip_id,
                        domain,
                        pair.category,
                        pair.difficulty,
                        pair.question,
                        pair.answer,
                    )


def _files(target: str) -> list[Path]:
    """Return the files that are meant, in order.

    Raises:
        UserError: there are none.
    """
    path = Path(target)
    if path.is_file():
        return [path]
    found = path.rglob("*") if path.is_dir() else map(Path, glob(target, recursive=True))  # noqa: PTH207
    known = sorted(each for each in found if each.is_file() and _kind(each) in _READERS)
    if path.is_dir():  # beside tables, JSON is about them
        known = [each for each in known if _kind(each) != ".json"] or known
    if not known:
        what = "no texts" if path.exists() else "no such file or folder"
        raise UserError(f"{target}: {what}; the lint reads {', '.join(_READERS)} and datasets")
    return known


def _kind(path: Path) -> str:
    return path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix


def _reader(path: Path) -> "Reader":
    reader = _READERS.get(_kind(path).lower())
    if reader is None:
        raise UserError(f"{path}: what is this? The lint reads {', '.join(_READERS)}")
    return reader


Rows = Iterator[tuple[Any, Place]]
Reader = Callable[[Path, str], Rows]


def _jsonl(path: Path, domain: str) -> Rows:
    with _text(path) as lines:
        for at, line in enumerate(lines, start=1):
            if line.strip():
                place = Place(str(path), at, domain)
                yield _parsed(line, place, "one JSON object a line is wanted"), place


def _json(path: Path, domain: str) -> Rows:
    """Yield the rows of a list, of `{"data": [...]}`, or of `{key: {...}}`."""
    with _text(path) as file:
        content = _parsed(file.read(), Place(str(path), 1), "is it cut off?")
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        content = content["data"]
    for at, row in enumerate(content if isinstance(content, list) else [content], start=1):
        yield row, Place(str(path), at, domain)


def _table(path: Path, domain: str) -> Rows:
    """Yield the rows of a CSV or TSV file with a header."""
    csv.field_size_limit(1 << 24)
    with _text(path) as lines:
        reader = csv.DictReader(lines, delimiter="\t" if _kind(path) == ".tsv" else ",")
        try:
            names = reader.fieldnames or []
            if not any(wanted(name) for name in names if name):
                raise UserError(
                    f"{path}:1: no header that names a column caption, text or question"
                )
            for row in reader:
                place = Place(str(path), reader.line_num, domain)
                if None in row or None in row.values():
                    raise UserError(f"{place}: not as many cells as the header; mend or delete it")
                yield row, place
        except csv.Error as error:
            raise UserError(f"{path}:{reader.line_num}: not CSV ({error}); mend it") from None


def _parquet(path: Path, domain: str) -> Rows:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise UserError(f"{path}: not a Parquet file ({error}); fetch or make it again") from None
    names = [name for name in file.schema_arrow.names if wanted(name) and name != "audio"]
    at = 0
    with file:
        for batch in file.iter_batches(batch_size=_ROWS, columns=names):
            for row in batch.to_pylist():
                at += 1
                yield row, Place(str(path), at, domain)


_READERS: dict[str, Reader] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _table,
    ".tsv": _table,
    ".parquet": _parquet,
}


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """Open a text file, gzipped or not.

    Raises:
        UserError: it is not what its name says, or not UTF-8.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: broken gzip ({error}); fetch or make it again") from None
    except PermissionError:
        raise UserError(f"{path}: not yours to read; change its permissions") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); convert it: iconv -t UTF-8") from None


def _parsed(text: str, place: Place, want: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{place}: not JSON ({error}); {want}") from None
