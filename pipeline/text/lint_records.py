"""Texts in one row of data: lists of captions, a question with its answer, or one caption."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from auricle.schemas.annotation import DomainCode
from auricle.schemas.errors import UserError
from auricle.schemas.text import CATEGORIES

DOMAINS: tuple[str, ...] = get_args(DomainCode)
ANY = "caption"
"""The category of captions whose source knows no categories."""

IDS = (
    *("clip_id", "id", "key", "__key__", "audio_id", "youtube_id", "ytid", "audiocap_id"),
    *("file_name", "filename", "file", "audio_filepath", "path", "audio"),
)
CAPTIONS = ("caption", "captions", "text", "texts", "audio_caption", "description")
QA = ("question", "answer", "category", "difficulty")
_NUMBERED = re.compile(r"caption_?\d+")
_QA_KEY = re.compile(r"(.+)_[0-9a-f]{8}")
"""MECAT names a question by its clip and eight hex digits."""


class CaptionSet(NamedTuple):
    """One clip's captions of one category; the domain is empty where it is not known."""

    clip_id: str
    domain: str
    category: str
    texts: tuple[str, ...]


class Question(NamedTuple):
    """One question and its answer; what the source does not tell is empty."""

    clip_id: str
    domain: str
    category: str
    difficulty: str
    question: str
    answer: str


class Place(NamedTuple):
    """Where a row stands, and the domain that its file's name tells."""

    file: str
    row: int
    domain: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.row}"


Texts = Iterator[CaptionSet | Question]


def wanted(column: str) -> bool:
    """Tell whether a column of a table holds texts or says whose they are."""
    name = column.lower()
    known = (*IDS, *CAPTIONS, *QA, *CATEGORIES, "qa", "domain")
    return name in known or _NUMBERED.fullmatch(name) is not None


def texts_of(row: Any, place: Place) -> Texts:
    """Yield the texts of a row: `{key: {...}}` as MECAT writes it, or plain columns.

    Raises:
        UserError: the row holds no texts, or something else where they should be.
    """
    if not isinstance(row, Mapping):
        raise UserError(f"{place}: an object is wanted, with caption lists or columns of texts")
    if row and all(isinstance(value, Mapping) for value in row.values()):
        for key, value in row.items():
            own = _QA_KEY.fullmatch(str(key)) if "question" in value else None
            yield from _texts(own.group(1) if own else str(key), value, place)
    else:
        columns = {str(name).lower(): value for name, value in row.items()}
        yield from _texts(_id(columns, place), columns, place)


def _texts(key: str, row: Mapping[str, Any], place: Place) -> Texts:
    domain = str(row.get("domain") or place.domain)
    lists = [name for name in CATEGORIES if name in row]
    if "question" in row:
        yield _question(key, domain, row, place)
        return
    for name in lists:
        if texts := _strings(row[name], name, place):
            yield CaptionSet(key, domain, name, texts)
    for pair in row.get("qa") or ():
        yield _question(key, domain, pair, place)
    if lists or "qa" in row:
        return
    numbered = [name for name in row if _NUMBERED.fullmatch(name)]
    names = numbered or [name for name in CAPTIONS if name in row][:1]
    if not names:
        raise UserError(
            f"{place}: no texts among {', '.join(row) or 'nothing'}; wanted are lists "
            f"{', '.join(CATEGORIES)}, a question with its answer, or one of {', '.join(CAPTIONS)}"
        )
    texts = tuple(text for name in names for text in _strings(row[name], name, place))
    if texts:
        yield CaptionSet(key, domain, ANY, texts)


def _question(key: str, domain: str, row: Any, place: Place) -> Question:
    if not isinstance(row, Mapping):
        raise UserError(f"{place}: `qa` must be a list of objects with question and answer")
    for name in ("question", "answer"):
        if not isinstance(row.get(name), str):
            raise UserError(f"{place}: `{name}` must be a text, not {row.get(name)!r}")
    return Question(
        key,
        domain,
        str(row.get("category") or ""),
        str(row.get("difficulty") or ""),
        row["question"],
        row["answer"],
    )


def _strings(value: Any, name: str, place: Place) -> tuple[str, ...]:
    """Return a text or a list of texts as a tuple; null is none at all."""
    found = [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
    found = [
        each["text"] if isinstance(each, Mapping) and "text" in each else each for each in found
    ]
    if not all(isinstance(each, str) for each in found):
        raise UserError(f"{place}: `{name}` must be a text or a list of texts, not {value!r:.60}")
    return tuple(found)


def _id(row: Mapping[str, Any], place: Place) -> str:
    """Return what names the row's clip, or else its place."""
    found = (row[name] for name in IDS if isinstance(row.get(name), str | int))
    return str(next(found, place))
