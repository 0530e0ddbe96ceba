"""How long it takes to list many sources, and how much memory.

python bench/listing.py --sources 100000 --kind manifest
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.run import list_sources

_IN_A_FOLDER = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=100_000)
    parser.add_argument("--kind", choices=["manifest", "folder", "all"], default="all")
    parser.add_argument("--again", action="store_true", help="list once more, with nothing new")
    options = parser.parse_args()
    makers: dict[str, Callable[[Path, int], Path]] = {"manifest": manifest, "folder": folder}
    with tempfile.TemporaryDirectory() as place:
        list_all(Path(place) / "warm", manifest(Path(place), 10))
        for kind, make in makers.items():
            if options.kind in (kind, "all"):
                source = make(Path(place), options.sources)
                for what in [kind, f"{kind}, again"][: 1 + options.again]:
                    seconds, cpu, grown = list_all(Path(place) / f"set-{kind}", source)
                    each = f"{cpu / options.sources * 1e6:.0f} us of a processor each"
                    print(
                        f"{what}: {options.sources} sources in {seconds:.1f} s, {each}, "
                        f"memory grown by {grown:.0f} MB"
                    )


def list_all(out: Path, source: Path) -> tuple[float, float, float]:
    """List a source; return the seconds, those of a processor, and the MB that the peak rose by."""
    config = Config.model_validate({"source": str(source)})
    before, begun, busy = _peak(), time.perf_counter(), time.process_time()
    list_sources(Dataset(str(out)), config)
    return time.perf_counter() - begun, time.process_time() - busy, _peak() - before


def manifest(place: Path, count: int) -> Path:
    """Write a manifest of files that nobody opens, since their lengths are told."""
    path = place / f"{count}.csv"
    with path.open("w") as file:
        file.write("path,recording_id,start,duration,license,title\n")
        for number in range(count):
            file.write(f"sound/{number:08d}.flac,id{number:08d},{number % 300},10,CC0,Take\n")
    return path


def folder(place: Path, count: int) -> Path:
    """Make a tree of links to one short file for each folder."""
    top = place / f"tree-{count}"
    for number in range(count):
        own = top / f"{number // _IN_A_FOLDER:05d}"
        if number % _IN_A_FOLDER == 0:
            own.mkdir(parents=True)
            soundfile.write(own / "0.flac", np.zeros(1600, np.float32), 16_000)
        else:
            os.link(own / "0.flac", own / f"{number % _IN_A_FOLDER}.flac")
    return top


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
