"""The sample clips: every one is listed, attributed, free to share and readable."""

import csv
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

SAMPLES = Path(__file__).parents[1] / "samples"
ATTRIBUTION = (SAMPLES / "ATTRIBUTION.md").read_text("utf-8")
TEXTS = {"ATTRIBUTION.md", "manifest.csv"}
FREE = {
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-PDM-1.0": "https://creativecommons.org/publicdomain/mark/1.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}


def manifest() -> dict[str, dict[str, str]]:
    with (SAMPLES / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def clips() -> list[str]:
    return sorted(path.name for path in SAMPLES.iterdir() if path.name not in TEXTS)


def sections() -> dict[str, str]:
    """Return what ATTRIBUTION.md says of each file."""
    parts = [part.split("\n", 1) for part in ATTRIBUTION.split("\n## ")[1:]]
    return {name.strip(): text for name, text in parts}


@cache
def decode(name: str) -> tuple[np.ndarray, float]:
    """Return mono samples at 16 kHz and the length in seconds."""
    resampler = av.AudioResampler("fltp", "mono", 16000)
    with av.open(SAMPLES / name) as container:
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    waveform = np.concatenate([f.to_ndarray()[0] for f in [*frames, *resampler.resample(None)]])
    return waveform, len(waveform) / 16000


def test_every_clip_is_in_the_manifest_and_attributed_and_nothing_else_is():
    assert clips() == sorted(manifest()) == sorted(sections())


def test_the_manifest_names_what_an_ingest_reads():
    for row in manifest().values():
        assert list(row) == ["path", "license", "title", "description", "uploader"]
        assert row["title"] and row["uploader"]


def test_all_clips_together_stay_small():
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) <= 4_000_000


@pytest.mark.parametrize("name", clips())
def test_the_licence_lets_anyone_share_it_and_is_the_one_attributed(name):
    licence = manifest()[name]["license"]
    assert licence in FREE
    [line] = [line for line in sections()[name].splitlines() if line.startswith("- Licence:")]
    assert FREE[licence] in line


@pytest.mark.parametrize("name", clips())
def test_the_attribution_names_title_author_source_and_changes(name):
    for field in ("Title", "Author", "Taken from", "Licence", "Changed"):
        assert f"- {field}: " in sections()[name]


@pytest.mark.parametrize("name", clips())
def test_it_decodes_and_is_neither_cut_short_nor_too_loud(name):
    waveform, seconds = decode(name)
    assert 5 <= seconds <= 30
    assert np.isfinite(waveform).all()
    peak = float(np.abs(waveform).max())
    assert peak < 0.95
    assert peak > 0.05 or name == "nothing.flac"


def test_the_set_covers_what_a_first_run_should_meet():
    assert decode("nothing.flac")[0].max() == 0  # digital silence
    assert max(decode(name)[1] for name in clips()) > 20  # becomes several clips
    assert {".mp4", ".mp3", ".wav", ".flac", ".ogg", ".opus"} <= {Path(n).suffix for n in clips()}
    with av.open(SAMPLES / "pasture.mp4") as video:
        assert video.streams.video and video.streams.audio
