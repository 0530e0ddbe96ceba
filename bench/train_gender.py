"""Train the gender head on the speaker embedding (experts/gender_head.json).

    python bench/train_gender.py MANIFEST [--out experts/gender_head.json]

MANIFEST is that of the listening set. It learns from rows of one speaker with a known gender, in
the public domain or under CC BY; every speaker weighs the same, and so do the two genders. It
prints how often the head is right on speakers that it did not learn from: of these rows by leaving
one speaker out at a time, and of the other rows with a gender by corpus.
"""

import argparse
import csv
import datetime
import json
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from logistic import fit_logistic

from auricle.experts import models
from auricle.experts.base import Heard
from auricle.experts.sound import decode_flac, resample
from auricle.experts.speaker_net import SAMPLE_RATE
from auricle.experts.traits import HEAD, EmbeddingTraits
from auricle.experts.vad import SileroVad
from auricle.experts.voiceprints import MODEL, Encoder, shared_encoder

RIDGE = 0.001
"""Penalty on the weights. Less of it makes the head surer and no more often right."""
CLEAR = ("CC BY 4.0", "public domain")


class Voice(NamedTuple):
    """A row of the manifest and the mean voice of its windows."""

    speaker: str
    female: bool
    corpus: str
    licence: str
    learned: bool
    mean: np.ndarray


class Said(NamedTuple):
    """The belief that a voice is female, and whether it is."""

    belief: float
    female: bool


def main() -> None:
    """Train, print the figures, write the head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--out", type=Path, default=HEAD)
    given = parser.parse_args()
    voices = read(given.manifest)
    mine = [voice for voice in voices if voice.learned]
    print(f"learned from, a speaker left out: {told(left_out(mine))}")
    head = train(mine)
    others: dict[str, list[Said]] = defaultdict(list)
    for voice in voices:
        if not voice.learned:
            others[voice.corpus].append(Said(belief(head, voice), voice.female))
    for corpus, said in sorted(others.items()):
        print(f"{corpus}: {told(said)}")
    given.out.write_text(json.dumps(described(head, mine), indent=1) + "\n", "utf-8")


def read(manifest: Path) -> list[Voice]:
    """Return the rows that have one speaker of known gender and enough speech."""
    vad, encoder = SileroVad(), shared_encoder()
    vad.load()
    with manifest.open(newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["gender"] in ("female", "male")
            and row["speaker_id"]
            and "|" not in row["speaker_id"]
            and row["derived"] == "no"
            and Path(row["path"]).suffix in (".flac", ".wav")
        ]
    found = []
    for row in rows:
        if (mean := voice_of(manifest.parent / row["path"], vad, encoder)) is not None:
            corpus = row["path"].rsplit("/", 1)[0]
            clear = row["licence_clear"] == "yes" and row["licence"].startswith(CLEAR)
            female = row["gender"] == "female"
            found.append(Voice(row["speaker_id"], female, corpus, row["licence"], clear, mean))
    return found


def voice_of(path: Path, vad: SileroVad, encoder: Encoder) -> np.ndarray | None:
    """Return the mean voice of a recording, or None if too little is said in it."""
    sound, rate = decode_flac(path.read_bytes())
    mono = sound.mean(axis=1) if sound.ndim == 2 else sound
    waveform = resample(mono, rate, SAMPLE_RATE)
    (speech,) = vad.annotate([Heard(str(path), waveform, SAMPLE_RATE)])
    (prints,) = encoder([Heard(str(path), waveform, SAMPLE_RATE, (speech,))])
    return prints.mean(np.diff(prints.windows, axis=1)[:, 0])


def train(voices: list[Voice]) -> np.ndarray:
    """Return the constant and the weights of the head."""
    of_speaker = defaultdict(int)
    for voice in voices:
        of_speaker[voice.speaker, voice.female] += 1
    of_gender = {side: sum(female == side for _, female in of_speaker) for side in (False, True)}
    shares = [0.5 / of_speaker[v.speaker, v.female] / of_gender[v.female] for v in voices]
    values = np.array([np.append(1.0, voice.mean) for voice in voices])
    truth = np.array([voice.female for voice in voices])
    return fit_logistic(values, truth, np.array(shares), RIDGE)


def left_out(voices: list[Voice]) -> list[Said]:
    """Return what is said of each voice by a head that did not learn from its speaker."""
    found = []
    for speaker in sorted({voice.speaker for voice in voices}):
        head = train([voice for voice in voices if voice.speaker != speaker])
        own = (voice for voice in voices if voice.speaker == speaker)
        found += [Said(belief(head, voice), voice.female) for voice in own]
    return found


def told(said: list[Said]) -> str:
    """Return in words how often the head is right, and how often where it is sure."""
    right = [(one.belief > 0.5) == one.female for one in said]
    sure = [max(one.belief, 1 - one.belief) >= EmbeddingTraits.sure for one in said]
    of_sure = [good for good, clear in zip(right, sure, strict=True) if clear]
    return (
        f"right {np.mean(right):.3f} of {len(said)}; sure of {np.mean(sure):.3f}, "
        f"of which right {np.mean(of_sure):.3f}"
    )


def belief(head: np.ndarray, voice: Voice) -> float:
    """Return the belief that a voice is female."""
    return float(1 / (1 + np.exp(-(head[0] + head[1:] @ voice.mean))))


def described(head: np.ndarray, voices: list[Voice]) -> dict[str, object]:
    """Return the head with its provenance."""
    speakers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for voice in voices:
        speakers[voice.corpus, voice.licence].add(voice.speaker)
    return {
        "about": "logistic head: the belief that a voice is female, on the speaker embedding",
        "made_by": "bench/train_gender.py",
        "date": datetime.date.today().isoformat(),
        "embedding": models.use(MODEL).model_dump(),
        "ridge": RIDGE,
        "learned_from": [
            {"rows": corpus, "licence": licence, "speakers": sorted(names)}
            for (corpus, licence), names in sorted(speakers.items())
        ],
        "constant": round(float(head[0]), 4),
        "weights": [round(float(weight), 4) for weight in head[1:]],
    }


if __name__ == "__main__":
    main()
