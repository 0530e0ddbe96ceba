"""Clips a second and processor time a clip, beside Data-Juicer and NeMo Curator on the same clips.

python bench/peers.py --peers PYTHON

PYTHON is the interpreter of an environment of their own, since they pin other versions:
    pip install py-data-juicer==1.6.1 soundfile aiohttp "ray[data,default]==2.60.0" resampy
    pip install torch==2.8.0 torchcodec==0.7.0 samplerate==0.1.0  # what Data-Juicer's SNR pins
    pip install --no-deps nemo-curator==1.4.0 cosmos-xenna==0.2.0
    pip install lmdb hydra-core omegaconf absl-py comment_parser
and FFmpeg with libsamplerate: apt-get install ffmpeg libsamplerate0

Each tool runs twice, over few clips and over many; the difference leaves out how long it takes to
start. Processor time is that of the whole machine, so nothing else may run.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import soundfile

_JUICER = """
dataset_path: {clips}
export_path: {out}
np: 2
audio_key: audios
process:
{ops}
"""
_DURATION = "  - audio_duration_filter: {min_duration: 1, max_duration: 100}\n"
_SNR = "  - audio_nmf_snr_filter: {min_snr: -1000, nmf_iter_num: 50}\n"
_CURATOR = """
import sys
import ray
from nemo_curator.backends.ray_data import RayDataExecutor
from nemo_curator.pipeline import Pipeline
from nemo_curator.stages.audio.common import (
    GetAudioDurationStage, ManifestReader, ManifestWriterStage)

manifest, out = sys.argv[1:]
ray.init(num_cpus=12, include_dashboard=False)  # with two it waits for ever
pipeline = Pipeline(name="duration")
pipeline.add_stage(ManifestReader(manifest_path=manifest))
pipeline.add_stage(
    GetAudioDurationStage(audio_filepath_key="audio_filepath", duration_key="duration"))
pipeline.add_stage(ManifestWriterStage(output_path=out))
pipeline.run(RayDataExecutor())
"""


class Cost(NamedTuple):
    """What a run took, in seconds of a clock and of processors."""

    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="the peers' Python")
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=1200)
    options = parser.parse_args()
    peers = str(options.peers)
    tools: dict[str, Callable[[Path, Path], Sequence[str]]] = {
        "auricle ingest (decode, signal, FLAC)": ours,
        "Data-Juicer: duration": lambda clips, out: juicer(peers, clips, out, _DURATION),
        "Data-Juicer: duration, SNR": lambda clips, out: juicer(
            peers, clips, out, _DURATION + _SNR
        ),
        "NeMo Curator: duration": lambda clips, out: curator(peers, clips, out),
    }
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder, "few"), Path(folder, "many")
        make(few, options.few)
        make(many, options.many)
        print(f"{'':40}{'clips/s':>10}{'ms CPU':>10}{'start, s':>10}")
        for number, (name, tool) in enumerate(tools.items()):
            costs = [measure(tool(clips, Path(folder, f"{clips.name}{number}")), folder)
                     for clips in (few, many)]  # fmt: skip
            more = options.many - options.few
            wall = (costs[1].wall - costs[0].wall) / more
            cpu = (costs[1].cpu - costs[0].cpu) / more
            start = costs[0].wall - options.few * wall
            print(f"{name:40}{1 / wall:10.1f}{1000 * cpu:10.1f}{start:10.1f}", flush=True)


def make(folder: Path, count: int) -> None:
    """Write clips of ten seconds: a tone that comes and goes, in noise; and lists of them."""
    folder.mkdir()
    dice = np.random.default_rng(0)
    time_axis = np.arange(160_000) / 16_000
    paths = []
    for number in range(count):
        pitch = 110.0 * 2 ** dice.uniform(0, 4)
        tone = 0.3 * np.sin(2 * np.pi * pitch * time_axis) * (np.sin(time_axis) > 0)
        path = folder / f"{number:05d}.wav"
        noise = 0.01 * dice.standard_normal(len(time_axis))
        soundfile.write(path, (tone + noise).astype(np.float32), 16_000)
        paths.append(str(path))
    juicer_lines = [json.dumps({"text": "<__dj__audio>", "audios": [path]}) for path in paths]
    Path(f"{folder}.juicer.jsonl").write_text("\n".join(juicer_lines))
    Path(f"{folder}.curator.jsonl").write_text(
        "".join(json.dumps({"audio_filepath": path}) + "\n" for path in paths)
    )


def ours(clips: Path, out: Path) -> Sequence[str]:
    """Return the command that ingests the clips on two processors."""
    config = clips.parent / "auricle.yaml"
    config.write_text("engine: {threads: 1}\ningest: {shard_clips: 20}\n")
    command = ["ingest", str(clips), "--out", str(out), "--engine", "ray", "--config", str(config)]
    return [sys.executable, "-m", "auricle.pipeline.cli", *command]


def juicer(python: str, clips: Path, out: Path, ops: str) -> Sequence[str]:
    """Return the command that filters the clips with Data-Juicer."""
    config = Path(f"{out}.yaml")
    config.write_text(_JUICER.format(clips=f"{clips}.juicer.jsonl", out=f"{out}.jsonl", ops=ops))
    return [str(Path(python).with_name("dj-process")), "--config", str(config)]


def curator(python: str, clips: Path, out: Path) -> Sequence[str]:
    """Return the command that measures the clips' durations with NeMo Curator."""
    return [python, "-c", _CURATOR, f"{clips}.curator.jsonl", f"{out}.jsonl"]


def measure(command: Sequence[str], folder: str) -> Cost:
    """Run a command and return what it took; if it fails, end with what it said."""
    before, begun = processor_seconds(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode:
        sys.exit(f"{shutil.which(command[0])} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return Cost(time.monotonic() - begun, processor_seconds() - before)


def processor_seconds() -> float:
    """Return the seconds that the machine's processors have worked so far."""
    told = psutil.cpu_times()
    return float(told.user + told.nice + told.system)


if __name__ == "__main__":
    main()
