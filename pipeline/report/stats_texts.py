"""The figures of texts for a terminal: what a reader asks first, beside MECAT's."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from auricle.pipeline.text import published
from auricle.pipeline.text.lint import lines
from auricle.pipeline.text.lint_figures import CaptionFigures, Lengths, LintReport

_SHOWN = ("captions", "long, environment", "questions")
"""Groups of which all measures are shown."""


class TextsTable(NamedTuple):
    """A table of texts as rows, or as bars: a name, its share, and what stands after it."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    bars: tuple[tuple[str, float, str], ...] = ()


def texts_tables(report: LintReport, clips: int) -> Iterator[TextsTable]:
    """Yield the tables of the texts of a dataset that has so many clips."""
    read = report.clips
    part = f", of {read:,} of the {clips:,} clips" if read < clips else ""
    rows = tuple(tuple(line) for line in lines(report) if line.about in _SHOWN)
    yield TextsTable(f"Texts{part}", ("about", "measure", "this set", "MECAT"), rows)
    if report.captions:
        figures = {**report.captions.categories, "all": report.captions.all}
        columns = (
            *("captions", "number", "words", "MECAT", "p50", "p95", "distinct", "repeated"),
            "MECAT",
        )
        rows = tuple(_captions(name, each) for name, each in figures.items())
        yield TextsTable("Words of captions: mean, median, 95 %", columns, rows)
    if report.qa:
        qa = report.qa.all
        number = f"{qa.pairs:,} questions"
        told = _shares(qa.categories, published.QA_CATEGORIES)
        yield TextsTable(f"Categories of {number}", bars=told)
        told = _shares(qa.difficulties, published.QA_DIFFICULTIES)
        yield TextsTable(f"Difficulties of {number}", bars=told)


def _captions(name: str, figures: CaptionFigures) -> tuple[str, ...]:
    mecat = published.CAPTIONS.get("captions" if name == "all" else name, {})
    words, repeated = mecat.get("words"), mecat.get("repeated")
    return (
        name,
        f"{figures.captions:,}",
        f"{figures.words.mean:.1f}",
        f"{words.mean:.1f}" if isinstance(words, Lengths) else "",
        f"{figures.words.median}",
        f"{figures.words.p95}",
        f"{figures.vocabulary:,}",
        f"{figures.repeated:.1%}",
        f"{repeated:.1%}" if isinstance(repeated, float) else "",
    )


def _shares(
    ours: Mapping[str, float], mecat: Mapping[str, float]
) -> tuple[tuple[str, float, str], ...]:
    return tuple(
        (name.replace("_", " "), share, f"MECAT {mecat[name]:.1%}" if name in mecat else "")
        for name, share in ours.items()
    )
