"""What voices usually measure, and which words they get: where voice_words.py has its numbers from.

    python bench/calibrate_voice.py ../shared/data/dev

Prints the percentiles of clean, unacted speech by pitch, then how many clips get each word. Every
clip is taken for speech alone (its domain is given), so that the rest of the rules decides.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from auricle.experts.base import Heard, Waveform
from auricle.experts.prosody import prosody
from auricle.experts.signal import SignalMeter
from auricle.experts.sound import resample
from auricle.experts.vad import SileroVad
from auricle.experts.voice import voices
from auricle.experts.voice_words import FALL, HEADROOM, PITCH
from auricle.schemas.annotation import Domain
from auricle.schemas.speech import Voice, VoiceMeasures

RATE = 16_000
MEASURES = ("pitch", "harmonicity", "jitter", "shimmer", "tilt", "rate")
UNACTED = ("speech", "language", "language_short", "vad", "misc")


class Measured(NamedTuple):
    """A clip of the manifest, what was heard, and how quiet and dry it is."""

    row: dict[str, str]
    voice: Voice
    clean: bool


def main(dev: Path) -> None:
    """Print the tables."""
    measured = list(measure(dev))
    usual = [(m.voice.clip) for m in measured if m.clean and unacted(m.row) and m.voice.clip]
    usual = [voice for voice in usual if voice.voiced_seconds >= 1 and voice.pitch]
    for name, voices_of in (
        ("low", [v for v in usual if (v.pitch or 0) < PITCH]),
        ("high", [v for v in usual if (v.pitch or 0) >= PITCH]),
    ):
        print(f"{name} voices, {len(voices_of)} clips: 5th, 50th, 95th percentile")
        for measure_name in MEASURES:
            low, middle, high = np.percentile(values(voices_of, measure_name), (5, 50, 95))
            print(f"  {measure_name:12} {low:8.3f} {middle:8.3f} {high:8.3f}")
    words = Counter(w.label for m in measured for w in (*m.voice.timbre, *m.voice.health))
    worded = sum(bool(m.voice.timbre or m.voice.health) for m in measured)
    print(f"{worded} of {len(measured)} clips get a word:", dict(words))


def measure(dev: Path) -> Iterator[Measured]:
    """Yield what is heard in the first 10 s of each speech clip."""
    vad, signal = SileroVad(), SignalMeter()
    vad.load()
    signal.load()
    for row in csv.DictReader((dev / "manifest.csv").open(encoding="utf-8")):
        if row["has_speech"] != "yes" or not row["duration_s"] or row["path"].startswith("hard"):
            continue
        native, rate = soundfile.read(dev / row["path"], dtype="float32")
        native = native[: 10 * rate]
        sound: Waveform = resample(native if native.ndim == 1 else native.mean(1), rate, RATE)
        said = (
            *signal.annotate([Heard("", native, rate)]),
            *vad.annotate([Heard("", sound, RATE)]),
            Domain(clip_id="", code="S00"),
        )
        found = prosody(sound, RATE)
        clean = found.headroom >= HEADROOM and found.fall >= FALL
        yield Measured(row, voices(Heard("", sound, RATE, said)), clean)


def unacted(row: dict[str, str]) -> bool:
    """Tell whether a clip is of speech that nobody acts: read, calm or neutral."""
    calm = "ravdess" in row["path"] and row["emotion"] in ("neutral", "calm")
    return row["derived"] == "no" and (row["path"].split("/")[0] in UNACTED or calm)


def values(found: list[VoiceMeasures], name: str) -> list[float]:
    """Return the values of one measure where there are any."""
    return [value for voice in found if (value := getattr(voice, name)) is not None]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
