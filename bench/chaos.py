"""Kill processes of a run at random moments, let it finish, and compare it with an undisturbed one.

python bench/chaos.py SOURCE --kills 20 --seed 0

Victims are workers, the driver and the raylet of a run on Ray, or the one process of the local
engine; one file in a hundred is corrupt.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psutil

from auricle.pipeline.compare import differences
from auricle.pipeline.dataset import Dataset

VICTIMS = {"ray": ("worker", "driver", "raylet"), "local": ("driver",)}
_FAILURES = 5
"""How often a run may end badly after the last kill: a busy machine starts Ray in time or not."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="a folder of sound")
    parser.add_argument("--config", help="settings of both runs")
    parser.add_argument("--engine", default="ray", choices=list(VICTIMS))
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--longest", type=float, default=30.0, help="seconds between two kills")
    parser.add_argument("--corrupt", type=float, default=0.01, help="share of corrupt files")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        broken = spoil(Path(options.source), source, options.corrupt, dice)
        print(f"{len(broken)} of {len(list(source.iterdir()))} files are corrupt")
        command = [sys.executable, "-m", "auricle.pipeline.cli", "run", str(source)]
        command += [
            "--engine",
            options.engine,
            *(["--config", options.config] if options.config else []),
        ]
        undisturbed = Path(folder, "undisturbed")
        begun = time.monotonic()
        subprocess.run([*command, "--out", undisturbed], check=True, stdout=subprocess.DEVNULL)
        print(f"undisturbed: {time.monotonic() - begun:.0f} s", flush=True)
        killed = Path(folder, "killed")
        log = Path(folder, "log")
        again = disturb([*command, "--out", str(killed)], killed, log, options, dice)
        found = list(differences(Dataset(str(undisturbed)), Dataset(str(killed))))
    for difference in found[:20]:
        print(difference)
    print(f"{len(found)} differences; {again} finished shards made again")
    sys.exit(bool(found or again))


def spoil(source: Path, target: Path, share: float, dice: random.Random) -> list[Path]:
    """Copy the files of a folder, and overwrite the middle of some with noise or cut them short."""
    target.mkdir()
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for number, path in enumerate(files):
        shutil.copy(path, target / f"{number:05d}-{path.name}")
    copies = sorted(target.iterdir())
    broken = dice.sample(copies, max(1, round(share * len(copies)))) if share else []
    for path in broken:
        content = bytearray(path.read_bytes())
        half = len(content) // 2
        if dice.random() < 0.5:
            content = content[:half]
        else:
            content[:half] = dice.randbytes(half)
        path.write_bytes(content)
    return broken


def disturb(
    command: Sequence[str], out: Path, log: Path, options: argparse.Namespace, dice: random.Random
) -> int:
    """Run a command again and again while its processes are killed, then until it ends well.

    Returns:
        How many shards that were on disk already were made again.
    """
    kills: Counter[str] = Counter()
    again = 0
    known: dict[Path, int] = {}
    process = None
    failures = 0
    while True:
        if process is None or process.poll() is not None:
            if process is not None and process.returncode == 0:
                break
            failures += process is not None and kills.total() >= options.kills
            if failures > _FAILURES:
                sys.exit(f"the run does not end well:\n{log.read_text()[-2000:]}")
            process = subprocess.Popen(command, stdout=log.open("ab"), stderr=subprocess.STDOUT)
        deadline = time.monotonic() + dice.uniform(1.0, options.longest)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        now = shards(out)
        again += sum(now.get(path) != when for path, when in known.items())
        known = now
        if process.poll() is None and kills.total() < options.kills:
            victim = dice.choice(VICTIMS[options.engine])
            if kill(process.pid, victim, dice):
                kills[victim] += 1
                print(f"kill {kills.total()}: {victim}; {len(known)} shards on disk", flush=True)
    return again


def kill(driver: int, victim: str, dice: random.Random) -> bool:
    """Kill a process of a run; False if there is no such process yet."""
    try:
        family = psutil.Process(driver).children(recursive=True)
        names = {
            "driver": [psutil.Process(driver)],
            "raylet": [each for each in family if each.name() == "raylet"],
            "worker": [each for each in family if "ray::Worker" in " ".join(each.cmdline())],
        }
        if not names[victim]:
            return False
        dice.choice(names[victim]).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True


def shards(out: Path) -> dict[Path, int]:
    """Return when each shard was written."""
    return {path: path.stat().st_mtime_ns for path in out.rglob("shard-?????.parquet")}


if __name__ == "__main__":
    main()
