"""Evaluations as tables for a terminal of 80 columns, and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import Any

from auricle.pipeline.evaluate.benchmark import CODES, FIELDS, GROUPS
from auricle.pipeline.evaluate.evaluation import By, Evaluation, Line
from auricle.pipeline.evaluate.intervals import RESAMPLES, Figure

STAND_IN = "STAND-IN TEXT MODELS: compares with nothing but what was made the same way"
_SHOWN = ("fense", "date", "bleu_1", "bleu_4")
_WIDTH = 80
_NAME = 22
_WIDE, _NARROW = 22, 12
"""Columns of a figure with both ends of its interval, and with half of it."""


def table(evaluation: Evaluation) -> str:
    """Return the figures in hundredths with their intervals, and what they rest on."""
    metrics = [metric for metric in _SHOWN if metric in evaluation.metrics]
    lines = [*_title(evaluation), "", _head("category", metrics)]
    lines += [_row(line, metrics) for line in _of(evaluation, "category", "overall")]
    if evaluation.task == "qa":
        lines += ["", _head("difficulty", metrics)]
        lines += [_row(line, metrics) for line in _of(evaluation, "difficulty")]
        lines += ["", _head("domain", metrics)]
        lines += [_row(line, metrics) for line in _of(evaluation, "domain")]
    else:
        for metric in (metric for metric in metrics if metric != "bleu_4"):
            lines += ["", *_matrix(evaluation, metric)]
    return _framed(lines, evaluation)


def comparison(evaluations: Sequence[Evaluation]) -> str:
    """Return a table of evaluations of one benchmark: a block a metric, a column an evaluation."""
    first = evaluations[0]
    lines = [f"{first.benchmark}, {first.task}, by {first.scorer}"]
    lines.append(f"{first.scored:,} samples scored")
    for metric in (metric for metric in _SHOWN if metric in first.metrics):
        names = "".join(f"{evaluation.name:>{_NARROW}}" for evaluation in evaluations)
        lines += ["", f"{metric:<{_NAME}}{names}"]
        for line in _of(first, "category", "overall"):
            same = [e.line(line.by, line.name).figures[metric] for e in evaluations]
            lines.append(f"{line.name:<{_NAME}}" + "".join(f"{_half(f):>{_NARROW}}" for f in same))
    return _framed(lines, first)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return all figures, as fractions of one, with their intervals, for JSON."""
    return {
        "name": evaluation.name,
        "benchmark": evaluation.benchmark,
        "task": evaluation.task,
        "scorer": evaluation.scorer,
        "stand_in": evaluation.stand_in,
        "scored": evaluation.scored,
        "missing": evaluation.missing,
        "unknown": evaluation.unknown,
        "bootstrap": {"resamples": RESAMPLES, "of": "recordings", "seed": evaluation.seed},
        "notes": [*_loud(evaluation), *notes(evaluation)],
        "figures": [asdict(line) for line in evaluation.lines],
    }


def notes(evaluation: Evaluation) -> list[str]:
    """Return what a reader of the figures has to know."""
    recordings = len({sample.recording for sample in evaluation.samples})
    found = [
        f"[ ] is a 95 % interval, ± half of one: {RESAMPLES:,} resamples of {recordings:,} "
        f"recordings, seed {evaluation.seed}."
    ]
    if evaluation.stand_in:
        found.append("The stand-in models set no penalty for broken sentences.")
    if evaluation.missing or evaluation.unknown:
        found.append(
            f"{evaluation.missing:,} samples have no prediction and {evaluation.unknown:,} "
            "predictions no sample: they are left out, and a set without them is another set."
        )
    if "date" in evaluation.metrics:
        found.append(
            "DATE depends on the set that is scored: a sample's value is what it is among the "
            "others of its category, also where it is told by domain or difficulty. It does not "
            "compare with sets of another size, and its interval keeps the values as they are."
        )
    if not list(_of(evaluation, "overall")):
        found.append("No overall figure: it needs predictions and samples of every category.")
    return found


def _loud(evaluation: Evaluation) -> list[str]:
    return [f"!!! {STAND_IN}"] if evaluation.stand_in else []


def _framed(lines: Sequence[str], evaluation: Evaluation) -> str:
    """Return lines with the notes, and before and after all of it what nobody may overlook."""
    loud = _loud(evaluation)
    below = [line for note in notes(evaluation) for line in wrap(note, _WIDTH)]
    return "\n".join(line.rstrip() for line in [*loud, *lines, "", *below, *loud])


def _title(evaluation: Evaluation) -> Iterator[str]:
    yield f"{evaluation.name} on {evaluation.benchmark}, {evaluation.task}, by {evaluation.scorer}"
    yield f"{evaluation.scored:,} samples scored, {evaluation.missing:,} missing"


def _of(evaluation: Evaluation, *by: By) -> Iterator[Line]:
    return (line for line in evaluation.lines if line.by in by)


def _head(name: str, metrics: Sequence[str]) -> str:
    return f"{name:<{_NAME}}{'samples':>8}  " + "".join(f"{m:<{_wide(metrics)}}" for m in metrics)


def _row(line: Line, metrics: Sequence[str]) -> str:
    wide = _wide(metrics)
    figures = [line.figures[metric] for metric in metrics]
    told = "".join(f"{_told(f) if wide == _WIDE else _half(f):<{wide}}" for f in figures)
    return f"{line.name:<{_NAME}}{line.samples:>8,}  {told}"


def _wide(metrics: Sequence[str]) -> int:
    """Return the width of a figure: there is room for both ends of two intervals."""
    return _WIDE if len(metrics) <= 2 else _NARROW


def _matrix(evaluation: Evaluation, metric: str) -> Iterator[str]:
    """Yield a table of domains by kinds of caption; in a domain each is in one group at most."""
    yield f"{metric} by domain"
    yield f"{'':<5}" + "".join(f"{field:>{_NARROW}}" for field in FIELDS)
    cells = {
        (line.name, GROUPS[line.category][0]): line.figures[metric]
        for line in _of(evaluation, "domain")
        if line.category
    }
    for code in CODES:
        told = [cells.get((code, field)) for field in FIELDS]
        if any(told):
            yield f"{code:<5}" + "".join(f"{_half(f) if f else '':>{_NARROW}}" for f in told)


def _told(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{100 * figure.mean:.1f}"
    return f"{100 * figure.mean:.1f} [{100 * figure.low:.1f}, {100 * figure.high:.1f}]"


def _half(figure: Figure) -> str:
    """Return a mean and half of its interval, where there is no room for both ends."""
    if figure.low is None or figure.high is None:
        return f"{100 * figure.mean:.1f}"
    return f"{100 * figure.mean:.1f} ±{50 * (figure.high - figure.low):.1f}"
