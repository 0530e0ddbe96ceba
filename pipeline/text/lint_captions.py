"""Captions under the ruler: counted by category and domain, a clip's variants at a time."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from auricle.pipeline.text import telltales
from auricle.pipeline.text.english import words
from auricle.pipeline.text.lint_count import Commonest, Examples, Strings, lengths, share
from auricle.pipeline.text.lint_figures import CaptionFigures, CaptionLint
from auricle.pipeline.text.lint_records import ANY, CaptionSet
from auricle.pipeline.text.rules.draft import bare
from auricle.schemas.text import CATEGORIES

SHORT = 15
"""Words a short caption may have."""
WHOLE = ("long", "environment", ANY)

_RULER: dict[str, Callable[[str], list[str]]] = {
    "expert_talk": telltales.expert_talk,
    "raw_numbers": telltales.raw_numbers,
    "noise_claims": telltales.noise_claims,
    "temporal_words": telltales.temporal_words,
    "order_words": telltales.order_words,
    "absences": telltales.absences,
    "quotes": telltales.quotes,
}
_TESTS: dict[str, Callable[[str], bool]] = {
    "nones": telltales.is_none,
    "blank": lambda text: not text.strip(),
    "non_latin": telltales.non_latin,
}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass
class _Cell:
    """The captions of one category in one domain."""

    category: str
    domain: str
    sets: int = 0
    alike: int = 0
    lengths: Counter[int] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    vocabulary: set[str] = field(default_factory=set)
    strings: Strings = field(default_factory=Strings)


class CaptionCount:
    """Takes captions as they come and gives their figures."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], _Cell] = {}
        self._clips = Strings()
        self._examples = Examples()
        self._commonest = Commonest()

    def add(self, given: CaptionSet) -> None:
        """Count one clip's captions of one category."""
        key = (given.category, given.domain)
        cell = self._cells.get(key) or self._cells.setdefault(key, _Cell(*key))
        cell.sets += 1
        self._clips.add(given.clip_id)
        if len({bare(text) for text in given.texts}) < len(given.texts):
            cell.alike += 1
            self._show("alike", given, " | ".join(given.texts), ())
        for text in given.texts:
            cell.lengths[words(text)] += 1
            cell.vocabulary.update(_WORD.findall(text.lower()))
            cell.strings.add(text)
            self._commonest.add(text)
            for defect, look in _RULER.items():
                if found := look(text):
                    cell.found[defect] += 1
                    self._show(defect, given, text, found)
            for defect, test in _TESTS.items():
                if test(text):
                    cell.found[defect] += 1
                    self._show(defect, given, text, ())

    def result(self) -> CaptionLint | None:
        """Return the figures, or None where there was no caption."""
        cells = list(self._cells.values())
        if not cells:
            return None
        whole = [cell for cell in cells if cell.category in WHOLE]
        met = {cell.category for cell in cells}
        return CaptionLint(
            clips=len(self._clips.counts()),
            all=_figures(cells),
            whole=_figures(whole) if whole else None,
            categories={
                category: _figures([cell for cell in cells if cell.category == category])
                for category in (*CATEGORIES, ANY)
                if category in met
            },
            domains=_by_domain(cells),
            whole_domains=_by_domain(whole),
            examples=self._examples.result(),
            frequent=self._commonest.top(Strings(cell.strings for cell in cells)),
        )

    def _show(self, defect: str, given: CaptionSet, text: str, found: Sequence[str]) -> None:
        self._examples.add(defect, given.clip_id, given.category, text, found)


def _by_domain(cells: Sequence[_Cell]) -> dict[str, CaptionFigures]:
    domains = sorted({cell.domain for cell in cells} - {""})
    return {
        domain: _figures([cell for cell in cells if cell.domain == domain]) for domain in domains
    }


def _figures(cells: Sequence[_Cell]) -> CaptionFigures:
    """Return the figures of several cells taken together."""
    counts = sum((cell.lengths for cell in cells), Counter[int]())
    found = sum((cell.found for cell in cells), Counter[str]())
    total = counts.total()
    return CaptionFigures(
        captions=total,
        words=lengths(counts),
        short=share(sum(counts[length] for length in counts if length <= SHORT), total),
        vocabulary=len(set().union(*(cell.vocabulary for cell in cells))),
        repeated=Strings(cell.strings for cell in cells).repeated(),
        alike=share(sum(cell.alike for cell in cells), sum(cell.sets for cell in cells)),
        **{defect: share(found[defect], total) for defect in (*_RULER, *_TESTS)},
    )
