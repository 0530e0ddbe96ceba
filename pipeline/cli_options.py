"""Options and arguments that several commands take."""

import click

dataset = click.argument("dataset")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
config_file = click.option("--config", metavar="FILE", help="A YAML file of settings.")
out = click.option("--out", required=True, metavar="DATASET", help="The dataset's folder.")
profile = click.option("--profile", metavar="NAME", help="A profile: lite (default) or full.")
clip_seconds = click.option("--clip-seconds", type=float, help="Length of a clip (default 10).")
engine = click.option(
    "--engine", type=click.Choice(["local", "ray"]), help="This process (default), or Ray actors."
)
progress = click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "json"]),
    default="auto",
    help="A live table (default), plain lines, or JSON lines on standard output.",
)
watch = click.option("--watch", is_flag=True, help="Follow a run until Ctrl-C.")
redo = click.option(
    "--redo", multiple=True, metavar="STAGE", help="Make a stage and what depends on it again."
)
