"""Fit the rule that tells one voice from two (`two_voices` in experts/speaker_split.py).

    python bench/fit_voices.py MANIFEST [--clips 200] [--seed 0]

MANIFEST is that of the listening set. Of its rows of LibriSpeech (CC BY 4.0) one-speaker clips and
conversations of two and three speakers are put together, 10 and 30 s long, some in a room with
noise. Each best parting of a clip, and of a half that holds one speaker or several, is a case:
whether the halves are mostly two people. Every second speaker is kept for checking.
"""

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from logistic import fit_logistic

from auricle.experts.base import Heard
from auricle.experts.hearing import speech
from auricle.experts.sound import decode_flac
from auricle.experts.speaker_split import Speech, frames_in
from auricle.experts.vad import SileroVad
from auricle.experts.voiceprints import shared_encoder

RATE = 16_000


class Case(NamedTuple):
    """A parting and whether it was right."""

    similarity: float
    seconds: float
    two: bool


def main() -> None:
    """Fit, and print the coefficients and how often they are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    random = np.random.default_rng(given.seed)
    vad = SileroVad()
    vad.load()
    voices = read_voices(given.manifest, vad)
    names = sorted(voices)
    fitted, kept = ({name: voices[name] for name in names[side::2]} for side in (0, 1))
    train = list(cases(fitted, given.clips, random, vad))
    check = list(cases(kept, given.clips // 2, random, vad))
    weights = fit(train)
    print("constant, similarity, log seconds:", np.round(weights, 2).tolist())
    for told, chosen in (("fitted", train), ("checked", check)):
        said = design(chosen) @ weights > 0
        for two in (False, True):
            mine = [
                guess == two for guess, case in zip(said, chosen, strict=True) if case.two == two
            ]
            print(f"{told}: {'two' if two else 'one'} right {np.mean(mine):.3f} of {len(mine)}")


def read_voices(manifest: Path, vad: SileroVad) -> dict[str, np.ndarray]:
    """Return the speech of each speaker, pauses left out, at 16 kHz."""
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    with manifest.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["path"].startswith("speech/librispeech/") and row["speaker_id"]:
                waveform, _ = decode_flac((manifest.parent / row["path"]).read_bytes())
                (heard,) = vad.annotate([Heard(row["path"], waveform, RATE)])
                found[row["speaker_id"]] += [
                    waveform[int(span.start * RATE) : int(span.end * RATE)] for span in heard.spans
                ]
    return {name: np.concatenate(parts) for name, parts in found.items()}


def cases(
    voices: dict[str, np.ndarray], clips: int, random: np.random.Generator, vad: SileroVad
) -> Iterator[Case]:
    """Yield the cases of made-up clips: of one, two and three speakers in turn."""
    encoder = shared_encoder()
    for index in range(clips):
        seconds = 30.0 if index % 4 == 3 else 10.0
        who = random.choice(sorted(voices), 1 + index % 3, replace=False).tolist()
        waveform, owners = conversation([voices[name] for name in who], seconds, random)
        (found,) = vad.annotate([Heard("made", waveform, RATE)])
        clip = Heard("made", waveform, RATE, (found,))
        (prints,) = encoder([clip])
        times = frames_in(speech(clip))
        if not len(times) or not len(prints.windows):
            continue
        whose = owners[np.minimum((times * RATE).astype(int), len(owners) - 1)]
        spoken = Speech(times, prints.windows, prints.vectors.astype(np.float64))
        todo = [np.arange(len(times))]
        while todo:
            frames = todo.pop()
            if (parting := spoken.part(frames)) is None:
                continue
            halves = [frames[parting.second == side] for side in (False, True)]
            lead = [
                Counter(whose[half][whose[half] >= 0].tolist()).most_common(1) for half in halves
            ]
            if not all(lead):
                continue
            two = lead[0][0][0] != lead[1][0][0]
            yield Case(parting.similarity, parting.seconds, two)
            if two:
                todo += halves


def conversation(
    voices: list[np.ndarray], seconds: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a made-up conversation and which voice each sample is of, -1 in pauses."""
    room = random.random() < 0.6
    answers = [_room(random) for _ in voices]
    parts, owners, before = [], [], -1
    while sum(map(len, parts)) < seconds * RATE:
        others = [voice for voice in range(len(voices)) if voice != before] or [0]
        before = int(random.choice(others))
        length = int(random.uniform(1.0, 4.5) * RATE)
        start = int(random.integers(0, max(1, len(voices[before]) - length)))
        turn = voices[before][start : start + length]
        turn = turn * 10 ** (random.uniform(-32, -26) / 20) / np.sqrt(np.mean(turn**2) + 1e-9)
        if room:
            size = len(turn) + RATE
            turn = np.fft.irfft(np.fft.rfft(turn, size) * np.fft.rfft(answers[before], size))
            turn = turn[: size - RATE]
        pause = np.zeros(int(random.choice([0.0, 0.1, 0.3, 0.7]) * RATE))
        parts += [turn, pause]
        owners += [np.full(len(turn), before), np.full(len(pause), -1)]
    sound = np.concatenate(parts)[: int(seconds * RATE)]
    if room:
        sound = sound + random.normal(0, 10 ** (random.uniform(-60, -45) / 20), len(sound))
    return sound.astype(np.float32), np.concatenate(owners)[: len(sound)]


def fit(cases: list[Case]) -> np.ndarray:
    """Return the weights of constant, similarity and log seconds; both kinds weigh alike."""
    two = np.array([case.two for case in cases])
    shares = np.where(two, 0.5 / two.mean(), 0.5 / (1 - two.mean()))
    return fit_logistic(design(cases), two, shares, ridge=1e-3)


def design(cases: list[Case]) -> np.ndarray:
    """Return what the logistic rule weighs, [cases, 3]."""
    return np.array([(1, case.similarity, np.log(max(case.seconds, 0.5))) for case in cases])


def _room(random: np.random.Generator) -> np.ndarray:
    """Return the answer of a made-up room: direct sound and a tail of noise."""
    time = np.arange(RATE // 2) / RATE
    tail = random.normal(size=len(time)) * np.exp(-6.9 * time / random.uniform(0.2, 0.7))
    answer = tail * random.uniform(0.015, 0.075)
    answer[0] = 1
    return answer


if __name__ == "__main__":
    main()
