"""Voice words: what emotion models, voice measures and probes say, as plain English."""

import re

EMOTIONS = {
    "angry": "angry", "anger": "angry", "ang": "angry", "disgusted": "disgusted",
    "disgust": "disgusted", "fearful": "fearful", "fear": "fearful", "happy": "happy",
    "happiness": "happy", "hap": "happy", "joy": "happy", "sad": "sad", "sadness": "sad",
    "surprised": "surprised", "surprise": "surprised", "calm": "calm", "bored": "bored",
    "boredom": "bored", "neutral": "neutral", "neu": "neutral", "contempt": "scornful",
    "excited": "excited", "frustrated": "frustrated",
}  # fmt: skip
"""What is not here (`other`, `unknown`) is not told."""

CALM = frozenset({"sad", "calm", "bored", "neutral"})
"""Emotions that no excited voice has."""
EXCITED = frozenset({"angry", "fearful", "happy", "surprised", "excited"})
"""Emotions that no calm voice has."""

TIMBRES = {
    "deep": "deep", "breathy": "breathy", "bright": "bright", "dark": "dark", "warm": "warm",
    "thin": "thin", "full": "full", "nasal": "nasal", "harsh": "harsh", "soft": "soft",
    "creaky": "creaky", "tense": "tense", "pressed": "tense", "resonant": "resonant",
    "mellow": "mellow",
}  # fmt: skip

HEALTH = {
    "hoarse": "hoarse", "rough": "rough", "strained": "strained", "weak": "weak",
    "tremulous": "trembling", "trembling": "trembling", "unsteady": "unsteady", "raspy": "raspy",
}  # fmt: skip
"""A healthy voice is ordinary, and not told."""


def word(label: str, table: dict[str, str]) -> str | None:
    """Return the plain word for a label, or None where a table has none for it."""
    return table.get(re.split(r"[/_ ]", label.strip().lower(), maxsplit=1)[0])


def accent_name(label: str) -> str:
    """Return an accent as it stands before the noun: letters alone, without the word itself."""
    letters = " ".join(re.findall(r"[^\W\d_]+", label))[:_LONGEST]
    return re.sub(r"(?i)\s*\baccent(ed)?\b\s*", " ", letters).strip()


_LONGEST = 30
