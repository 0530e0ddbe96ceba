"""The page that follows one clip: its rows, evidence and texts are those of the run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.show import clip_report, find_clip
from auricle.pipeline.text.evidence import gather, render
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.version import VERSION
from auricle.schemas.text import CATEGORIES

PAGE = (ROOT / "docs" / "chain.md").read_text("utf-8")
CLIP = "messaggio-di-attesa-4b0d0d829f73e3d5_0_0_10"
ROWS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
TABLES = sorted({table for rows in ROWS for table in rows})
BY_YAMNET = ("tags", "domain")
"""Tables whose numbers are others where tags are made of events."""


@pytest.fixture(scope="module")
def report(demo: Path) -> dict[str, Any]:
    return dict(json.loads(json.dumps(clip_report(Dataset(str(demo)), CLIP))))


def test_the_page_shows_a_row_of_every_step() -> None:
    assert {"recording", "signal", *BY_YAMNET, "transcript", "music", "reverb"} <= {*TABLES}
    assert {"support", "verdict", "split", "made_by"} <= {*TABLES}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_on_the_page_is_the_row_of_the_run(table: str, report: dict[str, Any]) -> None:
    if table in BY_YAMNET and not report["made_by"]["tags"].startswith("yamnet"):
        pytest.skip("the page shows what YAMNet hears, whose weights are not here")
    for rows in ROWS:
        if table in rows:
            assert [*differences(table, rows[table], report[table])] == []


def test_the_evidence_on_the_page_is_that_of_the_run(demo: Path) -> None:
    known = find_clip(Dataset(str(demo)), CLIP)
    said = Testimony.of(CLIP, known.duration, known.rows.values(), known.recording)
    (block,) = re.findall(r"^ {4}\[E1\].*?(?=\n\n)", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for line in re.sub(r"\n {5,}", " ", block).split("\n")]
    assert lines == render(gather(said)).split("\n")


def test_captions_on_the_page_are_those_of_the_run(report: dict[str, Any]) -> None:
    told = re.findall(r"^\| (short|long|speech|music|environment) \| (.*) \| (E.*) \|$", PAGE, re.M)
    captions = report["captions"]
    made = [
        (kind, text["text"], " ".join(text["support"]))
        for kind, texts in captions.items()
        if kind in CATEGORIES
        for text in texts or ()
    ]
    assert len(told) == 6
    assert {*told} <= {*made}
    assert captions["sound"] is None


def test_questions_on_the_page_are_those_of_the_run(report: dict[str, Any]) -> None:
    told = re.findall(r"^\| (.*\?) \| (.*) \| (E.*) \|$", PAGE, re.M)
    made = {(p["question"], p["answer"], " ".join(p["support"])) for p in report["qa"]["pairs"]}
    assert len(told) == 2
    assert {*told} <= made


def test_the_export_is_read_as_the_page_says(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo").symlink_to(demo)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(code, {})
    told = capsys.readouterr().out
    assert re.match(r"Music plays while a man speaks Italian\. .* SM0 it 0\.0 \d{6}$", told)


def differences(where: str, page: Any, run: Any) -> Iterator[str]:
    """Yield where the page says something else: it has some keys, and the beginnings of lists."""
    if isinstance(page, dict):
        for key, value in page.items():
            yield from differences(f"{where}.{key}", value, run[key])
    elif isinstance(page, list) and page:
        if len(run) < len(page):
            yield f"{where}: {len(run)} entries"
        for index, (value, other) in enumerate(zip(page, run, strict=False)):
            yield from differences(f"{where}.{index}", value, other)
    elif isinstance(page, float) and isinstance(run, float):
        if run != pytest.approx(page, rel=0.02, abs=0.006):
            yield f"{where}: {run}, not {page}"
    elif (page.replace("0.1.0", VERSION) if isinstance(page, str) else page) != run:
        yield f"{where}: {run!r}, not {page!r}"
