"""The texts of a clip with their places: `long/0` is the first long caption, a pair has its id."""

from collections.abc import Callable
from typing import NamedTuple

from auricle.schemas.text import CATEGORIES, QA, Captions, QAPair

GENERAL = "long/0"
"""The general caption: the first long one."""


class Placed(NamedTuple):
    """A text of a clip: where it stands, its kind (a caption's category, or `qa`) and its words."""

    where: str
    kind: str
    text: str


def spoken(pair: QAPair) -> str:
    """Return a pair as one text: the question, then its answer."""
    return f"{pair.question} {pair.answer}"


def placed(captions: Captions, qa: QA, say: Callable[[QAPair], str] = spoken) -> list[Placed]:
    """Return the texts of a clip, pairs as `say` words them; a row that is not ok has none."""
    found = []
    if captions.status == "ok":
        for category in CATEGORIES:
            for index, text in enumerate(getattr(captions, category) or ()):
                found.append(Placed(f"{category}/{index}", category, text.text))
    if qa.status == "ok":
        found += [Placed(pair.qa_id, "qa", say(pair)) for pair in qa.pairs]
    return found


def kind_of(where: str) -> str:
    """Return the kind of the text at a place."""
    kind = where.rsplit("/", 1)[0]
    return kind if kind in CATEGORIES else "qa"
