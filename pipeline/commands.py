"""What the commands do that make a dataset: the settings of a run, the run, how it ended."""

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from auricle.pipeline import run as running
from auricle.pipeline.config import Config, load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.exports import export_all
from auricle.pipeline.export.rows import Count
from auricle.pipeline.spending import spending
from auricle.pipeline.stages import STAGES
from auricle.pipeline.status import problems
from auricle.pipeline.terminal import beside, console
from auricle.schemas.errors import UserError

_OPTIONS = {"clip_seconds": "ingest.clip_seconds", "engine": "engine.kind"}
"""Command-line options that are settings."""


def run_all(source: str, uri: str, options: Mapping[str, Any], redo: Sequence[str] = ()) -> None:
    """Run every stage and the export, and say how it ended."""
    data, mode = Dataset(uri), options.get("progress", "auto")
    out = beside(mode == "json")
    config = configure(data, options, source)
    running.run(data, config, out, STAGES, redo, mode)
    say_end(data, out)
    say_exports(uri, export_all(data, config, ["parquet"]), out)
    out.print(f"read them: auricle show {shlex.quote(uri)}", soft_wrap=True)


def run_stage(
    stage: str,
    uri: str,
    options: Mapping[str, Any],
    redo: Sequence[str] = (),
    source: str | None = None,
    as_json: bool = False,
) -> None:
    """Run one stage and say how it ended, beside what the caller prints as JSON."""
    data, mode = Dataset(uri), options.get("progress", "auto")
    out = beside(as_json or mode == "json")
    config = configure(data, options, source)
    running.run(data, config, out, (stage,), redo, mode)
    say_end(data, out)


def configure(data: Dataset, options: Mapping[str, Any], source: str | None) -> Config:
    """Return the settings of a run: the dataset's own, or a file's, with the options over them.

    Raises:
        UserError: there is no dataset and no source, or the dataset was made from another source.
    """
    changes = {_OPTIONS[name]: options[name] for name in _OPTIONS if options.get(name) is not None}
    saved = running.saved_config(data)
    if saved is None and source is None:
        raise UserError(f"{data.storage.uri}: no dataset here; make one with `auricle run`")
    if saved is None:
        running.check_place(data)
    if source is not None and "://" not in source:
        source = os.path.abspath(source)  # noqa: PTH100
    if saved and source and saved.source != source:
        raise UserError(
            f"{data.storage.uri} was made from {saved.source}, not {source}; "
            "use another --out, or change `source` in its dataset.yaml if the sound has moved"
        )
    changes["source"] = source or (saved.source if saved else None)
    if options.get("config") is None and saved:
        return load_config(None, changes, saved.model_dump())
    return load_config(options.get("config"), changes)


def say_exports(
    uri: str, counts: Mapping[str, Mapping[str, Count]], out: Console = console
) -> None:
    """Say what was exported and where it is."""
    for name, made in counts.items():
        told = ", ".join(f"{count.clips:,} {split}" for split, count in made.items())
        place = Storage(uri).address(f"exports/{name}")
        out.print(f"exported {told} clips to {place}", soft_wrap=True)


def say_end(data: Dataset, out: Console) -> None:
    """Say what models took for their texts, and how many rows are out."""
    for used in spending(data):
        tokens = used.prompt_tokens + used.completion_tokens
        price = "" if used.usd is None else f", {used.usd:.2f} USD"
        out.print(
            f"{used.table} by {used.model}: {used.rows:,} rows, {used.requests:,} requests, "
            f"{tokens:,} tokens{price}; {used.marked:,} rows marked",
            soft_wrap=True,
        )
    found = problems(data)
    if found:
        place = shlex.quote(data.storage.uri)
        told = ", ".join(f"{p.rows} {p.reason} in {p.table}" for p in found)
        out.print(f"errors: {told}; see: auricle errors {place}", soft_wrap=True)


def profile_change(profile: str | None) -> dict[str, Any]:
    """Return the settings that the option `--profile` changes."""
    return {"profile": profile} if profile else {}
