"""The texts of a clip with their places: `long/0` is the first long caption, a pair has its id."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from auricle.schemas.text import CaptionCategory

CATEGORIES: tuple[CaptionCategory, ...] = (
    "short",
    "long",
    "speech",
    "music",
    "sound",
    "environment",
)
GENERAL = "long/0"
"""The general caption: the first long one."""


class Placed(NamedTuple):
    """A text of a clip: where it stands, its kind (a caption's category, or `qa`) and its words."""

    where: str
    kind: str
    text: str


def placed(captions: Mapping[str, Any], qa: Mapping[str, Any]) -> list[Placed]:
    """Return the texts of a clip from its rows as dictionaries; rows that are not ok have none."""
    found = []
    if captions["status"] == "ok":
        for category in CATEGORIES:
            for index, text in enumerate(captions[category] or ()):
                found.append(Placed(f"{category}/{index}", category, text["text"]))
    if qa["status"] == "ok":
        for pair in qa["pairs"]:
            told = f"{pair['question']} {pair['answer']}"
            found.append(Placed(pair["qa_id"], "qa", told))
    return found


def kind_of(where: str) -> str:
    """Return the kind of the text at a place."""
    kind = where.rsplit("/", 1)[0]
    return kind if kind in CATEGORIES else "qa"
