"""How soon a run shows something: seconds from `auricle annotate` to the first annotated shard.

python bench/start.py SOURCE --engine local --repeats 3
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_AURICLE = [sys.executable, "-m", "auricle.pipeline.cli"]


def first_shard(command: Sequence[str], folder: Path) -> float:
    """Return the seconds from the start of a command to its first shard in a folder; end it then.

    Raises:
        RuntimeError: it ended, and there is none.
    """
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not any(folder.glob("*/shard-*.parquet")):
            if process.poll() is not None:
                raise RuntimeError(f"ended with {process.returncode} and made no shard")
            time.sleep(0.02)
        return time.monotonic() - begun
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--engine", default="local", choices=["local", "ray"])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    took = []
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            ingest = [*_AURICLE, "ingest", options.source, "--out", folder]
            subprocess.run(ingest, check=True, stdout=subprocess.DEVNULL)
            annotate = [*_AURICLE, "annotate", folder, "--engine", options.engine]
            took.append(first_shard(annotate, Path(folder, "annotations")))
            print(f"{took[-1]:.1f} s", flush=True)
    print(f"{options.engine}: {statistics.median(took):.1f} s to the first shard")


if __name__ == "__main__":
    main()
