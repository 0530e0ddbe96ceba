"""The command that takes a run to a cluster."""

import sys
from contextlib import nullcontext, redirect_stdout

import click

from auricle.pipeline.cli_options import as_json, redo


@click.command()
@click.argument("config", required=False)
@click.option("--address", required=True, metavar="URL", help="The dashboard: http://HEAD:8265.")
@click.option("--source", metavar="SOURCE", help="What to ingest; without it, the file's `source`.")
@click.option(
    "--out", metavar="DATASET", help="The dataset, as all nodes see it: /shared or s3://."
)
@click.option(
    "--stage",
    "stages",
    multiple=True,
    metavar="STAGE",
    help="Run this stage alone. May be given again; without it, all of them.",
)
@redo
@click.option("--follow", is_flag=True, help="Print the log; the exit status is the job's.")
@click.option("--stop", metavar="JOB_ID", help="End a job cleanly, instead of submitting one.")
@as_json
def submit(
    config: str | None,
    address: str,
    source: str | None,
    out: str | None,
    stages: tuple[str, ...],
    redo: tuple[str, ...],
    follow: bool,
    stop: str | None,
    as_json: bool,
) -> None:
    """Run a configuration on a Ray cluster, as a job that outlives this command."""
    from auricle.jobs import submit as jobs
    from auricle.pipeline.terminal import print_json

    if stop is not None:
        ended = jobs.stop(address, stop)
        if as_json:
            print_json({"job": stop, "status": ended})
        else:
            click.echo(f"{stop}: {ended}")
        return
    if config is None or out is None:
        raise click.UsageError("name a configuration and --out, or a job with --stop")
    job = jobs.submit(address, config, out, source, stages, redo)
    keys = jobs.key_variables(config)
    if as_json:
        print_json({"job": job, "address": address, "keys": list(keys)})
    else:
        click.echo(f"submitted {job} to {address}")
        if keys:
            click.echo(f"every node must have {', '.join(keys)} in its environment")
        click.echo(jobs.ways(address, job))
    if follow:
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            sys.exit(jobs.follow(address, job))


COMMANDS = (submit,)
