"""The commands that show a dataset to people: in a browser, and as a card."""

import click

from auricle.pipeline.cli_options import as_json, dataset


@click.command()
@dataset
@click.option("--out", metavar="FILE", help="Where to write it (default: DATASET/report.html).")
@click.option(
    "--clips",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="How many clips the page holds with their sound, some of every kind.",
)
@click.option("--serve", is_flag=True, help="Show all clips, and take marks, until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8777, show_default=True, help="With --serve."
)
@as_json
def report(
    dataset: str, out: str | None, clips: int, serve: bool, port: int, as_json: bool
) -> None:
    """Write one HTML file to look at and listen to, or serve the whole set on this machine."""
    from auricle.pipeline.commands_report import report, serve_report

    if serve:
        serve_report(dataset, port, as_json)
    else:
        report(dataset, out, clips, as_json)


@click.command()
@dataset
@as_json
def card(dataset: str, as_json: bool) -> None:
    """Write README.md and croissant.json beside the Parquet: what it is, and how it was made."""
    from auricle.pipeline.commands_report import card

    card(dataset, as_json)


COMMANDS = (report, card)
