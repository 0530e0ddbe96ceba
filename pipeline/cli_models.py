"""The commands about models: weights, probes, and how well a model does on a benchmark."""

from typing import Any

import click

from auricle.pipeline.cli_options import as_json, config_file, profile


@click.group()
def models() -> None:
    """List, fetch and verify model weights."""


@models.command("list")
@as_json
def models_list(as_json: bool) -> None:
    """List the models, their licences and where they are."""
    from auricle.pipeline.commands_models import models_list

    models_list(as_json)


@models.command("fetch")
@click.argument("names", nargs=-1)
@config_file
@profile
@as_json
def models_fetch(
    names: tuple[str, ...], config: str | None, profile: str | None, as_json: bool
) -> None:
    """Fetch models by name; without a name, all that a configuration uses (default: lite)."""
    from auricle.pipeline.commands_models import models_fetch

    models_fetch(names, config, profile, as_json)


@models.command("verify")
@click.argument("names", nargs=-1)
@as_json
def models_verify(names: tuple[str, ...], as_json: bool) -> None:
    """Check the weights that are here against the lock file, byte by byte."""
    from auricle.pipeline.commands_models import models_verify

    models_verify(names, as_json)


@models.command("bundle")
@click.argument("folder")
@click.argument("names", nargs=-1)
@as_json
def models_bundle(folder: str, names: tuple[str, ...], as_json: bool) -> None:
    """Copy models into FOLDER, for a place without a network (AURICLE_MODELS=FOLDER)."""
    from auricle.pipeline.commands_models import models_bundle

    models_bundle(folder, names, as_json)


@click.group()
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
@as_json
def probe_train(labels: str, uri: str, column: str, **options: Any) -> None:
    """Fit a head that names a label from the clip's vector, and say how well it does.

    LABELS.parquet has clip_id or recording_id, and the labels. The folder is what the backend
    probe of language, emotion and accent takes as its model.
    """
    from auricle.pipeline.commands_models import probe_train

    probe_train(labels, uri, column, **options)


class _Lists(click.Command):
    """A command whose options of several values take them in a row: `--metrics fense date`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        several = {
            name for option in self.params if isinstance(option, click.Option) and option.multiple
            for name in option.opts
        }  # fmt: skip
        found: list[str] = []
        current = ""
        for given in args:
            if given.startswith("--"):
                current = given if given in several else ""
            elif current and found[-1] != current:
                found.append(current)
            found.append(given)
        return super().parse_args(ctx, found)


_benchmark = click.option(
    "--benchmark", required=True, metavar="FOLDER", help="An export mecat, or MECAT's references."
)
_task = click.option(
    "--task", type=click.Choice(["caption", "qa"]), default="caption", help="Default: caption."
)
_metrics = click.option(
    "--metrics",
    multiple=True,
    type=click.Choice(["fense", "date", "bleu"]),
    default=("fense", "date"),
    help="One or more (default: fense date).",
)
_stand_in = click.option(
    "--stand-in",
    is_flag=True,
    help="Use a small text model where the scorer's own is missing; compares with nothing.",
)


@click.command(cls=_Lists)
@_benchmark
@click.option(
    "--predictions",
    multiple=True,
    required=True,
    metavar="FILE",
    help="One or more: for all captions, or long short speech music sound environment.",
)
@_task
@_metrics
@click.option("--allow-missing", is_flag=True, help="Score what there is.")
@_stand_in
@as_json
def evaluate(**options: Any) -> None:
    """Score a model's texts against a benchmark, by the scorer of MECAT's authors."""
    from auricle.pipeline.commands_judge import evaluate

    evaluate(**options)


@click.command(cls=_Lists)
@_benchmark
@_task
@_metrics
@_stand_in
@as_json
def baseline(**options: Any) -> None:
    """Score texts that know nothing, and texts that know all: what a score lies between."""
    from auricle.pipeline.commands_judge import baseline

    baseline(**options)


COMMANDS = (models, probe, evaluate, baseline)
