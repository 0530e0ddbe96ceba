"""What the front end costs: CPU time of each step on 10-s clips, and clips a second.

    python bench/front_end.py [FOLDER] [--clips 128] [--processes 2]

FOLDER holds sound of any kind; without it, the samples of the repository are taken. Files are cut
into clips of 10 s, or looped to 10 s, at their native rates of 16 to 48 kHz and in codecs like
their own. Sub-folders take turns, so that none fills the mix; the clips come again until there are
enough of them.

The front end is gone through twice. "Every clip" is the worst case: voice and reverb are asked of
all clips, as if each were speech from end to end. "As gated" tells them what the lite chain says
of a clip, so that voice is asked of speech alone, and reverb passes over music. CPU time is that
of a process, all its threads; clips a second are by the clock, with all processes at work and one
thread of BLAS in each.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, cycle, islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from auricle.experts.base import Expert, Heard, Waveform, closed_gate
from auricle.experts.catalogue import AUTO, EXPERTS, PROFILES
from auricle.experts.signal import measure_and_mix
from auricle.experts.sound import decode_flac, encode_flac, resample
from auricle.pipeline.decode import NotSound, open_sound
from auricle.schemas.annotation import Domain
from auricle.schemas.base import Row
from auricle.schemas.errors import MissingModel, UserError

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SECONDS, RATE, BATCH = 10, 16_000, 16
NATIVE = range(16_000, 48_001)
STEPS = ("decode", "signal", "resample", "encode", "read", "vad", "voice", "reverb")
"""The front end in order; `signal` mixes down as well, `read` decodes the FLAC of the dataset."""
GATED = ("voice", "reverb")
OTHERS = ("events", "tags", "domain", "degradations", "rhythm")
"""Others of the lite chain; the first three are what the gates go by."""
CODECS = {
    ".wav": ("WAV", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".opus": ("OGG", "OPUS"),
}
_meeting: Any = None  # a barrier of this process and those beside it


@dataclass
class Clock:
    """CPU time and clips of each step, and when all began and ended by the clock."""

    cpu: Counter[str] = field(default_factory=Counter)
    """In nanoseconds."""
    clips: Counter[str] = field(default_factory=Counter)
    begun: float = 0.0
    ended: float = 0.0

    @contextmanager
    def of(self, step: str, clips: int = 1) -> Iterator[None]:
        """Count what is done inside as a step's work on so many clips."""
        since = time.process_time_ns()
        yield
        self.cpu[step] += time.process_time_ns() - since
        self.clips[step] += clips


class Report(NamedTuple):
    """What a process took: for every clip, as gated, and for the others; its clips by domain."""

    every: Clock
    gated: Clock
    others: Clock
    domains: Counter[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the clips, measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description="Measure what the front end costs.")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--clips", type=int, default=128)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            clips = make_clips(given.folder, given.clips, Path(folder))
            reports = measure(clips, given.processes)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    Console(width=100).print(table(reports))
    domains = dict(sum((one.domains for one in reports), Counter()))
    codecs = dict(Counter(clip.suffix for clip in clips))
    print(f"{len(clips)} clips, {len(set(clips))} of them different: {domains}, {codecs}")
    return 0


def make_clips(folder: Path, count: int, into: Path) -> list[Path]:
    """Write clips of 10 s; return `count` paths, some of them again where there are too few.

    Raises:
        UserError: no file of the folder can be used.
    """
    import soundfile

    made = []
    for index, (path, samples, rate) in enumerate(islice(_pieces(folder), count)):
        suffix = path.suffix if path.suffix in CODECS else ".flac"
        container, codec = CODECS.get(suffix, ("FLAC", "PCM_16"))
        made.append(into / f"{index:04}{suffix}")
        channels = samples.shape[1]
        with soundfile.SoundFile(made[-1], "w", rate, channels, codec, format=container) as file:
            for start in range(0, len(samples), rate):  # Vorbis cannot stand long blocks
                file.write(samples[start : start + rate])
    if not made:
        raise UserError(f"{folder}: no sound of 16 to 48 kHz is there; name another folder")
    return list(islice(cycle(made), count))


def _pieces(folder: Path) -> Iterator[tuple[Path, Waveform, int]]:
    """Yield sound of 10 s, [samples, channels], with its file and rate; folders take turns."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    random.Random(0).shuffle(files)
    folders = {path.parent: [one for one in files if one.parent == path.parent] for path in files}
    for path in filter(None, chain.from_iterable(zip_longest(*folders.values()))):
        try:
            with open_sound(str(path)) as sound:
                blocks, rate = list(sound), sound.sample_rate
                usable = sound.outcome()[0] is None and rate in NATIVE
        except NotSound:
            continue
        if usable:
            samples, size = np.concatenate(blocks), SECONDS * rate
            if len(samples) < size:
                samples = np.tile(samples, (-(-size // len(samples)), 1))[:size]
            for start in range(0, len(samples) - size + 1, size):
                yield path, samples[start : start + size], rate


def measure(clips: Sequence[Path], processes: int) -> list[Report]:
    """Return what each process reports of its share of the clips, all of them at work at once."""
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    context = multiprocessing.get_context("spawn")  # libraries read the above at their import
    with ProcessPoolExecutor(processes, context, _meet, (context.Barrier(processes),)) as pool:
        return list(pool.map(work, [clips[i::processes] for i in range(processes)]))


def _meet(barrier: Any) -> None:
    global _meeting
    _meeting = barrier


def work(clips: Sequence[Path]) -> Report:
    """Measure a share of the clips."""
    report = Report(Clock(), Clock(), Clock(), Counter())
    try:
        experts = {role: _loaded(role) for role in ("vad", *GATED, *OTHERS)}
        front_end(clips[:BATCH], experts, Clock())  # what is slow only once
        said = {clip: listen(clip, experts, report.others) for clip in clips}
        for clock, known in ((report.every, None), (report.gated, said)):
            _meeting.wait()
            clock.begun = time.perf_counter()
            front_end(clips, experts, clock, known)
            clock.ended = time.perf_counter()
    except BaseException:
        _meeting.abort()
        raise
    for clip in clips:
        report.domains.update(row.code or "none" for row in said[clip] if isinstance(row, Domain))
    return report


def _loaded(role: str) -> Expert[Any]:
    """Return the expert that the lite profile has for a role."""
    (backend,) = (roles[role] for roles in PROFILES["lite"].values() if role in roles)
    for name in AUTO[role] if backend == "auto" else (backend,):
        expert = EXPERTS[role][name]()
        with suppress(MissingModel):
            expert.load()
            return expert
    raise UserError(f"{role}: none of its models is there; auricle doctor says more")


def front_end(
    clips: Sequence[Path],
    experts: dict[str, Expert[Any]],
    clock: Clock,
    said: dict[Path, tuple[Row, ...]] | None = None,
) -> None:
    """Do the work of the front end, by batches, as ingest and the chain do it.

    Experts are told what was said of a clip, and go by their gates; by none where nothing was.
    """
    for start in range(0, len(clips), BATCH):
        batch = clips[start : start + BATCH]
        stored = [_ingested(clip, clock)[0] for clip in batch]
        with clock.of("read", len(batch)):
            waveforms = [decode_flac(one)[0] for one in stored]
        heard = [
            Heard(str(clip), waveform, RATE, said[clip] if said else ())
            for clip, waveform in zip(batch, waveforms, strict=True)
        ]
        for role in ("vad", *GATED):
            gate = experts[role].gate if said else "none"
            let_in = [clip for clip in heard if closed_gate(gate, clip) is None]
            with clock.of(role, len(let_in)):
                experts[role].annotate(let_in)


def _ingested(clip: Path, clock: Clock) -> tuple[bytes, Row]:
    """Return the FLAC and the signal of a clip."""
    with clock.of("decode"), open_sound(str(clip)) as sound:
        rate = sound.sample_rate
        samples = np.concatenate(list(sound))[: SECONDS * rate]
    with clock.of("signal"):
        signal, mono = measure_and_mix(Heard(str(clip), samples, rate))
    with clock.of("resample"):
        waveform = resample(mono, rate, RATE)
    with clock.of("encode"):
        return encode_flac(waveform, RATE), signal


def listen(clip: Path, experts: dict[str, Expert[Any]], clock: Clock) -> tuple[Row, ...]:
    """Return what the gates go by; ask the others of the clip as well, whatever it holds."""
    stored, signal = _ingested(clip, Clock())
    waveform, said = decode_flac(stored)[0], [signal]
    for role in ("vad", *OTHERS):
        with clock.of(role):
            said += experts[role].annotate([Heard(str(clip), waveform, RATE, tuple(said))])
    return tuple(said)


def table(reports: Sequence[Report]) -> Table:
    """Return what each step costs a clip, and how many clips go through in a second."""
    passes = [one.every for one in reports], [one.gated for one in reports]
    count = sum(clock.clips["decode"] for clock in passes[0])
    made = Table("CPU ms a clip")
    for heading in ("every clip", "as gated", "clips asked as gated"):
        made.add_column(heading, justify="right")
    for step in STEPS:
        asked = sum(clock.clips[step] for clock in passes[1])
        made.add_row(step, *(f"{_ms(one, count, step):.2f}" for one in passes), f"{asked}")
    made.add_section()
    made.add_row("front end", *(f"{_ms(one, count, *STEPS):.2f}" for one in passes))
    made.add_row("clips a second", *(f"{count / _seconds(one):.1f}" for one in passes))
    made.add_section()
    for step in OTHERS:
        made.add_row(f"others: {step}", f"{_ms([one.others for one in reports], count, step):.2f}")
    return made


def _ms(clocks: Sequence[Clock], count: int, *steps: str) -> float:
    return sum(clock.cpu[step] for clock in clocks for step in steps) / 1e6 / count


def _seconds(clocks: Sequence[Clock]) -> float:
    return max(clock.ended for clock in clocks) - min(clock.begun for clock in clocks)


if __name__ == "__main__":
    sys.exit(main())
