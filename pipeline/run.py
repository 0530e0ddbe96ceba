"""A run: sources listed, weights fetched, every pending shard of every stage worked on."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import yaml
from rich.console import Console

from auricle.pipeline.config import Config, dump_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.guarded import Guarded
from auricle.pipeline.engine.lease import FILE, hold
from auricle.pipeline.engine.local import run_local
from auricle.pipeline.engine.progress import Board, Mode, Progress
from auricle.pipeline.engine.ray_pool import run_ray
from auricle.pipeline.engine.stall import setup_of
from auricle.pipeline.engine.whole import run_whole
from auricle.pipeline.engine.work import Stage, Whole, Work
from auricle.pipeline.ingest import group
from auricle.pipeline.judge.reviews import forget_outdated
from auricle.pipeline.lists import not_downloaded
from auricle.pipeline.llm import journal
from auricle.pipeline.plan import (
    check,
    choose_backends,
    fetch_models,
    fetch_scorer,
    fingerprints,
    tables_of,
    with_dependents,
)
from auricle.pipeline.sources import describe, discover, mark, watched
from auricle.pipeline.stages import STAGES, works
from auricle.pipeline.tables import TABLES
from auricle.pipeline.unique import check_clips
from auricle.pipeline.version import VERSION
from auricle.schemas.base import Provenance
from auricle.schemas.clip import Source
from auricle.schemas.errors import UserError

CONFIG = "dataset.yaml"


class Listed(NamedTuple):
    """What listing the sources found."""

    sources: int
    new: int


def run(
    data: Dataset,
    config: Config,
    console: Console,
    stages: Sequence[str] = STAGES,
    redo: Sequence[str] = (),
    mode: Mode = "auto",
) -> None:
    """Bring the stages of a dataset up to date; what is on disk already is left as it is.

    One driver at a time works on a dataset.

    Args:
        data: the dataset, new or old.
        config: the settings; `config.source` says where the sound is.
        console: where progress goes.
        stages: the stages to work on; earlier ones must be done.
        redo: stages, chains or tables to make again, with all that depends on them.
        mode: how progress is shown.

    Raises:
        UserError: another driver works on the dataset, the settings do not fit what is on disk,
            weights or sources are missing.
    """
    with hold(data.storage, partial(console.print, highlight=False, soft_wrap=True)) as lease:
        chosen = _prepare(data, config, console, stages, redo)
        setup = setup_of(config.engine, chosen)
        with Board(console, mode, setup, lease.tell).shown() as board:
            _work(data, config, chosen, Guarded(board, lease))


def _prepare(
    data: Dataset, config: Config, console: Console, stages: Sequence[str], redo: Sequence[str]
) -> list[Stage]:
    """Return the work of some stages, with all that it needs to begin."""
    saved = saved_config(data)
    last = max(STAGES.index(stage) for stage in stages)
    known_stages = STAGES if redo else STAGES[: last + 1]
    if "annotate" in known_stages:
        config = choose_backends(config, saved, console)
    if "annotate" in stages:
        fetch_models(config, console)
    if "score" in stages:
        fetch_scorer(config, console)
    made = fingerprints([work for stage in known_stages for work in works(config, stage)], data)
    chosen = [work for stage in stages for work in works(config, stage)]
    again = with_dependents(made, [table for name in redo for table in tables_of(config, name)])
    check(data, {table: made[table] for work in chosen for table in work.writes}, again)
    for table in reversed(again):
        data.forget(table)
    if "clips" in again:
        data.forget("sources")
    if "verify" in stages:
        forget_outdated(data)
    if "ingest" in stages:
        _list(data, config, console)
    data.storage.write(CONFIG, dump_config(config))
    for table in (table for work in chosen for table in work.writes):
        data.sign(table, made[table])
        data.sweep(table)
    return chosen


def _work(data: Dataset, config: Config, chosen: Sequence[Stage], progress: Progress) -> None:
    """Do what is pending, shard by shard and then over the whole."""
    cut = data.shards("clips")
    each = [work for work in chosen if isinstance(work, Work)]
    if each and config.engine.kind == "ray":
        run_ray(data, each, progress, config.engine)
    elif each:
        run_local(data, each, progress)
    if data.shards("clips") != cut:
        check_clips(data)
    run_whole(data, [work for work in chosen if isinstance(work, Whole)], progress)


def _list(data: Dataset, config: Config, console: Console) -> None:
    if config.source is None:
        raise UserError("nothing to ingest: name a folder, a file, a glob, a manifest or a list")
    console.print(f"reading {describe(config.source)}", highlight=False, soft_wrap=True)
    listed = list_sources(data, config)
    new = f", {listed.new} of them new" if listed.new else ""
    console.print(f"{listed.sources} sources{new}", highlight=False)


def saved_config(data: Dataset) -> Config | None:
    """Return the configuration a dataset was made with, or None for a new one.

    Raises:
        UserError: it cannot be read.
    """
    content = data.storage.read(CONFIG)
    if content is None:
        return None
    try:
        return Config.model_validate(yaml.safe_load(content))
    except (yaml.YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise UserError(f"{data.storage.uri}/{CONFIG}: not a configuration: {problem}") from None


def check_place(data: Dataset) -> None:
    """Refuse to begin a dataset in a folder that holds something else.

    Raises:
        UserError: names what is there.
    """
    ours = {
        CONFIG,
        "exports",
        FILE,
        journal.FOLDER,
        *(table.folder.split("/")[0] for table in TABLES.values()),
    }
    others = [name for name in data.storage.entries() if name not in ours]
    if others:
        raise UserError(
            f"{data.storage.uri}: not a dataset, and not empty (it holds {others[0]}); "
            "name another --out"
        )


def list_sources(data: Dataset, config: Config) -> Listed:
    """Write the sources that are not listed yet, in shards, and return the counts.

    Sources keep their shard for ever; new ones go to new shards, so a folder may grow, and so may
    a store of downloads. They are read once. Memory holds 16 bytes a source.

    Raises:
        UserError: as `discover` and `watched` do; what has no clips yet is listed anew then.
    """
    shards = data.shards("sources")
    known, missing = array("Q"), array("Q")
    for shard in shards:
        columns = data.table("sources", shard, ["recording_id", "start", "path"]).to_pydict()
        for recording, start, path in zip(*columns.values(), strict=True):
            (missing if not_downloaded(path) else known).append(mark(recording, start))
    told = Provenance(stage="sources", backend="list", version=VERSION, settings_hash="")
    new = 0
    at = shards[-1] + 1 if shards else 0
    try:
        for sources in group(_unknown(_found(data, config), known, missing), config.ingest):
            data.write("sources", at, sources, told)
            new += len(sources)
            at += 1
    except UserError:
        for shard in {*data.shards("sources")} - {*data.shards("recordings")}:
            data.forget_shard("sources", shard)
        raise
    before = len(known) + len(missing)
    return Listed(before + new, new if before else 0)


def _found(data: Dataset, config: Config) -> Iterator[Source]:
    """Yield all sources; the dataset may lie inside the folder of sound."""
    ingest, source = config.ingest, config.source
    assert source is not None

    def all_of() -> Iterator[Source]:
        root = data.storage.root
        where = {"store": ingest.store, "without": root}
        return discover(source, ingest.recording_id, most=ingest.shard_clips, **where)

    return watched(source, all_of(), all_of())


def _unknown(
    sources: Iterable[Source], known: "array[int]", missing: "array[int]"
) -> Iterator[Source]:
    """Yield the sources that are not known, and those whose file was missing and has come."""
    for marks in (known, missing):
        np.frombuffer(marks, np.uint64).sort()  # in place
    for source in sources:
        key = mark(source.recording_id, source.start)
        waits = not_downloaded(source.path)
        if not _has(known, key) and not (waits and _has(missing, key)):
            yield source


def _has(ordered: "array[int]", key: int) -> bool:
    at = bisect_left(ordered, key)
    return at < len(ordered) and ordered[at] == key
