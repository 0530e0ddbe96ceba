"""The commands that look at a dataset, and at what this machine can run."""

import click

from auricle.pipeline.cli_options import as_json, config_file, dataset, profile, watch


@click.command()
@dataset
@as_json
@watch
def status(dataset: str, as_json: bool, watch: bool) -> None:
    """Show what is done, pending and out, table by table."""
    from auricle.pipeline.commands_look import status

    status(dataset, as_json, watch)


@click.command()
@dataset
@click.argument("clip", required=False)
@as_json
def show(dataset: str, clip: str | None, as_json: bool) -> None:
    """Show everything known of one CLIP; without one, list the clips with their captions."""
    from auricle.pipeline.commands_look import show

    show(dataset, clip, as_json)


@click.command()
@dataset
@as_json
def stats(dataset: str, as_json: bool) -> None:
    """Print the figures of a dataset: what is in it, how it was made, how its texts are."""
    from auricle.pipeline.commands_look import stats

    stats(dataset, as_json)


@click.command()
@dataset
@click.option("--retry", metavar="REASON", help="Work again on the shards with this error.")
@click.option("--skipped", is_flag=True, help="Show what gates kept out as well.")
@as_json
def errors(dataset: str, retry: str | None, skipped: bool, as_json: bool) -> None:
    """Show why rows are out, with an example of each reason."""
    from auricle.pipeline.commands_look import errors

    errors(dataset, retry, skipped, as_json)


@click.group()
def prompt() -> None:
    """Look at what a model is told."""


@prompt.command("show")
@dataset
@click.argument("clip")
@click.option(
    "--task",
    type=click.Choice(["caption", "qa"]),
    default="caption",
    help="What it is to write (default caption).",
)
@config_file
@as_json
def prompt_show(dataset: str, clip: str, task: str, config: str | None, as_json: bool) -> None:
    """Print exactly what would be sent of a CLIP, and how many tokens that is."""
    from auricle.pipeline.commands_look import prompt_show

    prompt_show(dataset, clip, task, config, as_json)


@click.command()
@click.argument("target", metavar="FILE|DATASET")
@as_json
def lint(target: str, as_json: bool) -> None:
    """Measure the texts of a dataset, or of anybody's JSONL, CSV or Parquet, for known faults."""
    from auricle.pipeline.commands_look import lint

    lint(target, as_json)


@click.command()
@as_json
def experts(as_json: bool) -> None:
    """List the experts: role, backend, needs, weights and licences."""
    from auricle.pipeline.commands_look import experts

    experts(as_json)


@click.command()
@config_file
@profile
@as_json
def doctor(config: str | None, profile: str | None, as_json: bool) -> None:
    """Say what a run would lack here: packages, weights, licences, memory, servers, disk."""
    from auricle.pipeline.commands_look import doctor

    doctor(config, profile, as_json)


COMMANDS = (status, show, stats, errors, prompt, lint, experts, doctor)
