"""What the commands of scores, verdict, split, export and evaluation do."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from auricle.pipeline.commands import configure, run_stage, say_exports
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.evaluate import evaluation, report
from auricle.pipeline.evaluate.baseline import baselines
from auricle.pipeline.evaluate.benchmark import Task
from auricle.pipeline.export.exports import FORMATS, export_all
from auricle.pipeline.judge import calibrate as calibration
from auricle.pipeline.judge.funnel import funnel
from auricle.pipeline.judge.leakage import leakage as leaks_of
from auricle.pipeline.judge.leakage import torn
from auricle.pipeline.judge.split import shortfalls, sides
from auricle.pipeline.terminal import console, print_json, print_rows
from auricle.schemas.errors import UserError


def calibrate(uri: str, false_accept: float | None, as_json: bool) -> None:
    """Measure the thresholds of a dataset; verdicts that are no longer true are forgotten."""
    data = Dataset(uri)
    config = configure(data, {}, None)
    if false_accept is not None and not 0 < false_accept < 1:
        raise UserError(f"--false-accept {false_accept:g}: a share is between 0 and 1")
    before = calibration.stored(data)
    made = calibration.calibrate(data, false_accept or config.verify.false_accept)
    if before != made:
        for table in ("split", "verdict"):
            data.forget(table)
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    rows = [
        {"kind": kind, **told.model_dump(exclude={"curve"})} for kind, told in made.kinds.items()
    ]
    print_rows(rows, False)
    for warning in made.warnings:
        console.print(f"warning: {warning}", style="yellow")
    if before != made:
        place = shlex.quote(uri)
        told = f"thresholds changed: auricle verify {place}, then auricle split {place}"
        console.print(told, soft_wrap=True)


def verify(uri: str, options: Mapping[str, Any], redo: Sequence[str], as_json: bool) -> None:
    """Judge all clips and print the funnel."""
    data = Dataset(uri)
    run_stage("verify", uri, options, redo, as_json=as_json)
    found = funnel(data)
    if as_json:
        steps = [step._asdict() for step in found.steps]
        print_json({**found._asdict(), "steps": steps})
        return
    print_rows(found.steps, False)
    told = f"{found.passed:,} of {found.clips:,} clips pass; {found.texts_out:,} texts are out"
    console.print(told)
    if not found.scored:
        console.print(
            "consistency not scored: no scorer is set (score.scorer), so no text was held against "
            "its sound",
            style="yellow",
        )
    limits = calibration.stored(data) if found.scored else None
    for warning in limits.warnings if limits else ():
        console.print(f"warning: {warning}", style="yellow")


def split(uri: str, options: Mapping[str, Any], redo: Sequence[str], as_json: bool) -> None:
    """Deal all clips, and say what is torn and what the benchmark lacks."""
    run_stage("split", uri, options, redo, as_json=as_json)
    data = Dataset(uri)
    _say_torn(torn(leaks_of(data)))
    short = shortfalls(data, configure(data, options, None).split)
    if as_json:
        told = {"clips": sides(data), "short": [each._asdict() for each in short]}
        print_json(told)
        return
    for each in short:
        console.print(
            f"the benchmark has {each.there} clips of {each.kind} {each.value}; "
            f"{each.wanted} were wanted",
            style="yellow",
        )
    console.print("no recording and no sound is in both train and benchmark")


def leakage(uri: str, against: Sequence[str], as_json: bool) -> None:
    """Print what the sides share, and with which other dataset."""
    leaks = leaks_of(Dataset(uri), against)
    print_rows(leaks, as_json, beneath=("example",))
    _say_torn(torn(leaks))


def _say_torn(what: Sequence[str]) -> None:
    if what:
        raise RuntimeError(f"train and benchmark share {', '.join(what)}; this must never be")


def export(uri: str, formats: Sequence[str], check: bool, as_json: bool) -> None:
    """Write exports, and reopen them if asked to."""
    data = Dataset(uri)
    wanted = list(FORMATS) if "all" in formats else list(formats or ["parquet"])
    counts = export_all(data, configure(data, {}, None), wanted)
    if not as_json:
        say_exports(uri, counts)
    checked = []
    if check:
        from auricle.pipeline.export.check import check as reopen

        checked = reopen(_folder(data), wanted)
    if as_json:
        told = {
            name: {side: count._asdict() for side, count in made.items()}
            for name, made in counts.items()
        }
        rows = [row._asdict() for row in checked]
        print_json({"exports": told, "checked": rows if check else None})
    elif check:
        print_rows(checked, False)


def evaluate(
    benchmark: str,
    predictions: Sequence[str],
    task: Task,
    metrics: Sequence[str],
    allow_missing: bool,
    stand_in: bool,
    as_json: bool,
) -> None:
    """Score predictions and print the figures."""
    made = evaluation.evaluate(
        benchmark, predictions, task, metrics, allow_missing, stand_in=stand_in
    )
    if as_json:
        print_json(report.as_json(made))
    else:
        console.print(report.table(made), soft_wrap=True)


def baseline(
    benchmark: str, task: Task, metrics: Sequence[str], stand_in: bool, as_json: bool
) -> None:
    """Score the baselines and print the figures."""
    made = baselines(benchmark, task, metrics, stand_in=stand_in)
    if as_json:
        print_json([report.as_json(each) for each in made])
    else:
        console.print(report.comparison(made), soft_wrap=True)


def _folder(data: Dataset) -> str:
    """Return where the exports are, as a reader would open them."""
    return data.storage.path("exports") if data.storage.local else f"{data.storage.uri}/exports"
