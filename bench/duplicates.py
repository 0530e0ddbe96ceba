"""How surely the same sound is found again, and how fast: recall by kind of copy, false matches.

    python bench/duplicates.py FOLDER [--files 300] [--synthetic 100000]

FOLDER holds sound; files of any length are cut at 10 s. Every file is copied in each of the ways
of `COPIES`, all prints go through the same clusters as a dataset's, and every pair of different
files that is taken for the same sound is printed, to be looked at.
"""

import argparse
import io
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import soxr
from numpy.typing import NDArray

from auricle.pipeline.judge.clusters import find
from auricle.pipeline.judge.fingerprint import KEPT, RATE, landmarks, sample_hash

Sound = NDArray[np.float32]
_SUFFIXES = {".wav", ".flac", ".ogg", ".mp3", ".opus"}


def encoded(codec: str, rate: int, bits: int) -> Callable[[Sound], Sound]:
    """Return a function that encodes a sound, and decodes it again."""

    def copy(sound: Sound) -> Sound:
        import av

        held = io.BytesIO()
        container = "mp3" if codec == "libmp3lame" else "ogg"
        with av.open(held, "w", format=container) as out:
            stream = out.add_stream(codec, rate=rate, layout="mono")
            stream.bit_rate = bits
            whole = soxr.resample(sound, RATE, rate).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(whole[None], format="flt", layout="mono")
            frame.sample_rate = rate
            size = stream.codec_context.frame_size or None
            resampler = av.AudioResampler(stream.format, "mono", rate, frame_size=size)
            for part in (*resampler.resample(frame), *resampler.resample(None)):
                out.mux(stream.encode(part))
            out.mux(stream.encode(None))
        held.seek(0)
        with av.open(held) as back:
            to = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            parts = [
                f.to_ndarray()[0] for frame in back.decode(audio=0) for f in to.resample(frame)
            ]
            parts += [f.to_ndarray()[0] for f in to.resample(None)]
        return np.concatenate(parts).astype(np.float32)

    return copy


def noisy(sound: Sound) -> Sound:
    seed = int(1e6 * float(np.abs(sound).sum())) % 2**32  # its own noise for each sound
    noise = np.random.default_rng(seed).normal(0, 1, len(sound))
    return (sound + noise * np.sqrt(np.mean(sound**2)) * 10 ** (-20 / 20)).astype(np.float32)


def narrow(sound: Sound) -> Sound:
    return np.asarray(soxr.resample(soxr.resample(sound, RATE, 8000), 8000, RATE), np.float32)


COPIES: dict[str, Callable[[Sound], Sound]] = {
    "12 dB softer": lambda x: x * np.float32(10 ** (-12 / 20)),
    "6 dB louder, clipped": lambda x: np.clip(x * 2, -1, 1),
    "MP3 128k": encoded("libmp3lame", 44_100, 128_000),
    "MP3 64k": encoded("libmp3lame", 22_050, 64_000),
    "Opus 24k": encoded("libopus", 48_000, 24_000),
    "shifted 100 samples": lambda x: x[100:],
    "shifted 1000 samples": lambda x: x[1000:],
    "shifted 4001 samples": lambda x: x[4001:],
    "middle 60 %": lambda x: x[len(x) // 5 : len(x) - len(x) // 5],
    "noise at 20 dB": noisy,
    "8 kHz and back": narrow,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--synthetic", type=int, default=100_000)
    given = parser.parse_args()
    recall(Path(given.folder), given.files)
    crowd(Path(given.folder), given.files)
    growth(given.synthetic)


def recall(folder: Path, count: int) -> None:
    """Print how many copies are found, by kind and by length, and the pairs that are no copies."""
    sounds = dict(read(folder, count))
    rows: list[tuple[str, str, str, Sound]] = []
    for name, sound in sounds.items():
        rows.append((f"{name}|original", name, "original", sound))
        rows += [(f"{name}|{kind}", name, kind, copy(sound)) for kind, copy in COPIES.items()]
    began = time.process_time()
    prints = [(key, sample_hash(sound, RATE), landmarks(sound, RATE)) for key, _, _, sound in rows]
    spent = time.process_time() - began
    near = dict(zip((r[0] for r in rows), clusters(prints)["near"].to_pylist(), strict=True))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    kinds = {name: kind_of(sound) for name, sound in sounds.items()}
    for key, name, kind, _ in rows:
        if kind != "original":
            hit = near[key] is not None and near[key] == near[f"{name}|original"]
            found[kind].update([f"{kinds[name]} all", *([f"{kinds[name]} hit"] * hit)])
    names = sorted(set(kinds.values()))
    print(f"{len(sounds)} files, {len(rows)} sounds, {1000 * spent / len(rows):.1f} ms of CPU each")
    many = Counter(kinds.values())
    print(f"{'copy':<24}" + "".join(f"{f'{name} ({many[name]})':>22}" for name in names))
    for kind, counts in found.items():
        shares = [counts[f"{n} hit"] / max(1, counts[f"{n} all"]) for n in names]
        print(f"{kind:<24}" + "".join(f"{share:>22.3f}" for share in shares))
    members: dict[str, set[str]] = defaultdict(set)
    for key, name, _, _ in rows:
        if near[key] is not None:
            members[near[key]].add(name)
    mixed = [sorted(each) for each in members.values() if len(each) > 1]
    print(f"clusters of more than one file: {len(mixed)}")
    for each in mixed:
        print("  ", " ~ ".join(each[:6]))


def crowd(folder: Path, count: int) -> None:
    """Print how many other clips have a landmark by chance, and how many agree between others.

    Each sound is turned round and played at other speeds, which makes other sounds of like nature;
    those of one file are not compared.
    """
    marks = []
    for number, (_, sound) in enumerate(read(folder, count)):
        for speed in (0.83, 0.89, 1.0, 1.13, 1.21):
            other = np.asarray(soxr.resample(sound, RATE, RATE * speed), np.float32)
            for each in (other, np.ascontiguousarray(other[::-1])):
                hashes = landmarks(each, RATE).hashes.astype(np.int64)
                marks.append(np.stack([hashes, np.full(len(hashes), number)]))
    hashes, files = np.concatenate(marks, axis=1)
    _, back, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
    _, own, same = np.unique(
        np.stack([back, files]), axis=1, return_inverse=True, return_counts=True
    )
    others = sizes[back] - same[own]
    million = others.mean() / len(marks) * 1e6
    print(f"{len(marks)} other sounds: of a million, {million:.0f} would have a given landmark")


def kind_of(sound: Sound) -> str:
    """Return whether a sound is short, faint, or long enough to be found."""
    if len(sound) < 2 * RATE:
        return "under 2 s"
    return "2 s and more"


def read(folder: Path, count: int) -> Iterator[tuple[str, Sound]]:
    """Yield files spread evenly over a folder, as mono at 16 kHz, at most 10 s."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    for path in files[:: max(1, len(files) // count)][:count]:
        try:
            sound, rate = soundfile.read(path, dtype="float32", frames=576_000, always_2d=True)
        except soundfile.LibsndfileError:  # folders of hard cases hold what is no sound
            continue
        mono = np.asarray(soxr.resample(sound.mean(axis=1), rate, RATE), np.float32)[: 10 * RATE]
        if len(mono) > 1000 and np.abs(mono).max() > 1e-3:
            yield str(path.relative_to(folder)), mono


def clusters(
    prints: list[tuple[str, str, tuple[NDArray[np.uint32], NDArray[np.int32]]]],
) -> pa.Table:
    with tempfile.TemporaryDirectory() as folder:
        table = pa.table(
            {
                "clip_id": [key for key, _, _ in prints],
                "sha256": [sha for _, sha, _ in prints],
                "hashes": [marks[0].tolist() for _, _, marks in prints],
                "times": [marks[1].tolist() for _, _, marks in prints],
                "bands": pa.array([[] for _ in prints], pa.list_(pa.int64())),
            }
        )
        pq.write_table(table, f"{folder}/prints.parquet")
        return find([f"{folder}/prints.parquet"], folder)


def growth(count: int) -> None:
    """Print the time and memory of made-up prints, one in a hundred of which is a copy."""
    dice = np.random.default_rng(0)
    hashes = dice.integers(0, 2**32, (count, KEPT), dtype=np.uint32).astype(np.int64)
    times = np.sort(dice.integers(0, 600, (count, KEPT)), axis=1)
    copies = np.arange(0, count - 1, 100)
    kept = dice.random((len(copies), KEPT)) < 0.3
    hashes[copies + 1] = np.where(kept, hashes[copies], hashes[copies + 1])
    times[copies + 1] = np.where(kept, times[copies] + 7, times[copies + 1])
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for at in range(0, count, 5000):
            part = slice(at, at + 5000)
            table = pa.table(
                {
                    "clip_id": [f"c{i}" for i in range(count)[part]],
                    "sha256": [f"s{i}" for i in range(count)[part]],
                    "hashes": list(hashes[part]),
                    "times": list(times[part]),
                    "bands": list(hashes[part, :10]),
                }
            )
            files.append(f"{folder}/shard-{at:08d}.parquet")
            pq.write_table(table, files[-1])
        began = time.perf_counter()
        near = find(files, folder)["near"].to_pylist()
        spent = time.perf_counter() - began
    hit = sum(near[i] == f"c{i}" == near[i + 1] for i in copies)
    others = sum(each is not None for each in near) - 2 * hit
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{count} prints: {spent:.1f} s, peak memory {peak:.1f} GB; "
        f"{hit} of {len(copies)} planted pairs found, {others} others"
    )


if __name__ == "__main__":
    main()
