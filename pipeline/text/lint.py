"""The lint: one ruler for any set of texts, ours or other people's, beside MECAT's figures.

`auricle lint FILE|FOLDER|DATASET` prints it; docs/lint.md says what each measure means.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from auricle.pipeline.text import published
from auricle.pipeline.text.lint_captions import SHORT, CaptionCount
from auricle.pipeline.text.lint_figures import (
    CaptionFigures,
    CaptionLint,
    Lengths,
    LintReport,
    QALint,
    Usual,
)
from auricle.pipeline.text.lint_questions import QuestionCount
from auricle.pipeline.text.lint_records import ANY, CaptionSet, Texts
from auricle.pipeline.text.lint_sources import texts
from auricle.pipeline.text.published import Figure
from auricle.schemas.errors import UserError


class LintLine(NamedTuple):
    """One measure of a group of texts, and what the same ruler finds in MECAT's references."""

    about: str
    measure: str
    value: str
    mecat: str


def lint(target: str) -> LintReport:
    """Measure the texts of a dataset, a file, a folder or a glob of files, in one pass.

    Raises:
        UserError: there is nothing to read, or something in it is broken.
    """
    report = measured(target, texts(target))
    if report.captions is None and report.qa is None:
        raise UserError(f"{target}: not one caption or question in it; look at the file")
    return report


def measured(name: str, given: Texts) -> LintReport:
    """Measure texts that come in one by one; `name` says whose they are."""
    captions, questions = CaptionCount(), QuestionCount()
    for each in given:
        if isinstance(each, CaptionSet):
            captions.add(each)
        else:
            questions.add(each)
    return LintReport(name, captions.result(), questions.result())


def lint_rows(target: str) -> list[LintLine]:
    """Measure the texts of a target and return the table to print, within 80 columns.

    Raises:
        UserError: as for `lint`.
    """
    return lines(lint(target))


def lines(report: LintReport) -> list[LintLine]:
    """Return a report as the lines of a table."""
    made: list[LintLine] = []
    if report.captions:
        made += _caption_lines(report.captions)
    if report.qa:
        made += _qa_lines(report.qa)
    return made


def _caption_lines(found: CaptionLint) -> Iterator[LintLine]:
    yield _line("captions", "clips", found.clips, published.CAPTIONS["captions"]["clips"])
    yield from _compared("captions", found.all, _EXTENT)
    if found.whole:
        yield from _compared("long, environment", found.whole, _TALK)
    for domain, figures in found.whole_domains.items():
        yield from _compared(domain, figures, _CLAIMS)
    for category, figures in found.categories.items():
        yield from _compared(category, figures, _SHAPE)


def _compared(
    about: str, figures: CaptionFigures, measures: Mapping[str, str]
) -> Iterator[LintLine]:
    """Yield a line for each measure; what neither side has is left out."""
    mecat = published.CAPTIONS.get("long" if about == ANY else about, {})
    for name, measure in measures.items():
        value, beside = getattr(figures, name), mecat.get(name)
        if value or beside or name in _ALWAYS:
            yield _line(about, measure, value, beside)


def _qa_lines(found: QALint) -> Iterator[LintLine]:
    ours, mecat = found.all, published.QA
    yield _line("questions", "clips", found.clips, mecat["clips"])
    for name, measure in _QA.items():
        yield _line("questions", measure, getattr(ours, name), mecat[name])
    if ours.cramers_v is not None:
        tie = f"{ours.cramers_v:.2f}"
        yield LintLine("questions", "Cramér's V", tie, f"{published.CRAMERS_V:.2f}")
    for category, share in ours.categories.items():
        yield _line("QA category", category, share, published.QA_CATEGORIES.get(category))
    for difficulty, share in ours.difficulties.items():
        yield _line("QA difficulty", difficulty, share, published.QA_DIFFICULTIES.get(difficulty))
    for category, usual in ours.usual.items():
        yield _line("usual difficulty", category, usual, published.QA_USUAL.get(category))


def _line(about: str, measure: str, value: Figure | Usual, mecat: Figure | Usual) -> LintLine:
    return LintLine(about[:_WIDTH], measure[:_WIDTH], _told(value), _told(mecat))


def _told(value: Figure | Usual) -> str:
    """Return a figure in words: shares in per cent, counts with commas, lengths by three."""
    if value is None:
        return ""
    if isinstance(value, Usual):
        return f"{value.share:.0%} {value.difficulty[:14]}"
    if isinstance(value, Lengths):
        return f"{value.mean:.1f}, {value.median}, {value.p95}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2%}" if 0 < value < 0.0995 else f"{value:.1%}"


_WIDTH = 22
"""Characters of a name in the table, so that it fits 80 columns."""
_EXTENT = {
    "captions": "captions",
    "vocabulary": "distinct words",
    "repeated": "repeated strings",
    "alike": "variants alike",
    "nones": 'exact "None"',
    "blank": "blank",
}
_TALK = {
    "expert_talk": "expert talk",
    "raw_numbers": "raw numbers",
    "noise_claims": "noise claims",
    "temporal_words": "temporal words",
    "order_words": "words of order",
}
_CLAIMS = {"expert_talk": "expert talk", "noise_claims": "noise claims"}
_SHAPE = {
    "words": "words: mean, p50, p95",
    "short": f"at most {SHORT} words",
    "vocabulary": "distinct words",
    "repeated": "repeated strings",
    "absences": "absence told",
    "nones": 'exact "None"',
    "quotes": "quotes",
    "non_latin": "non-Latin script",
}
_QA = {
    "pairs": "pairs",
    "repeated_questions": "repeated questions",
    "repeated_answers": "repeated answers",
    "yes_no": "answers yes or no",
    "no": "of these no",
    "told": "difficulty by category",
    "expert_talk": "expert talk",
    "raw_numbers": "raw numbers",
    "question_words": "question words",
    "answer_words": "answer words",
}
_ALWAYS = (*_TALK, "repeated", "repeated_questions", "repeated_answers")
