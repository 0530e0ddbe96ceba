"""Measure what the experts hear on labelled sound.

    python bench/listen.py MANIFEST [--dataset DIR] [--config YAML] [--redo TABLE] [--json]

MANIFEST has a `path` and label columns like those of the listening set (`COLUMNS`). The
pipeline ingests and annotates it into a dataset; one that is there already is only scored.
docs/listening.md says what each figure means.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from listen_read import read
from listen_rows import Figure, Listened
from listen_scores import figures
from rich.console import Console
from rich.table import Table

from auricle.pipeline.config import Config, load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.manifest import MANIFESTS, read_manifest
from auricle.pipeline.plan import choose_backends
from auricle.pipeline.run import run, saved_config
from auricle.pipeline.stages import expert
from auricle.schemas.errors import UserError

COLUMNS = (
    "audioset_label",
    "emotion",
    "events",
    "gender",
    "genre",
    "has_speech",
    "instruments",
    "language",
    "quality_ref",
    "rt60_s",
    "rttm",
    "snr_db",
    "sound_class",
    "speaker_id",
    "tempo_bpm",
    "transcript",
)
"""Columns that hold labels; a manifest needs at least one. `derived`, `kind`, `sha256`, `source`,
`label_basis`, `transcript_basis`, `licence` and `sample_rate` say more about them."""

SPEED = "listen.json"
"""What the run that made a dataset took, kept beside its tables."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, score and print; return the exit code."""
    given = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        check_manifest(given.manifest)
        if given.dataset:
            report = measure(given.manifest, given.dataset, given, console)
        else:
            with tempfile.TemporaryDirectory() as folder:
                report = measure(given.manifest, Path(folder) / "listen", given, console)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        show(report, Console(width=None if sys.stdout.isatty() else 120))
    return 0


def check_manifest(path: Path) -> None:
    """Raise UserError if a manifest is not there or no row of it has a label."""
    if not path.is_file():
        raise UserError(f"{path}: no such manifest")
    if path.suffix.lower() not in MANIFESTS:
        raise UserError(f"{path}: not a manifest; there are {', '.join(MANIFESTS)}")
    told = (set(json.loads(entry.extra or "{}")) for entry in read_manifest(path))
    if not any(columns & set(COLUMNS) for columns in told):
        raise UserError(f"{path}: no labels; the columns may be {', '.join(COLUMNS)}")


def measure(
    manifest: Path, folder: Path, given: argparse.Namespace, console: Console
) -> dict[str, Any]:
    """Return the figures of a manifest, what the gates let in and what the run took."""
    data = Dataset(str(folder))
    source = str(manifest.resolve())
    saved = saved_config(data)
    if saved and saved.source != source:
        raise UserError(f"{folder}: holds {saved.source}; name another --dataset for {manifest}")
    changes: dict[str, Any] = {"source": source}
    config = load_config(given.config, changes, saved.model_dump() if saved else None)
    spent = listen(data, config, given.redo, console)
    kept = folder / SPEED
    if spent:
        kept.write_text(json.dumps(spent), encoding="utf-8")
    rows = read(data, manifest.resolve().parent)
    return {
        "figures": list(_side_by_side(rows)),
        "gates": gates(data),
        "speed": json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else None,
    }


def listen(
    data: Dataset, config: Config, redo: Sequence[str], console: Console
) -> list[dict[str, Any]]:
    """Ingest and annotate; return what each stage took, nothing if some of it was done before."""
    config = choose_backends(config, saved_config(data), console)
    fresh = not data.shards("clips")
    spent = []
    for stage in ("ingest", "annotate"):
        wall, processor = time.monotonic(), _processor_seconds()
        run(data, config, console, stages=(stage,), redo=redo if stage == "annotate" else ())
        spent.append(
            {
                "stage": stage,
                "wall": time.monotonic() - wall,
                "processor": _processor_seconds() - processor,
            }
        )
    columns = [data.table("clips", shard, ["duration"]) for shard in data.shards("clips")]
    seconds = sum(sum(table["duration"].to_pylist()) for table in columns)
    return [{**stage, "sound": seconds} for stage in spent] if fresh else []


def gates(data: Dataset) -> list[dict[str, Any]]:
    """Return for each expert with a gate how many clips were let in, kept out and failed."""
    told = []
    config = saved_config(data)
    assert config is not None
    for role in config.roles():
        gate = expert(config, role).gate
        if gate != "none":
            counts = Counter(
                row["reason"] or row["status"]
                for shard in data.shards(role)
                for row in data.table(role, shard, ["status", "reason"]).to_pylist()
            )
            told.append({"role": role, "gate": gate, "clips": dict(counts)})
    return told


def show(report: Mapping[str, Any], console: Console) -> None:
    """Print a report as tables."""
    table = Table("what", "real", "derived", box=None, pad_edge=False)
    for row in report["figures"]:
        table.add_row(row["name"], _cell(row["real"]), _cell(row["derived"]))
    console.print(table, highlight=False)
    for row in report["gates"]:
        clips = ", ".join(f"{name} {count}" for name, count in sorted(row["clips"].items()))
        console.print(f"{row['role']} (gate {row['gate']}): {clips}", highlight=False)
    for row in report["speed"] or ():
        console.print(
            f"{row['stage']}: {row['sound']:.0f} s of sound, {row['wall']:.0f} s, "
            f"{row['processor']:.0f} s of processor, {row['sound'] / row['processor']:.1f} x",
            highlight=False,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what the experts hear on labelled sound.")
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--dataset", type=Path, help="kept and used again; else a temporary one")
    parser.add_argument("--config", help="a YAML file, as for `auricle run`")
    parser.add_argument("--redo", action="append", default=[], help="a table to make again")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _side_by_side(rows: Sequence[Listened]) -> Iterator[dict[str, Any]]:
    """Yield each figure once, of real and of derived rows, in the order of the report."""
    real, derived = (
        {figure.name: figure for figure in figures([row for row in rows if row.derived is side])}
        for side in (False, True)
    )
    order = dict.fromkeys([figure.name for figure in figures(rows)])
    for name in order:
        if name in real or name in derived:
            yield {
                "name": name,
                "real": _plain(real.get(name)),
                "derived": _plain(derived.get(name)),
            }


def _plain(figure: Figure | None) -> dict[str, Any] | None:
    return figure and {"value": figure.value, "count": figure.rows}


def _cell(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return ""
    value = "not measured" if told["value"] is None else f"{told['value']:.3f}"
    return rf"{value} \[{told['count']}]"


def _processor_seconds() -> float:
    """Return the processor seconds of this process and of those that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
