"""The parts of a report, in order: which figures stand in it, as numbers, charts and tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from auricle.pipeline.report.charts import Chart, Told, bars, beside, curves, histogram
from auricle.pipeline.report.figures import Figures
from auricle.pipeline.text import published
from auricle.pipeline.text.lint import lines
from auricle.pipeline.text.lint_figures import CaptionFigures, Lengths, LintReport

_MOST = 15
"""Bars of a chart."""
_TALK = {
    "expert talk": "expert_talk",
    "raw numbers": "raw_numbers",
    "words of time": "temporal_words",
    "words of order": "order_words",
}
_REPEATED = {
    "questions that repeat": "repeated_questions",
    "answers that repeat": "repeated_answers",
    "answers yes or no": "yes_no",
    "of these no": "no",
}


class Numbers(NamedTuple):
    """A table of figures."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Told | None, ...]]


@dataclass(frozen=True)
class Section:
    """One part of the page."""

    id: str
    title: str
    text: tuple[str, ...] = ()
    numbers: tuple[tuple[str, Told], ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Numbers, ...] = ()


def sections(told: Figures) -> list[Section]:
    """Return the parts that the figures fill."""
    found = [
        _overview(told),
        _texts(told.texts, told.clips),
        _checked(told),
        _heard(told),
        _cost(told),
    ]
    return [section for section in found if section is not None]


def _overview(told: Figures) -> Section:
    numbers: list[tuple[str, Told]] = [
        ("hours", told.seconds / 3600),
        ("clips", told.clips),
        ("recordings", told.recordings),
    ]
    if told.texts and told.texts.captions:
        numbers.append(("captions", told.texts.captions.all.captions))
    if told.texts and told.texts.qa:
        numbers.append(("questions", told.texts.qa.all.pairs))
    charts = [bars("From recordings to splits", told.stages, "number")]
    for kind, title in (("domain", "Domains"), ("language", "Languages"),
                        ("licence", "Licences of the sources"), ("split", "Splits")):  # fmt: skip
        clips = {name: share.clips for name, share in told.kinds.get(kind, {}).items()}
        if clips:
            charts.append(bars(_titled(title, clips), _first(clips), "clips"))
    tables = []
    if told.errors:
        rows: list[tuple[Told | None, ...]] = [
            (each.reason, each.table, each.rows, each.detail) for each in told.errors
        ]
        tables.append(Numbers("Errors", ("reason", "table", "rows", "for example"), rows))
    text = (
        "A domain says what is heard: S speech, M music, A other sound; 0 stands for what is not."
    )
    return Section("overview", "Overview", (text,), tuple(numbers), tuple(charts), tuple(tables))


def _texts(report: LintReport | None, clips: int) -> Section | None:
    if report is None:
        return None
    charts: list[Chart] = []
    if report.captions:
        mine, theirs = report.captions.categories, published.CAPTIONS
        charts += _by_category(mine)
        noise = {name: each.noise_claims for name, each in report.captions.whole_domains.items()}
        charts.append(
            beside(
                "Captions that claim noise or damage",
                noise,
                _of(theirs, noise, "noise_claims"),
                "share of long and environment captions",
            )  # fmt: skip
        )
        if whole := report.captions.whole:
            ours = {name: float(getattr(whole, key)) for name, key in _TALK.items()}
            other = {n: _number(theirs["long, environment"][k]) for n, k in _TALK.items()}
            charts.append(beside("What captions speak of", ours, other, "share of captions"))
    if report.qa:
        qa = report.qa.all
        charts += [
            beside("Categories of the questions", _spaced(qa.categories),
                   _spaced(published.QA_CATEGORIES), "share of questions"),
            beside("Difficulties", qa.difficulties, published.QA_DIFFICULTIES,
                   "share of questions"),
        ]  # fmt: skip
        ours = {n: float(v) for n, k in _REPEATED.items() if (v := getattr(qa, k)) is not None}
        other = {name: _number(published.QA[key]) for name, key in _REPEATED.items()}
        charts.append(beside("Repetition, yes and no", ours, other, "share"))
    rows: list[tuple[Told | None, ...]] = [tuple(line) for line in lines(report)]
    read = report.clips
    sampled = f"Of the {clips:,} clips {read:,} were measured. " if read < clips else ""
    text = (
        f"{sampled}Beside each figure stands what the same ruler finds in the references that "
        "MECAT published (20,052 clips). docs/lint.md says what each measure means."
    )
    columns = ("texts", "measure", "this set", "MECAT")
    return Section(
        "texts",
        "Texts",
        (text,),
        charts=tuple(charts),
        tables=(Numbers("All figures of the texts", columns, rows),),
    )


def _by_category(mine: Mapping[str, CaptionFigures]) -> Iterable[Chart]:
    known = [name for name in mine if "words" in published.CAPTIONS.get(name, {})]
    if not known:
        return
    ours = {name: mine[name].words.mean for name in known}
    theirs = {name: published.CAPTIONS[name]["words"] for name in known}
    means = {name: told.mean for name, told in theirs.items() if isinstance(told, Lengths)}
    yield beside("Words of a caption", ours, means, "words, mean")
    for title, key, unit in (
        ("Vocabulary", "vocabulary", "distinct words"),
        ("Captions that occur again", "repeated", "share of captions"),
    ):
        yield beside(
            title,
            {name: getattr(mine[name], key) for name in known},
            _of(published.CAPTIONS, known, key),
            unit,
        )


def _checked(told: Figures) -> Section | None:
    verdicts = told.verdicts
    if verdicts is None:
        return None
    rows: list[tuple[Told | None, ...]] = [tuple(step) for step in verdicts.steps if step.clips]
    columns = ("rule", "reason", "clips", "for this alone", "left after it")
    text = [f"{verdicts.passed:,} of {verdicts.clips:,} clips pass."]
    charts = []
    if told.calibration is None:
        text.append("Consistency not scored: no text was held against its sound by a model.")
    else:
        name = told.calibration.scorer
        text.append(
            f"Texts were held against their sound by {name}. The threshold of a kind of text is "
            f"what {told.calibration.wanted:.0%} of texts of other clips would pass."
        )
        text += told.calibration.warnings
        fared = {name.replace("_", " "): n for name, n in told.consistency.items()}
        charts.append(bars("General captions held against the sound", fared, "clips"))
        for kind, limit in told.calibration.kinds.items():
            curve = {
                "own texts": [(point.threshold, point.true_accept) for point in limit.curve],
                "texts of others": [(point.threshold, point.false_accept) for point in limit.curve],
            }
            axes = ("margin", "share above it")
            charts.append(curves(f"Consistency: {kind}", curve, limit.threshold, axes))
    return Section(
        "verdicts", "What is in, and what is out", tuple(text), charts=tuple(charts),
        tables=(Numbers("Clips that each rule put out", columns, rows),) if rows else (),
    )  # fmt: skip


def _heard(told: Figures) -> Section | None:
    charts = [
        bars(_titled(name, counts), _first(counts), "times" if "speakers" in name else "clips")
        for name, counts in told.labels.items()
    ]
    for name, spread in told.values.items():
        title = f"{name}: median {spread.median:g} {spread.unit}"
        charts.append(histogram(title, spread.edges, spread.counts, spread.unit))
    if not charts:
        return None
    text = "Labels with a score count from 0.5 on. What lies outside a chart is in its end bars."
    return Section("heard", "What the experts heard", (text,), charts=tuple(charts))


def _cost(told: Figures) -> Section | None:
    if not told.speeds and not told.spent:
        return None
    charts: tuple[Chart, ...] = ()
    tables = []
    if told.speeds:
        seconds = {each.table: each.seconds for each in told.speeds}
        charts = (bars(_titled("Where the time went", seconds), _first(seconds), "seconds"),)
        rows: list[tuple[Told | None, ...]] = [
            (each.table, each.rows, each.seconds, each.rate) for each in told.speeds
        ]
        tables.append(Numbers("Speed", ("table", "rows", "seconds", "rows a second"), rows))
    if told.spent:
        spent: list[tuple[Told | None, ...]] = [
            (each.table, each.model, each.requests, each.prompt_tokens, each.completion_tokens,
             each.usd) for each in told.spent
        ]  # fmt: skip
        columns = ("table", "model", "requests", "tokens read", "tokens written", "USD")
        tables.append(Numbers("Language models", columns, spent))
    text = "Seconds of one worker, added up; chains that ran together count each."
    return Section("cost", "Cost and speed", (text,), charts=charts, tables=tuple(tables))


def _of(
    theirs: Mapping[str, Mapping[str, published.Figure]], names: Iterable[str], key: str
) -> dict[str, float]:
    return {name: _number(theirs[name][key]) for name in names if key in theirs.get(name, {})}


def _number(value: published.Figure) -> float:
    assert isinstance(value, int | float)
    return value


def _spaced(shares: Mapping[str, float]) -> dict[str, float]:
    return {name.replace("_", " "): share for name, share in shares.items()}


def _first(counts: Mapping[str, float]) -> dict[str, float]:
    return dict(islice(counts.items(), _MOST))


def _titled(title: str, counts: Mapping[str, float]) -> str:
    return f"{title}: the first {_MOST} of {len(counts)}" if len(counts) > _MOST else title
