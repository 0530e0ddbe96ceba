"""Kill a run at random moments, let it finish, and compare it with an undisturbed one.

python bench/resume.py SOURCE --reference DATASET --kills 5 --seed 0 --engine local
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auricle.pipeline.compare import differences
from auricle.pipeline.dataset import Dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--reference", help="an undisturbed dataset of the source; else made here")
    parser.add_argument("--config", help="settings of both runs")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--longest", type=float, default=60.0, help="seconds before a kill")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default="local", choices=["local", "ray"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reference = options.reference or run(options, f"{folder}/reference", None)
        dice = random.Random(options.seed)
        for kill in range(options.kills):
            after = dice.uniform(2.0, options.longest)
            run(options, f"{folder}/killed", after)
            shards = sorted(Path(f"{folder}/killed").rglob("shard-*.parquet"))
            print(f"kill {kill + 1} after {after:.1f} s: {len(shards)} shards on disk", flush=True)
        before = {shard: shard.stat().st_mtime_ns for shard in shards}
        run(options, f"{folder}/killed", None)
        again = [shard for shard, when in before.items() if shard.stat().st_mtime_ns != when]
        found = list(differences(Dataset(reference), Dataset(f"{folder}/killed")))
    for difference in found[:20]:
        print(difference)
    print(f"{len(found)} differences; {len(again)} of {len(before)} finished shards made again")
    sys.exit(bool(found))


def run(options: argparse.Namespace, out: str, kill_after: float | None) -> str:
    """Run the pipeline; kill it after so many seconds, if it still runs."""
    command = [sys.executable, "-m", "auricle.pipeline.cli", "run", options.source, "--out", out]
    command += ["--engine", options.engine]
    command += ["--config", options.config] if options.config else []
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=None if kill_after is None else quiet)
    begun = time.monotonic()
    while process.poll() is None and (kill_after is None or time.monotonic() - begun < kill_after):
        time.sleep(0.1)
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait()
    elif process.returncode:
        sys.exit(f"the run failed with {process.returncode}")
    return out


if __name__ == "__main__":
    main()
