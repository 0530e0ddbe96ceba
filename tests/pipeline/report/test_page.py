"""The page without a browser: what it embeds, how it samples, and that text stays text."""

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import auricle
from PIL import Image

from auricle.experts.sound import encode_flac
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.report.page import page
from auricle.pipeline.report.sample import sample
from auricle.pipeline.report.sound import mp3
from auricle.pipeline.report.spectrogram import HEIGHT, WIDTH, png
from auricle.pipeline.stage_settings import PrivacySettings
from auricle.schemas.text import Captions


def embedded(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="setup">(.*?)</script>', html, re.S)
    assert found
    return json.loads(found.group(1))


def test_the_command_writes_the_page_into_the_dataset(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "set")
    done = auricle("report", str(tmp_path / "set"), "--clips", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Path(told["report"]) == tmp_path / "set" / "report.html"
    assert Path(told["report"]).stat().st_size == told["bytes"]


def test_a_page_that_cannot_hold_all_clips_says_what_it_holds(demo: Path) -> None:
    html = page(Dataset(str(demo)), 5, PrivacySettings())
    count = Dataset(str(demo)).count("clips", 0)
    assert f"5 of {count} clips" in html
    assert len(embedded(html)["clips"]) == 5


def test_a_sample_has_every_domain_before_it_has_one_twice(demo: Path) -> None:
    data = Dataset(str(demo))
    codes = data.table("domain", 0, ["code"])["code"].to_pylist()
    kinds = len(set(codes)) * 3
    chosen = [at for _, places in sample(data, kinds) for at in places]
    assert {codes[at] for at in chosen} == set(codes)
    assert sample(data, kinds) == sample(data, kinds)
    assert sum(len(places) for _, places in sample(data, 1000)) == len(codes)


def test_text_from_a_dataset_never_becomes_markup(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "set")
    data = Dataset(str(tmp_path / "set"))
    made = data.provenance("captions", 0)
    assert made
    evil = '</script><script>alert("x")</script>'
    rows = [
        row.model_copy(update={"long": (row.long[0].model_copy(update={"text": evil}),)})
        if row.long
        else row
        for row in data.rows(Captions, 0)
    ]
    data.write("captions", 0, rows, made)
    html = page(data, 3, PrivacySettings())
    assert evil not in html
    assert embedded(html)["clips"][0]["captions"]


def test_a_spectrogram_is_bright_where_the_tone_is() -> None:
    time = np.arange(32_000) / 16_000
    tone = 0.5 * np.sin(2 * np.pi * 1000 * time).astype(np.float32)
    tone[:16_000] = 0
    picture = Image.open(io.BytesIO(png(encode_flac(tone, 16_000))))
    assert picture.size == (WIDTH, HEIGHT)
    light = np.asarray(picture.convert("L"), float)
    quiet, loud = light[:, : WIDTH // 2 - 20], light[:, WIDTH // 2 + 20 :]
    assert quiet.max() < 40
    row = int(loud.mean(1).argmax())
    mels = 2595 * np.log10(1 + np.array([60, 1000, 8000]) / 700)
    height = (mels[1] - mels[0]) / (mels[2] - mels[0])
    assert 1 - (row + 0.5) / HEIGHT == pytest.approx(height, abs=0.03)


def test_the_sound_of_a_page_is_the_clip_s(demo: Path) -> None:
    flac = Dataset(str(demo)).table("clips", 0, ["audio"])["audio"][0].as_py()
    there, rate = soundfile.read(io.BytesIO(mp3(flac)))
    here, _ = soundfile.read(io.BytesIO(flac))
    assert rate == 16_000
    assert len(there) == len(here)
    assert np.corrcoef(there, here)[0, 1] > 0.95
