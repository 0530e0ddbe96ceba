"""Questions and answers under the ruler: repetition, yes and no, difficulties, talk and numbers."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from auricle.pipeline.text import telltales
from auricle.pipeline.text.english import words
from auricle.pipeline.text.lint_count import Commonest, Examples, Strings, lengths, share
from auricle.pipeline.text.lint_figures import QAFigures, QALint, Usual
from auricle.pipeline.text.lint_records import Question

T = TypeVar("T")

_RULER: dict[str, Callable[[str], list[str]]] = {
    "expert_talk": telltales.expert_talk,
    "raw_numbers": telltales.raw_numbers,
}


@dataclass
class _Cell:
    """The pairs of one domain."""

    pairs: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    polar: Counter[bool | None] = field(default_factory=Counter)
    question_words: Counter[int] = field(default_factory=Counter)
    answer_words: Counter[int] = field(default_factory=Counter)
    questions: Strings = field(default_factory=Strings)
    answers: Strings = field(default_factory=Strings)


class QuestionCount:
    """Takes questions with their answers as they come and gives their figures."""

    def __init__(self) -> None:
        self._cells: dict[str, _Cell] = {}
        self._clips = Strings()
        self._examples = Examples()
        self._questions = Commonest()
        self._answers = Commonest()

    def add(self, given: Question) -> None:
        """Count one question and its answer."""
        cell = self._cells.setdefault(given.domain, _Cell())
        cell.pairs += 1
        self._clips.add(given.clip_id)
        cell.kinds[given.category, given.difficulty] += 1
        cell.polar[telltales.polar(given.answer)] += 1
        cell.question_words[words(given.question)] += 1
        cell.answer_words[words(given.answer)] += 1
        cell.questions.add(given.question)
        cell.answers.add(given.answer)
        self._questions.add(given.question)
        self._answers.add(given.answer)
        pair = f"{given.question} {given.answer}"
        for defect, look in _RULER.items():
            if found := look(pair):
                cell.found[defect] += 1
                self._examples.add(defect, given.clip_id, given.category or "qa", pair, found)

    def result(self) -> QALint | None:
        """Return the figures, or None where there was no question."""
        cells = list(self._cells.values())
        if not cells:
            return None
        return QALint(
            clips=len(self._clips.counts()),
            all=_figures(cells),
            domains={
                domain: _figures([self._cells[domain]]) for domain in sorted(self._cells) if domain
            },
            examples=self._examples.result(),
            frequent_questions=self._questions.top(Strings(cell.questions for cell in cells)),
            frequent_answers=self._answers.top(Strings(cell.answers for cell in cells)),
        )


def cramers_v(table: Counter[tuple[str, str]]) -> float | None:
    """Return Cramér's V of pairs of values, or None where one of the two never varies."""
    rows, columns = _margin(table, 0), _margin(table, 1)
    free = min(len(rows), len(columns)) - 1
    if free < 1:
        return None
    total = table.total()
    squared = sum(
        (table[row, column] - rows[row] * columns[column] / total) ** 2
        / (rows[row] * columns[column] / total)
        for row in rows
        for column in columns
    )
    return math.sqrt(squared / (total * free))


def _figures(cells: Sequence[_Cell]) -> QAFigures:
    """Return the figures of several cells taken together."""
    kinds = _sum(cell.kinds for cell in cells)
    known = Counter({kind: times for kind, times in kinds.items() if all(kind)})
    found, polar = _sum(cell.found for cell in cells), _sum(cell.polar for cell in cells)
    total = sum(cell.pairs for cell in cells)
    said = polar[True] + polar[False]
    usual = _usual(known)
    guessed = sum(known[category, each.difficulty] for category, each in usual.items())
    return QAFigures(
        pairs=total,
        repeated_questions=Strings(cell.questions for cell in cells).repeated(),
        repeated_answers=Strings(cell.answers for cell in cells).repeated(),
        yes_no=share(said, total),
        no=share(polar[False], said) if said else None,
        categories=_shares(_margin(kinds, 0), total),
        difficulties=_shares(_margin(kinds, 1), total),
        usual=usual,
        told=share(guessed, known.total()) if known else None,
        cramers_v=cramers_v(known),
        question_words=lengths(_sum(cell.question_words for cell in cells)),
        answer_words=lengths(_sum(cell.answer_words for cell in cells)),
        **{defect: share(found[defect], total) for defect in _RULER},
    )


def _usual(kinds: Counter[tuple[str, str]]) -> dict[str, Usual]:
    """Return the most frequent difficulty of each category."""
    usual = {}
    for category, total in _margin(kinds, 0).items():
        own = {difficulty: times for (kind, difficulty), times in kinds.items() if kind == category}
        most = max(own, key=lambda difficulty: (own[difficulty], difficulty))
        usual[category] = Usual(most, share(own[most], total))
    return usual


def _margin(table: Counter[tuple[str, str]], side: int) -> Counter[str]:
    """Return how often each category occurs (side 0), or each difficulty (side 1)."""
    counts: Counter[str] = Counter()
    for pair, times in table.items():
        counts[pair[side]] += times
    return Counter({name: times for name, times in counts.most_common() if name})


def _shares(counts: Counter[str], total: int) -> dict[str, float]:
    return {name: share(times, total) for name, times in counts.items()}


def _sum(counters: Iterable[Counter[T]]) -> Counter[T]:
    return sum(counters, Counter())
