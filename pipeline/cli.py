"""The command line. Commands forward to a library function; heavy imports wait until then."""

import signal
import sys
from typing import Any, NoReturn

import click

from auricle.schemas.errors import UserError

dataset = click.argument("dataset")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
config_file = click.option("--config", metavar="FILE", help="A YAML file of settings.")
out = click.option("--out", required=True, metavar="DATASET", help="The dataset's folder.")
profile = click.option("--profile", metavar="NAME", help="A profile: lite (default) or full.")
clip_seconds = click.option("--clip-seconds", type=float, help="Length of a clip (default 10).")
engine = click.option(
    "--engine", type=click.Choice(["local", "ray"]), help="This process (default), or Ray actors."
)
redo = click.option(
    "--redo", multiple=True, metavar="STAGE", help="Make a stage and what depends on it again."
)


class _InOrder(click.Group):
    """A group that lists its commands as they are written here, not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auricle")
def cli() -> None:
    """Turn a folder of sound into captions, questions and splits in Parquet."""


@cli.command()
@click.argument("source")
@out
@config_file
@clip_seconds
@engine
@redo
def run(source: str, out: str, redo: tuple[str, ...], **options: Any) -> None:
    """Run every stage that is pending, from SOURCE to the training Parquet."""
    from auricle.pipeline.commands import run_all

    run_all(source, out, options, redo)


@cli.command()
@click.argument("source")
@out
@config_file
@clip_seconds
@engine
@redo
def ingest(source: str, out: str, redo: tuple[str, ...], **options: Any) -> None:
    """Cut recordings into clips and measure their signal."""
    from auricle.pipeline.commands import run_stage

    run_stage("ingest", out, options, redo, source=source)


def _stage(name: str, help_text: str) -> None:
    @cli.command(name, help=help_text)
    @dataset
    @config_file
    @engine
    @redo
    def command(dataset: str, redo: tuple[str, ...], **options: Any) -> None:
        from auricle.pipeline.commands import run_stage

        run_stage(name, dataset, options, redo)


_stage("annotate", "Ask the experts what they hear in each clip.")
_stage("caption", "Write captions from what the experts said.")
_stage("qa", "Write questions and answers from what the experts said.")


@cli.command()
@dataset
@config_file
@engine
@redo
def judge(dataset: str, redo: tuple[str, ...], **options: Any) -> None:
    """Have a second model check the texts, and find questions that need no listening."""
    from auricle.pipeline.commands import configure, run_stage
    from auricle.pipeline.dataset import Dataset
    from auricle.pipeline.judging import must_be_on

    must_be_on(configure(Dataset(dataset), options, None))
    run_stage("judge", dataset, options, redo)


_stage("split", "Deal recordings to train and benchmark.")


@cli.command()
@dataset
def export(dataset: str) -> None:
    """Write the training Parquet."""
    from auricle.pipeline.commands import export

    export(dataset)


@cli.command()
@dataset
@as_json
def status(dataset: str, as_json: bool) -> None:
    """Show what is done, pending and out, table by table."""
    from auricle.pipeline.commands import status

    status(dataset, as_json)


@cli.command()
@dataset
@click.argument("clip", required=False)
@as_json
def show(dataset: str, clip: str | None, as_json: bool) -> None:
    """Show everything known of one CLIP; without one, list the clips with their captions."""
    from auricle.pipeline.commands import show

    show(dataset, clip, as_json)


@cli.command()
@dataset
@click.option("--retry", metavar="REASON", help="Work again on the shards with this error.")
@click.option("--skipped", is_flag=True, help="Show what gates kept out as well.")
@as_json
def errors(dataset: str, retry: str | None, skipped: bool, as_json: bool) -> None:
    """Show why rows are out, with an example of each reason."""
    from auricle.pipeline.commands import errors

    errors(dataset, retry, skipped, as_json)


@cli.group()
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
    from auricle.pipeline.commands import prompt_show

    prompt_show(dataset, clip, task, config, as_json)


@cli.command()
@click.argument("target", metavar="FILE|DATASET")
@as_json
def lint(target: str, as_json: bool) -> None:
    """Measure the texts of a dataset, or of anybody's JSONL, CSV or Parquet, for known faults."""
    from auricle.pipeline.commands import lint

    lint(target, as_json)


@cli.group()
def models() -> None:
    """List, fetch and verify model weights."""


@models.command("list")
@as_json
def models_list(as_json: bool) -> None:
    """List the models, their licences and where they are."""
    from auricle.pipeline.commands import models_list

    models_list(as_json)


@models.command("fetch")
@click.argument("names", nargs=-1)
@config_file
@profile
def models_fetch(names: tuple[str, ...], config: str | None, profile: str | None) -> None:
    """Fetch models by name; without a name, all that a configuration uses (default: lite)."""
    from auricle.pipeline.commands import models_fetch

    models_fetch(names, config, profile)


@models.command("verify")
@click.argument("names", nargs=-1)
def models_verify(names: tuple[str, ...]) -> None:
    """Check the weights that are here against the lock file, byte by byte."""
    from auricle.pipeline.commands import models_verify

    models_verify(names)


@models.command("bundle")
@click.argument("folder")
@click.argument("names", nargs=-1)
def models_bundle(folder: str, names: tuple[str, ...]) -> None:
    """Copy models into FOLDER, for a place without a network (AURICLE_MODELS=FOLDER)."""
    from auricle.pipeline.commands import models_bundle

    models_bundle(folder, names)


@cli.command()
@as_json
def experts(as_json: bool) -> None:
    """List the experts: role, backend, needs, weights and licences."""
    from auricle.pipeline.commands import experts

    experts(as_json)


@cli.command()
@config_file
@profile
@as_json
def doctor(config: str | None, profile: str | None, as_json: bool) -> None:
    """Say what a run would lack here: packages, weights, licences, memory, servers, disk."""
    from auricle.pipeline.commands import doctor

    doctor(config, profile, as_json)


@cli.group()
def probe() -> None:
    """Train a probe: a small head on the embeddings of a dataset."""


@probe.command("train")
@click.argument("labels", metavar="LABELS.parquet")
@click.option("--on", "uri", required=True, metavar="DATASET", help="Whose embeddings to use.")
@click.option("--label", "column", required=True, metavar="COLUMN", help="The labels' column.")
@click.option("--out", required=True, metavar="FOLDER", help="Where to write the probe.")
@click.option(
    "--group", metavar="COLUMN", help="What to hold out whole, as a speaker (default: recordings)."
)
@click.option("--l2", type=float, default=10.0, help="Penalty on large weights (default 10).")
def probe_train(labels: str, uri: str, column: str, **options: Any) -> None:
    """Fit a head that names a label from the clip's vector, and say how well it does.

    LABELS.parquet has clip_id or recording_id, and the labels. The folder is what the backend
    probe of language, emotion and accent takes as its model.
    """
    from auricle.pipeline.commands import probe_train

    probe_train(labels, uri, column, **options)


class _Terminated(BaseException):
    """Somebody asked the process to end."""


def _terminate(*_: object) -> NoReturn:
    raise _Terminated


def main() -> NoReturn:
    """Run the command line; a mistake the user can mend is one line and exit code 2."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UserError as error:
        print(f"auricle: {error}", file=sys.stderr)
        sys.exit(2)
    except (_Terminated, KeyboardInterrupt, click.Abort) as stop:
        print("auricle: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(143 if isinstance(stop, _Terminated) else 130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(0)


if __name__ == "__main__":
    main()
