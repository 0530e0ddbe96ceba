"""How fast the stages ask a model, beside the most that its server allows.

    python bench/llm.py DATASET [--clips 20000] [--in-flight 256] [--latency 4]

The clips are copies of those of a small DATASET (as `auricle run samples --out demo` makes one).
The server runs in a process of its own, takes so many requests at once and needs a fixed time for
each, so that the ideal rate is known: in-flight / latency. As real servers do, it thinks for a part
of the time and streams the answer for the rest.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from chat_server import chat_server
from clones import clone
from scribe import answering, scribe

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.local import run_local
from auricle.pipeline.engine.work import Done
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.run import saved_config
from auricle.pipeline.stages import task, works
from auricle.pipeline.testimonies import testimonies
from auricle.pipeline.text.facts import learn

_THINKS = 0.25
"""The share of the time that passes before the first token."""
_PIECES = 2
"""Few, so that the server's own clock does not lengthen its answers."""
_SAMPLES = 10
"""How often memory is looked at while the work goes on."""


class Watch:
    """Told of the work; remembers the memory at each tenth of it."""

    def __init__(self, clips: int) -> None:
        self.clips, self.done, self.errors = clips, 0, 0
        self.memory: list[int] = []

    def start(self, stage: str, total: int, done: int, clips: int | None) -> None:
        """A stage begins."""

    def tell(self, stage: str, done: Done) -> None:
        """Clips were worked on."""
        self.done += done.clips
        self.errors += done.errors
        if self.done >= len(self.memory) * self.clips / _SAMPLES:
            self.memory.append(_resident())

    def shard(self, stage: str) -> None:
        """A shard is on disk."""


def serve(pipe: Connection, answers: dict[str, str], settings: dict[str, Any]) -> None:
    """Run the server until the pipe says that it is over, then tell what it has seen."""
    with chat_server(answer=answering(answers), **settings) as server:
        pipe.send(server.url)
        pipe.recv()
        pipe.send((server.requests, server.busiest))


def main() -> None:
    """Print the rate, its share of the ideal one, the processor's share and the memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    parser.add_argument("--clips", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--latency", type=float, default=4.0)
    parser.add_argument("--stage", choices=["caption", "qa"], default="caption")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = clone(Dataset(given.dataset), Path(folder) / "set", given.clips)
        print(measure(data, given.stage, given.clips, given.in_flight, given.latency))


def measure(data: Dataset, stage: str, clips: int, in_flight: int, latency: float) -> str:
    """Return a line of figures."""
    config = saved_config(data)
    assert config is not None
    heard = ("signal", *config.roles())
    known = [learn(s) for n in data.shards("clips") for s in testimonies(data, n, heard)]
    answers = scribe(known, task(config, stage))
    del known
    here, there = multiprocessing.Pipe()
    pace = latency * (1 - _THINKS) / _PIECES  # there is a pause before every piece
    timing = {"latency": latency * _THINKS, "pieces": _PIECES, "pace": pace}
    settings = {**timing, "limit": in_flight, "record": False}
    server = multiprocessing.Process(target=serve, args=(there, answers, settings), daemon=True)
    server.start()
    del answers
    llm = LlmSettings(base_url=here.recv(), model="test/pen", concurrency=in_flight)
    chosen = works(config.model_copy(update={"writer": "llm", "llm": llm}), stage)
    watch, before, start = Watch(clips), _cpu(), time.perf_counter()
    run_local(data, chosen, watch)
    wall, cpu = time.perf_counter() - start, _cpu() - before
    here.send("over")
    requests, busiest = here.recv()
    assert watch.done == clips and watch.errors == 0
    ideal = requests * latency / in_flight
    memory = " ".join(f"{kb / 1000:.0f}" for kb in watch.memory)
    return (
        f"{stage}: {clips} clips, {requests} requests in {wall:.0f} s, {requests / wall:.1f}/s, "
        f"{ideal / wall:.3f} of the ideal {in_flight / latency:.1f}/s; at most {busiest} at once; "
        f"{cpu / wall:.2f} of a core, {1000 * cpu / requests:.1f} ms a request; "
        f"MB at each tenth: {memory}"
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _resident() -> int:
    """Return the memory in use, in kilobytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
