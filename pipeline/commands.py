"""What the commands do: a library call, then a table or JSON."""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from auricle.experts import models as store
from auricle.pipeline import run as running
from auricle.pipeline.config import Config, load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.doctor import doctor as examine
from auricle.pipeline.engine.lease import hold
from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.expert_table import expert_table
from auricle.pipeline.export.exports import export_all
from auricle.pipeline.export.rows import Count
from auricle.pipeline.plan import get_model
from auricle.pipeline.probe import train
from auricle.pipeline.prompt_show import prompt_of
from auricle.pipeline.show import captions_table, captions_view, clip_report, clip_view
from auricle.pipeline.spending import spending
from auricle.pipeline.stages import STAGES, experts_of
from auricle.pipeline.status import clear, problems
from auricle.pipeline.status import status as table_status
from auricle.pipeline.text.lint import lines
from auricle.pipeline.text.lint import lint as measure
from auricle.pipeline.watch import watch as follow
from auricle.schemas.errors import UserError

_OPTIONS = {"clip_seconds": "ingest.clip_seconds", "engine": "engine.kind"}
"""Command-line options that are settings."""

console = Console(highlight=False)


def run_all(source: str, uri: str, options: Mapping[str, Any], redo: Sequence[str] = ()) -> None:
    """Run every stage and the export, and say how it ended."""
    data, mode = Dataset(uri), options.get("progress", "auto")
    out = _beside(mode)
    config = configure(data, options, source)
    running.run(data, config, out, STAGES, redo, mode)
    _say_end(data, out)
    say_exports(uri, export_all(data, config, ["parquet"]), out)
    out.print(f"read them: auricle show {shlex.quote(uri)}", soft_wrap=True)


def run_stage(
    stage: str,
    uri: str,
    options: Mapping[str, Any],
    redo: Sequence[str] = (),
    source: str | None = None,
) -> None:
    """Run one stage and say how it ended."""
    data, mode = Dataset(uri), options.get("progress", "auto")
    out = _beside(mode)
    config = configure(data, options, source)
    running.run(data, config, out, (stage,), redo, mode)
    _say_end(data, out)


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


def status(uri: str, as_json: bool, watch: bool = False) -> None:
    """Print how far each table is, or follow the run that works on the dataset.

    Raises:
        UserError: there is no dataset, or it is to be followed as JSON.
    """
    if watch and as_json:
        raise UserError("--watch shows a table; a run tells JSON with --progress json")
    if watch:
        follow(Dataset(uri), console)
        return
    lines = table_status(Dataset(uri))
    print_rows(lines, as_json)


def errors(uri: str, retry: str | None, skipped: bool, as_json: bool) -> None:
    """Print why rows are out, or work again on those with one reason."""
    data = Dataset(uri)
    if retry is not None:
        with hold(data.storage, console.print):
            cleared = clear(data, retry)
        console.print(f"working again on {', '.join(cleared)}", soft_wrap=True)
        config = configure(data, {}, None)
        running.run(data, config, console)
        _say_end(data, console)
        return
    found = problems(data, ("error", "skipped") if skipped else ("error",))
    if not found and not as_json:
        console.print("no errors")
        return
    print_rows(found, as_json)


def show(uri: str, clip: str | None, as_json: bool) -> None:
    """Print everything known of one clip, or the captions of all."""
    data = Dataset(uri)
    if as_json:
        known = clip_report(data, clip) if clip else [c._asdict() for c in captions_table(data)]
        print(json.dumps(known, indent=1, ensure_ascii=False))
    else:
        console.print(clip_view(data, clip) if clip else captions_view(data))


def lint(target: str, as_json: bool) -> None:
    """Print how often texts have the faults that such sets are known for."""
    report = measure(target)
    if as_json:
        print(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    else:
        print_rows(lines(report), False)


def prompt_show(uri: str, clip: str, task: str, config: str | None, as_json: bool) -> None:
    """Print what a model would be told of a clip."""
    data = Dataset(uri)
    told = prompt_of(data, configure(data, {"config": config}, None), clip, task)
    if as_json:
        print(json.dumps(told._asdict(), indent=1, ensure_ascii=False))
        return
    for message in told.messages:
        console.print(f"--- {message['role']}", style="bold cyan")
        console.print(message["content"], markup=False, soft_wrap=True)
    console.print(f"--- {told.tokens:,} tokens ({told.counted_by})", style="bold cyan")


def models_list(as_json: bool) -> None:
    """Print the models of the lock file."""
    found = store.catalogue()
    if as_json:
        print_rows(
            [{**row._asdict(), "found": row.found and str(row.found)} for row in found], True
        )
        return
    rows = [
        {
            "name": row.name,
            "MB": None if row.size is None else round(row.size / 1e6, 1),
            "licence": row.licence,
            "pinned": "yes" if row.pinned else "no",
            "gated": "yes" if row.gated else None,
            "here": "yes" if row.found else "no",
            "what": row.about,
        }
        for row in found
    ]
    print_rows(rows, False)


def models_fetch(names: Sequence[str], config: str | None, profile: str | None) -> None:
    """Fetch models by name, or all that a configuration uses."""
    for name in names or _models_of(load_config(config, _changes(profile))):
        get_model(name, console)
        console.print(f"{name}: {store.find(name)}", soft_wrap=True)


def models_bundle(folder: str, names: Sequence[str]) -> None:
    """Copy models by name, or all that are here, into a folder."""
    store.bundle(list(names) or [row.name for row in store.catalogue() if row.found], Path(folder))
    console.print(f"use them there with AURICLE_MODELS={folder}", soft_wrap=True)


def models_verify(names: Sequence[str]) -> None:
    """Check models against the lock file; a wrong byte is an error."""
    wrong = []
    for name in names or [row.name for row in store.catalogue() if row.found]:
        found = store.verify(name)
        wrong += [f"{name}: {problem}" for problem in found]
        console.print(f"{name}: {'; '.join(found) or 'right'}", soft_wrap=True)
    if wrong:
        raise UserError(f"{wrong[0]}; delete it and run `auricle models fetch`")


def experts(as_json: bool) -> None:
    """Print the table of experts."""
    rows = expert_table()
    if as_json:
        print_rows(rows, True)
        return
    short = [
        {
            "role": row.role,
            "backend": row.backend,
            "profile": ", ".join(row.profiles),
            "extra": row.extra,
            "GB": row.memory,
            "GPU": row.gpu_memory or None,
            "code": row.code,
            "weights": ", ".join(row.weights),
        }
        for row in rows
    ]
    print_rows(short, False)
    console.print("more: docs/experts.md, or --json")


def doctor(config: str | None, profile: str | None, as_json: bool) -> None:
    """Print what a configuration lacks here.

    Raises:
        UserError: a run would fail.
    """
    found = examine(load_config(config, _changes(profile)))
    print_rows(found, as_json)
    wrong = [finding for finding in found if finding.state == "fails"]
    if wrong:
        raise UserError(
            f"the run would fail: {', '.join(dict.fromkeys(finding.what for finding in wrong))}"
        )


def probe_train(labels: str, uri: str, column: str, out: str, group: str | None, l2: float) -> None:
    """Train a probe and print how well it does on what it was not fitted on."""
    card = train(labels, uri, column, out, group, l2)
    counts = ", ".join(
        f"{count} {name}" for name, count in zip(card.labels, card.counts, strict=True)
    )
    console.print(f"clips: {counts}", soft_wrap=True)
    console.print(
        f"right on clips of an unseen {card.held_out_by}: {card.accuracy:.3f} "
        f"(mean over the labels {card.balanced_accuracy:.3f}; "
        f"always the most frequent label {card.baseline:.3f})",
        soft_wrap=True,
    )
    console.print(f"use it with experts.ROLE: {{backend: probe, model: {out}}}", soft_wrap=True)


def _models_of(config: Config) -> list[str]:
    """Return the models of a configuration, also those that `auto` may choose."""
    wanted, spare = experts_of(config)
    return list(dict.fromkeys(ref for expert in (*spare, *wanted) for ref in expert.models))


def _changes(profile: str | None) -> dict[str, Any]:
    return {"profile": profile} if profile else {}


def say_exports(
    uri: str, counts: Mapping[str, Mapping[str, Count]], out: Console = console
) -> None:
    """Say what was exported and where it is."""
    for name, made in counts.items():
        told = ", ".join(f"{count.clips:,} {split}" for split, count in made.items())
        place = Storage(uri).address(f"exports/{name}")
        out.print(f"exported {told} clips to {place}", soft_wrap=True)


def _say_end(data: Dataset, out: Console) -> None:
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


def _beside(mode: str) -> Console:
    """Return where a run says what is not progress: JSON lines have standard output alone."""
    return Console(highlight=False, stderr=True) if mode == "json" else console


def print_rows(rows: Sequence[Any], as_json: bool) -> None:
    """Print named tuples or dicts as a table or as JSON."""
    dicts = [row if isinstance(row, dict) else row._asdict() for row in rows]
    if as_json:
        print(json.dumps(dicts, indent=1, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for name in dicts[0] if dicts else ():
        number = isinstance(dicts[0][name], int | float)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in dicts:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console.print(table)
