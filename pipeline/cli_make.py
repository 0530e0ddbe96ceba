"""The commands that make a dataset, in the order of its stages."""

from typing import Any

import click

from auricle.pipeline.cli_options import (
    as_json,
    clip_seconds,
    config_file,
    dataset,
    engine,
    out,
    progress,
    redo,
)


@click.command()
@click.argument("source")
@out
@config_file
@clip_seconds
@engine
@progress
@redo
def run(source: str, out: str, redo: tuple[str, ...], **options: Any) -> None:
    """Run every stage that is pending, from SOURCE to the training Parquet."""
    from auricle.pipeline.commands import run_all

    run_all(source, out, options, redo)


@click.command()
@click.argument("source")
@out
@config_file
@clip_seconds
@engine
@progress
@redo
def ingest(source: str, out: str, redo: tuple[str, ...], **options: Any) -> None:
    """Cut recordings into clips and measure their signal."""
    from auricle.pipeline.commands import run_stage

    run_stage("ingest", out, options, redo, source=source)


def _stage(name: str, help_text: str) -> click.Command:
    @click.command(name, help=help_text)
    @dataset
    @config_file
    @engine
    @progress
    @redo
    def command(dataset: str, redo: tuple[str, ...], **options: Any) -> None:
        from auricle.pipeline.commands import run_stage

        run_stage(name, dataset, options, redo)

    return command


annotate = _stage("annotate", "Ask the experts what they hear in each clip.")
caption = _stage("caption", "Write captions from what the experts said.")
qa = _stage("qa", "Write questions and answers from what the experts said.")


@click.command()
@dataset
@config_file
@engine
@progress
@redo
def judge(dataset: str, redo: tuple[str, ...], **options: Any) -> None:
    """Have a second model check the texts, and find questions that need no listening."""
    from auricle.pipeline.commands import configure, run_stage
    from auricle.pipeline.dataset import Dataset
    from auricle.pipeline.judging import must_be_on

    must_be_on(configure(Dataset(dataset), options, None))
    run_stage("judge", dataset, options, redo)


score = _stage("score", "Hold the texts against evidence and sound, and take fingerprints.")


@click.command()
@dataset
@click.option(
    "--false-accept", type=float, help="Share of wrong texts that may pass (default: as set, 0.05)."
)
@as_json
def calibrate(dataset: str, false_accept: float | None, as_json: bool) -> None:
    """Set the thresholds of consistency from what texts of other clips score."""
    from auricle.pipeline.commands_judge import calibrate

    calibrate(dataset, false_accept, as_json)


@click.command()
@dataset
@config_file
@redo
@as_json
def verify(dataset: str, redo: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Judge every clip, and show how many each rule removed."""
    from auricle.pipeline.commands_judge import verify

    verify(dataset, options, redo, as_json)


@click.command()
@dataset
@config_file
@redo
@as_json
def split(dataset: str, redo: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Deal recordings to train and benchmark."""
    from auricle.pipeline.commands_judge import split

    split(dataset, options, redo, as_json)


@click.command()
@dataset
@click.option(
    "--against",
    multiple=True,
    metavar="LIST",
    help="Ids of another dataset: text, CSV, JSON, JSON lines or Parquet. May be given again.",
)
@as_json
def leakage(dataset: str, against: tuple[str, ...], as_json: bool) -> None:
    """Show what train and benchmark share with each other and with other datasets."""
    from auricle.pipeline.commands_judge import leakage

    leakage(dataset, against, as_json)


@click.command()
@dataset
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="parquet (default), webdataset, mecat, mdl, swift, nemo, lhotse, meralion, or all.",
)
@click.option("--check", is_flag=True, help="Reopen what was written as its readers do, and count.")
@as_json
def export(dataset: str, formats: tuple[str, ...], check: bool, as_json: bool) -> None:
    """Write the training Parquet, or what other trainers read."""
    from auricle.pipeline.commands_judge import export

    export(dataset, formats, check, as_json)


COMMANDS = (
    run, ingest, annotate, caption, qa, judge, score, calibrate, verify, split, leakage, export,
)  # fmt: skip
