"""Quoting: the first trusted words of a clip, in their own language, kept short."""

import unicodedata

from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts

_LONGEST_LETTERS = 60
_UNSPACED_LETTERS = 16


def quote(facts: Facts, most_words: int = 8) -> tuple[str, Fact] | None:
    """Return the first words between double quotes with the fact they come from, if trusted."""
    fact = facts.one("words")
    if fact is None or fact.confidence < 0.6:
        return None
    shown = opening(fact.value, most_words)
    if shown[:1].islower():
        shown = f"…{shown}"
    return (f'"{shown}"', fact) if shown else None


def opening(text: str, most_words: int) -> str:
    """Return the first words of a text; an ellipsis says that it goes on.

    Text without spaces is cut by letters, never between a letter and its marks.
    """
    parts = text.split()
    kept = " ".join(parts[:most_words])
    if len(kept) > _LONGEST_LETTERS or len(max(parts, key=len, default="")) > 24:
        kept = _cut(kept, _UNSPACED_LETTERS if " " not in kept[:30] else _LONGEST_LETTERS)
    if len(kept) < len(text.strip()):
        return kept.rstrip(" ,;:.-!?…") + "…"
    return kept if kept.endswith((".", "!", "?", "…", "。", "！", "？", "।")) else kept + "."


def _cut(text: str, most: int) -> str:
    end = min(most, len(text))
    while 0 < end < len(text) and unicodedata.category(text[end]).startswith("M"):
        end -= 1
    cut = text[:end]
    return cut.rsplit(" ", 1)[0] if " " in cut and end < len(text) else cut
