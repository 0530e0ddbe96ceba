"""Music that is made here, so that its tempo, its beats and its key are known.

for loop in tempo_loops(): loop.name, loop.bpm, loop.waveform       # 10 s at 16 kHz
for piece in keyed_pieces(): piece.tonic, piece.mode, piece.waveform
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

RATE = 16_000
Sound = np.ndarray


class Loop(NamedTuple):
    name: str
    bpm: float
    first_beat: float  # seconds
    waveform: Sound


class Piece(NamedTuple):
    name: str
    tonic: int  # 0 is C
    mode: str
    waveform: Sound


class Pattern(NamedTuple):
    """A bar as tabs, one sign a step: `.` rests, others play; a bass plays steps above its root."""

    beats: int
    bpm: tuple[float, float]
    kick: str = ""
    snare: str = ""
    hat: str = ""
    bass: str = ""
    chords: str = ""
    bowed: bool = False


PATTERNS = {
    "rock": Pattern(
        4,
        (95, 140),
        "x.......x.x.....",
        "....x.......x...",
        "x.x.x.x.x.x.x.x.",
        bass="0.0.0.0.0.0.0.0.",
        chords="x.......x.......",
    ),
    "house": Pattern(
        4,
        (116, 132),
        "x...x...x...x...",
        "....x.......x...",
        "..x...x...x...x.",
        bass="..0...0...0...0.",
        chords="x..x..x.........",
    ),
    "hip hop": Pattern(
        4,
        (78, 98),
        "x..x......x.....",
        "....x.......x...",
        "x.x.x.x.x.x.x.xx",
        bass="0.....0...3.....",
    ),
    "drum and bass": Pattern(
        4,
        (160, 176),
        "x.........x.....",
        "....x.......x...",
        "x.x.x.x.x.x.x.x.",
        bass="0.....0.....0...",
    ),
    "waltz": Pattern(3, (90, 170), bass="0.....", chords="..x.x."),
    "reggae": Pattern(
        4,
        (68, 88),
        "........x.......",
        "........x.......",
        "x.x.x.x.x.x.x.x.",
        bass="0..0..5.7.......",
        chords="..x...x...x...x.",
    ),
    "arpeggio": Pattern(4, (60, 110), bass="047c7407", chords="x......."),
    "strumming": Pattern(4, (88, 124), chords="x...x.xx..x.xxx."),
    "swing": Pattern(4, (120, 190), hat="x..x.xx..x.x", snare="...x.....x..", bass="0..4..7..9.."),
    "ballad": Pattern(4, (60, 80), bass="0...7...", chords="x.x.x.x."),
    "bossa nova": Pattern(
        4,
        (112, 140),
        "x..xx..xx..xx..x",
        "x..x..x...x..x..",
        "xxxxxxxxxxxxxxxx",
        bass="0..77..70..77..7",
    ),
    "march": Pattern(2, (100, 124), "x...", "..x.", "x.x.", bass="0.7."),
    "funk": Pattern(
        4,
        (96, 116),
        "x.x.......x..x..",
        "....x..x.x..x..x",
        "xxxxxxxxxxxxxxxx",
        bass="0..0..a...c.7...",
    ),
    "bowed": Pattern(4, (66, 108), chords="x...x...", bass="0...7...", bowed=True),
    "ticking": Pattern(1, (70, 170), hat="x"),
}


def tempo_loops(seed: int = 0) -> Iterator[Loop]:
    """Make each pattern once: tempo, hand's unsteadiness (0-10 ms) and noise from the seed."""
    rng = np.random.default_rng(seed)
    for name, pattern in PATTERNS.items():
        bpm, first = rng.uniform(*pattern.bpm), rng.uniform(0, 0.5)
        sway, noise = rng.choice([0.0, 0.004, 0.01]), rng.choice([0.0, 0.03, 0.1])
        roots = rng.permutation([0, 5, 7, 9])
        clean = play(pattern, bpm, first, roots, sway, rng)
        yield Loop(name, bpm, first, _finished(clean, noise, rng))


def play(
    pattern: Pattern, bpm: float, first: float, roots: Sound, sway: float, rng: np.random.Generator
) -> Sound:
    """Return 10 s of a pattern; the harmony moves on every bar."""
    out = np.zeros(14 * RATE)
    bar_length = pattern.beats * 60 / bpm
    for bar in range(-1, int(10 / bar_length) + 1):
        root = int(roots[bar % len(roots)])
        for tab, sound in _voices(pattern, root, 60 / bpm):
            for index, sign in enumerate(tab):
                at = first + bar_length * (bar + index / len(tab)) + rng.normal(0, sway)
                if sign != "." and 0 <= at < 10:
                    hit = sound(sign)
                    start = round(at * RATE)
                    out[start : start + len(hit)] += hit * rng.uniform(0.7, 1)
    return out[: 10 * RATE]


def _voices(pattern: Pattern, root: int, beat: float) -> list[tuple[str, Callable[[str], Sound]]]:
    voice = bowed if pattern.bowed else plucked
    return [
        (pattern.kick, lambda sign: kick()),
        (pattern.snare, lambda sign: snare()),
        (pattern.hat, lambda sign: 0.4 * hat()),
        (pattern.bass, lambda sign: 0.5 * voice(36 + root + int(sign, 16), 1.5 * beat)),
        (pattern.chords, lambda sign: 0.3 * chord(60 + root, (0, 4, 7), 1.5 * beat, voice)),
    ]


PROGRESSIONS: dict[str, tuple[str, ...]] = {
    "major": ("I IV V I", "I V vi IV", "I vi ii V", "I IV I V", "ii V I I"),
    "minor": ("i iv V i", "i VI III VII", "i iv VII i", "i VI iv V", "i iv i V"),
}
_STEPS = {
    "major": {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9},
    "minor": {"i": 0, "iii": 3, "iv": 5, "v": 7, "vi": 8, "vii": 10},
}


def keyed_pieces(seed: int = 0) -> Iterator[Piece]:
    """Make a piece in each of the 24 keys: chords over a bass, half of them with drums.

    Progression, instrument, tempo, tuning (up to 40 cents off) and noise come from the seed.
    """
    rng = np.random.default_rng(seed)
    for tonic in range(12):
        for mode, choices in PROGRESSIONS.items():
            numerals = str(rng.choice(choices)).split()
            beat, cents = 60 / rng.uniform(70, 140), rng.uniform(-40, 40)
            clean = _progression(tonic, mode, numerals, beat, cents, rng)
            if rng.random() < 0.5:
                clean += 0.5 * play(
                    PATTERNS["rock"]._replace(bass="", chords=""), 60 / beat, 0, np.zeros(1), 0, rng
                )
            noisy = _finished(clean, rng.choice([0.0, 0.03]), rng)
            yield Piece(f"{tonic} {mode} {' '.join(numerals)}", tonic, mode, noisy)


def _progression(
    tonic: int, mode: str, numerals: list[str], beat: float, cents: float, rng: np.random.Generator
) -> Sound:
    voice = bowed if rng.random() < 0.4 else plucked
    arpeggiated = rng.random() < 0.4
    out = np.zeros(14 * RATE)
    for index in range(int(10 / (2 * beat))):
        numeral = numerals[index % len(numerals)]
        root = tonic + _STEPS[mode][numeral.lower()] + cents / 100
        third = 4 if numeral.isupper() else 3
        low = 36 + root % 12
        sounds = [(0.0, 0.6 * voice(low, 2 * beat))]
        for turn, step in enumerate((0, third, 7, 12)):
            delay = turn * beat / 2 if arpeggiated else 0.0
            sounds.append((delay, 0.3 * voice(low + 24 + step, 2 * beat - delay)))
        for delay, sound in sounds:
            start = round((2 * beat * index + delay) * RATE)
            out[start : start + len(sound)] += sound
    return out[: 10 * RATE]


def chord(
    root: float, steps: tuple[int, ...], seconds: float, voice: Callable[..., Sound]
) -> Sound:
    """Return tones that sound together."""
    return np.sum([voice(root + step, seconds) for step in steps], axis=0)


def plucked(midi: float, seconds: float) -> Sound:
    """Return a plucked tone: partials fall by 1/n, the high ones die away first."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12)
    tones = [
        np.sin(2 * np.pi * hz * n * time) / n * 0.5 ** (time * n**0.5 / 0.25)
        for n in range(1, 9)
        if hz * n < RATE / 2
    ]
    return np.sum(tones, axis=0) * np.minimum(time / 0.004, 1)


def bowed(midi: float, seconds: float) -> Sound:
    """Return a tone that swells within 80 ms and stays."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12)
    tones = [np.sin(2 * np.pi * hz * n * time) / n for n in range(1, 7) if hz * n < RATE / 2]
    return 0.5 * np.sum(tones, axis=0) * np.clip(np.minimum(time, seconds - time) / 0.08, 0, 1)


@cache
def kick() -> Sound:
    """Return a sine that falls from 135 to 45 Hz."""
    return np.sin(2 * np.pi * np.cumsum(45 + 90 * _decay(0.3, 0.02)) / RATE) * _decay(0.3, 0.06)


@cache
def snare() -> Sound:
    """Return noise over a short tone."""
    noise = np.random.default_rng(1).normal(0, 0.4, RATE // 5) * _decay(0.2, 0.035)
    tone = np.sin(2 * np.pi * 190 * np.arange(RATE // 5) / RATE) * _decay(0.2, 0.03)
    return noise + 0.5 * tone


@cache
def hat() -> Sound:
    """Return a tick of high noise."""
    noise = np.random.default_rng(2).normal(0, 0.4, RATE // 12)
    return np.diff(noise, prepend=0) * _decay(len(noise) / RATE, 0.012)


def _decay(seconds: float, half: float) -> Sound:
    return 0.5 ** (np.arange(round(seconds * RATE)) / RATE / half)


def _finished(clean: Sound, noise: float, rng: np.random.Generator) -> Sound:
    """Return a sound at a peak of 0.5, with noise of a level relative to its RMS."""
    clean = clean / np.abs(clean).max() / 2
    level = noise * np.sqrt(np.mean(clean**2))
    return (clean + rng.normal(0, 1, len(clean)) * level).astype(np.float32)
