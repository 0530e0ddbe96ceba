"""What the pipeline takes beside the experts: its time over that of the bare experts in a loop.

python bench/tax.py experts DATASET --repeats 3
python bench/tax.py nothing DATASET --clips 10000

`experts` asks the experts that a dataset's configuration names, about all of its clips: in a plain
loop, with the local engine and with Ray, by turns, each time in a new process, since experts keep
what they have computed of a sound. All have as many processors as `engine.threads` says. Reading
weights and the start of Ray are left out of the ratio. The tables of the experts are deleted. A
small `ingest.shard_clips` makes several pieces of few clips. `nothing` asks an expert that wants
no sound and says nothing, so that all is tax.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import pyarrow.parquet as pq
from growth import Nothing, Took, grow, took
from rich.console import Console

from auricle.experts.base import NO_SOUND, Heard, closed_gate
from auricle.experts.sound import decode_flac, resample
from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.plan import choose_backends
from auricle.pipeline.run import saved_config
from auricle.pipeline.stage_settings import EngineSettings
from auricle.pipeline.stages import works
from auricle.schemas.base import Row

WAYS = ("bare", "local", "ray")


def bare(data: Dataset, chains: Sequence[Chain], size: int, loading: float) -> Took:
    """Return the seconds in which loaded experts answer about all clips, with nothing around."""
    experts = [expert for chain in chains for expert in chain.experts]
    rates = {expert.sample_rate for expert in experts} - {NO_SOUND}
    begun, used = time.monotonic(), time.process_time()
    for shard in data.shards("clips"):
        for rows in pq.ParquetFile(data.path("clips", shard)).iter_batches(size):
            _ask(experts, rows.select(["clip_id", "audio"]).to_pylist(), rates)
    work = time.monotonic() - begun
    return Took(loading + work, work, time.process_time() - used)


def _ask(experts: Sequence[Any], clips: list[dict[str, Any]], rates: set[int | None]) -> None:
    said: list[dict[str, Row]] = [{} for _ in clips]
    decoded = [decode_flac(clip["audio"]) for clip in clips]
    sounds: dict[int | None, list[Any]] = {
        rate: decoded if rate is None else [(resample(*one, rate), rate) for one in decoded]
        for rate in rates
    }
    sounds[NO_SOUND] = [(decoded[0][0][:0], NO_SOUND)] * len(clips)
    for expert in experts:
        heard = {}
        for i, clip in enumerate(clips):
            told = tuple(said[i][role] for role in expert.needs if role in said[i])
            waveform, rate = sounds[expert.sample_rate][i]
            one = Heard(clip["clip_id"], waveform, rate, told)
            if closed_gate(expert.gate, one) is None:
                heard[i] = one
        if heard:
            for i, row in zip(heard, expert.annotate(list(heard.values())), strict=True):
                said[i][expert.role] = row


def experts(data: Dataset, way: str) -> Took:
    """Ask the experts of a dataset's configuration in one way."""
    config = _config(data)
    chains = [work for work in works(config, "annotate") if isinstance(work, Chain)]
    if way != "bare":
        return _cleared(data, chains, way, config.engine)
    begun = time.monotonic()
    for chain in chains:
        chain.load()
    return bare(data, chains, config.engine.batch_clips, time.monotonic() - begun)


def by_turns(dataset: str, repeats: int) -> dict[str, list[Took]]:
    """Return what each way took each time, each in a process of its own."""
    made: dict[str, list[Took]] = {way: [] for way in WAYS}
    threads = str(_config(Dataset(dataset)).engine.threads)
    environment = {**os.environ, "OMP_NUM_THREADS": threads}  # as Ray sets it for its workers
    for _ in range(repeats):
        for way in WAYS:
            command = [sys.executable, __file__, way, dataset]
            one = Took(
                *json.loads(subprocess.check_output(command, env=environment).splitlines()[-1])
            )
            made[way].append(one)
            print(f"{way}: {one.work:.2f} s, cpu {one.cpu:.2f} s", flush=True)
    return made


def nothing(source: Dataset, clips: int, folder: str) -> dict[str, Took]:
    """Return the seconds in which each engine runs an expert that does nothing."""
    data = Dataset(folder)
    grow(source, data, clips, ("sources", "recordings", "clips", "signal"))
    chain = Chain("nothing", (Nothing(),))
    settings = EngineSettings()
    return {way: _cleared(data, [chain], way, settings) for way in ("local", "ray")}


def _config(data: Dataset) -> Config:
    saved = saved_config(data)
    assert saved is not None
    return choose_backends(saved, saved, Console(quiet=True))


def _cleared(data: Dataset, chains: Sequence[Chain], engine: str, settings: EngineSettings) -> Took:
    for chain in chains:
        for table in chain.writes:
            data.forget(table)
    if engine == "ray":
        import ray

        ray.init(num_cpus=settings.threads, include_dashboard=False, log_to_driver=False)
    return took(data, chains, engine, settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["experts", "nothing", *WAYS])
    parser.add_argument("dataset")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clips", type=int, default=10_000)
    options = parser.parse_args()
    if options.what in WAYS:
        print(json.dumps(experts(Dataset(options.dataset), options.what)))
    elif options.what == "nothing":
        with tempfile.TemporaryDirectory() as folder:
            for way, one in nothing(Dataset(options.dataset), options.clips, folder).items():
                print(f"{way}: {one.work / options.clips * 1e3:.3f} ms a clip, {one.all:.1f} s")
    else:
        _compare(by_turns(options.dataset, options.repeats))


def _compare(made: dict[str, list[Took]]) -> None:
    work, cpu = ({w: _median(made[w], name) for w in made} for name in ("work", "cpu"))
    for way, runs in made.items():
        start = _median(runs, "all") - work[way]
        print(
            f"{way}: {work[way]:.2f} s at work, {work[way] / work['bare']:.3f} of the bare; "
            f"{cpu[way]:.2f} s of processors, {cpu[way] / cpu['bare']:.3f}; {start:.1f} s to start"
        )


def _median(runs: Sequence[Took], name: str) -> float:
    return float(statistics.median(getattr(one, name) for one in runs))


if __name__ == "__main__":
    main()
