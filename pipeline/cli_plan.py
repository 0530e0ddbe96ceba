"""The command that says what a run would take."""

from typing import Any

import click

from auricle.pipeline.cli_options import as_json, config_file


@click.command()
@click.argument("dataset", required=False)
@click.option("--clips", type=click.IntRange(min=1), help="How many clips the run has.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="Or hours of sound.")
@config_file
@click.option(
    "--cpus", type=click.FloatRange(min=0, min_open=True), help="Processors of the cluster."
)
@click.option("--gpus", type=click.FloatRange(min=0), default=0.0, help="GPUs of the cluster.")
@click.option("--cpu-price", type=click.FloatRange(min=0), help="USD an hour of one processor.")
@click.option("--gpu-price", type=click.FloatRange(min=0), help="USD an hour of one GPU.")
@click.option(
    "--speed",
    "speeds",
    multiple=True,
    metavar="STAGE=CLIPS",
    help="Clips a second of one worker of a stage, instead of the measured ones.",
)
@click.option(
    "--price",
    "prices",
    multiple=True,
    metavar="MODEL=IN/OUT",
    help="USD for a million tokens, instead of the configuration's.",
)
@as_json
def plan(
    dataset: str | None,
    config: str | None,
    speeds: tuple[str, ...],
    prices: tuple[str, ...],
    as_json: bool,
    **wanted: Any,
) -> None:
    """Say what a large run takes, from DATASET, a small one, or from stated speeds."""
    from auricle.pipeline.commands_plan import plan

    plan(dataset, config, speeds, prices, as_json, **wanted)


COMMANDS = (plan,)
