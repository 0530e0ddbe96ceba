"""What the size of a dataset costs: time a clip, the driver's memory, and how soon a run resumes.

python bench/growth.py run DATASET --clips 1000 10000 100000 --engines local ray
python bench/growth.py look DATASET --clips 1000000

The rows of a dataset are repeated under other ids. `run` asks an expert that only gets the sound;
cut the dataset with `ingest: {clip_seconds: 0.5, min_seconds: 0.5}` for short clips. `look` wants
a finished dataset, and makes one whose tables have a file a shard: those of the sources are all
different, the others are copies of one file, without sound, with an error in each transcript.
"""

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
from rich.console import Console

from auricle.experts.base import NO_SOUND, Gate, Heard
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.agenda import Agenda
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.local import run_local
from auricle.pipeline.engine.progress import Board
from auricle.pipeline.engine.ray_pool import run_ray
from auricle.pipeline.engine.work import Tell, Work
from auricle.pipeline.run import run, saved_config
from auricle.pipeline.stage_settings import EngineSettings
from auricle.pipeline.stages import STAGES, works
from auricle.pipeline.status import problems, status
from auricle.pipeline.tables import TABLES
from auricle.schemas.annotation import Vad

_SHARD = 512


@dataclasses.dataclass
class Nothing:
    """Says nothing of any clip, and wants no sound."""

    role: ClassVar[str] = "vad"
    backend: ClassVar[str] = "nothing"
    sample_rate: ClassVar[int | None] = NO_SOUND
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Vad]] = Vad

    def load(self) -> None:
        """Nothing to load."""

    def annotate(self, clips: Sequence[Heard]) -> Sequence[Vad]:
        return [Vad(clip_id=clip.clip_id) for clip in clips]


class Listening(Nothing):
    """Says nothing, and gets the sound."""

    sample_rate: ClassVar[int | None] = 16_000


@dataclasses.dataclass
class Timed(Chain):
    """A chain that notes in a file when it was loaded and when it worked."""

    log: str = ""

    def load(self) -> None:
        super().load()
        self._note()

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        super().run(data, shard, tell)
        self._note()

    def _note(self) -> None:
        with Path(self.log).open("a") as log:
            log.write(f"{self.name}-{os.getpid()} {time.monotonic()} {time.process_time()}\n")


class Took(NamedTuple):
    """Seconds of a run: all of it, and from loaded to the last shard, summed over its workers.

    `cpu` is the time of processors that the workers took for the latter.
    """

    all: float
    work: float
    cpu: float


def took(
    data: Dataset, chains: Sequence[Chain], engine: str, settings: EngineSettings | None = None
) -> Took:
    """Run chains over a dataset that lacks their tables."""
    with tempfile.NamedTemporaryFile("r", suffix=".log") as log:
        timed = [Timed(c.name, c.experts, c.batch_clips, log=log.name) for c in chains]
        begun, board = time.monotonic(), Board(Console(quiet=True))
        if engine == "ray":
            run_ray(data, timed, board, settings or EngineSettings(kind="ray"))
        else:
            run_local(data, timed, board)
        ended = time.monotonic()
        notes: dict[str, list[list[float]]] = {}
        for line in log:
            name, *times = line.split()
            notes.setdefault(name, []).append([float(at) for at in times])
    work, cpu = (sum(last[i] - first[i] for first, *_, last in notes.values()) for i in (0, 1))
    return Took(ended - begun, work, cpu)


def grow(source: Dataset, data: Dataset, clips: int, tables: Sequence[str]) -> None:
    """Write so many clips, each a copy of one of the source's, in the tables."""
    for number, ids in enumerate(_shards(clips)):
        for table in tables:
            _write(source, data, table, number, ids)


def repeat(source: Dataset, data: Dataset, clips: int) -> list[str]:
    """Write all tables of a finished dataset for so many clips, and return their names."""
    tables = [table for table in TABLES if source.has(table, 0)]
    shards = list(_shards(clips))
    for table in tables:
        for number, ids in enumerate(shards):
            if number == 0 or table == "sources" or len(ids) < _SHARD:
                _write(source, data, table, number, ids, sound=False)
            else:
                shutil.copyfile(data.path(table, 0), data.path(table, number))
        told = source.fingerprint(table)
        if told is not None:
            data.sign(table, told)
    data.storage.write("dataset.yaml", source.storage.read("dataset.yaml") or b"")
    return tables


def _shards(clips: int) -> Iterator[range]:
    return (range(at, min(at + _SHARD, clips)) for at in range(0, clips, _SHARD))


def _write(
    source: Dataset, data: Dataset, table: str, number: int, ids: range, sound: bool = True
) -> None:
    rows, told = source.table(table, 0), source.provenance(table, 0)
    assert told is not None
    rows = rows.take([i % len(rows) for i in ids]).replace_schema_metadata(None)
    columns: dict[str, list[Any]] = {
        "clip_id": [f"{i:07d}_0_10" for i in ids],
        "recording_id": [f"{i:07d}" for i in ids],
    }
    if not sound:
        columns["audio"] = [b""] * len(ids)
    if table == "transcript":
        columns["status"] = ["error", *rows["status"].to_pylist()[1:]]
        columns["reason"] = ["expert_failed", *rows["reason"].to_pylist()[1:]]
    for name, values in columns.items():
        if name in rows.column_names:
            at = rows.column_names.index(name)
            rows = rows.set_column(at, name, pa.array(values, rows.schema.field(at).type))
    data.write_table(table, number, rows, told)


def measure(folder: str, engine: str) -> None:
    """Run the expert over a dataset and print the figures; this process is the driver."""
    data = Dataset(folder)
    data.forget("vad")
    time_ = took(data, [Chain("nothing", (Listening(),))], engine)
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    print(json.dumps({**time_._asdict(), "MB": peak / 1024}))


def run_all(source: Dataset, sizes: Sequence[int], engines: Sequence[str], folder: str) -> None:
    """Print seconds and the driver's peak memory for each size and engine."""
    print("engine   clips  s in all  ms/clip at work  driver's peak MB")
    for clips in sizes:
        data = Dataset(f"{folder}/{clips}")
        grow(source, data, clips, ("sources", "recordings", "clips", "signal"))
        for engine in engines:
            command = [sys.executable, __file__, "measure", data.storage.root]
            told = json.loads(subprocess.check_output([*command, "--engines", engine]))
            each = told["work"] / clips * 1e3
            print(f"{engine:6} {clips:7} {told['all']:9.1f} {each:16.3f} {told['MB']:17.0f}")


def look(source: Dataset, clips: int, folder: str) -> None:
    """Print the seconds of all that looks at a dataset of many clips."""
    data = Dataset(folder)
    tables = repeat(source, data, clips)
    print(f"{clips} clips, {len(data.shards('clips'))} shards of {len(tables)} tables")
    config = saved_config(data)
    assert config is not None
    _time("status", lambda: status(data))
    _time("errors", lambda: problems(data))
    _time("errors --skipped", lambda: problems(data, ("error", "skipped")))
    quiet = Console(quiet=True)
    _time("all is done", lambda: run(data, config, quiet, STAGES[1:]))
    data.forget("captions")
    chosen = [work for work in works(config) if isinstance(work, Work)]
    _time("plan with captions to do", lambda: _plan(data, chosen))


def _plan(data: Dataset, chosen: Sequence[Work]) -> None:
    """Do what the Ray engine does before its first worker."""
    agenda = Agenda(data, chosen)
    for work in chosen:
        sum(map(agenda.clips, agenda.todo(work.name)))


def _time(what: str, call: Callable[[], object]) -> None:
    begun, used = time.perf_counter(), time.process_time()
    call()
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    print(f"{what}: {wall:.2f} s, {cpu:.2f} s of processors", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["run", "look", "measure"])
    parser.add_argument("dataset")
    parser.add_argument("--clips", type=int, nargs="+", default=[1000])
    parser.add_argument("--folder", help="where the made datasets lie")
    parser.add_argument("--engines", nargs="+", default=["local", "ray"])
    options = parser.parse_args()
    if options.what == "measure":
        measure(options.dataset, options.engines[0])
        return
    source = Dataset(options.dataset)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.what == "run":
            run_all(source, options.clips, options.engines, folder)
        else:
            look(source, options.clips[0], folder)


if __name__ == "__main__":
    main()
