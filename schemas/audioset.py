"""The AudioSet classes: 527 names in the data set's order, their parents, and their branch.

`audioset.csv` beside this file holds each class with its top categories and nearest parent
classes, derived from the AudioSet class list (Google, CC BY 4.0) and ontology (Google,
CC BY-SA 4.0, and so is the file). Categories that are no class themselves are left out.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Branch = Literal["speech", "singing", "music", "sound", "background", "silence"]

_DECIDED: dict[str, Branch] = {
    # Speech is words. A voice without words is another sound, and so are many voices in which
    # no words can be told apart: MECAT writes all of these into the sound captions.
    "Whispering": "speech",
    "Babbling": "sound",
    "Hubbub, speech noise, speech babble": "sound",
    # A tune from a mouth is singing with or without words; a whistle is not, as it may be a call.
    "Singing": "singing",
    "Humming": "singing",
    "Whistling": "sound",
    # Things that ring and that are also listed as instruments: what usually makes them ring.
    "Bell": "sound",
    "Bicycle bell": "sound",
    "Church bell": "sound",
    "Chime": "sound",
    "Wind chime": "sound",
    "Cowbell": "music",
    "Jingle bell": "music",
    "Tuning fork": "music",
    "Change ringing (campanology)": "music",
    # A part of music production that the ontology files under equipment.
    "Effects unit": "music",
    "Chorus effect": "music",
    # Noise of the channel that the ontology files elsewhere, and the reverse.
    "Hum": "background",
    "Wind noise (microphone)": "background",
    "Cacophony": "sound",
    "Silence": "silence",
}
"""The classes whose top category does not say it, or says two things."""

_BY_CATEGORY: dict[str, Branch] = {
    "Music": "music",
    "Channel, environment and background": "background",
}
"""Every other category is sound."""


class _Class(NamedTuple):
    categories: tuple[str, ...]
    parents: tuple[str, ...]


def _read() -> dict[str, _Class]:
    text = files("auricle.schemas").joinpath("audioset.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["label"]: _Class(_split(row["roots"]), _split(row["parents"])) for row in rows}


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split("|")) if names else ()


_CLASSES = _read()

LABELS: tuple[str, ...] = tuple(_CLASSES)
"""The 527 class names in the order of the models' outputs."""


def parents(label: str) -> tuple[str, ...]:
    """Return the classes directly above a class; KeyError if there is no such class."""
    return _CLASSES[label].parents


@cache
def ancestors(label: str) -> frozenset[str]:
    """Return every class above a class; KeyError if there is no such class."""
    above = parents(label)
    return frozenset(above).union(*map(ancestors, above))


@cache
def descendants(label: str) -> frozenset[str]:
    """Return every class below a class; KeyError if there is no such class."""
    if label not in _CLASSES:
        raise KeyError(label)
    return frozenset(other for other in LABELS if label in ancestors(other))


@cache
def branch(label: str) -> Branch:
    """Return what kind of sound a class is; KeyError if there is no such class.

    `singing` counts as music in a domain. `background` (noise, hum, rooms) is no event: it never
    makes a clip hold another sound. `sound` is everything that is not speech or music: voices
    without words, crowds and steps as well as things and animals.
    """
    if label in _DECIDED:
        return _DECIDED[label]
    if label == "Speech" or "Speech" in ancestors(label):
        return "speech"
    for parent in parents(label):
        if branch(parent) == "singing":
            return "singing"
    for category in _CLASSES[label].categories:
        if category in _BY_CATEGORY:
            return _BY_CATEGORY[category]
    return "sound"


def children_first(scores: Mapping[str, float], share: float = 0.3) -> list[str]:
    """Return the labels strongest first, but each class behind the narrower ones among them.

    Taggers score "Animal" above "Dog", and "Dog" says more: it takes the place before "Animal" if
    it scores at least `share` as high. With YAMNet on ESC-10 the first label is then right for .61
    of the clips and not for .25, and one of the first five for .78; a share of 0.5 costs .03 of
    both, and none at all puts a doubtful "Speech synthesizer" before a certain "Speech".
    """
    strongest = sorted(scores, key=lambda label: -scores[label])
    ordered: list[str] = []

    def place(label: str) -> None:
        for other in strongest:
            if other in descendants(label) and scores[other] >= share * scores[label]:
                place(other)
        if label not in ordered:
            ordered.append(label)

    for label in strongest:
        place(label)
    return ordered
