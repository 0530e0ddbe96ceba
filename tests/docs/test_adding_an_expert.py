"""The page on experts: its expert keeps the contract, runs in a chain, and hears what it says."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from conftest import ROOT
from rich.console import Console

from auricle.experts.base import Expert, Heard
from auricle.experts.catalogue import EXPERTS
from auricle.experts.sound import resample
from auricle.pipeline.config import load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.run import run
from auricle.schemas.annotation import Vad
from auricle.schemas.errors import UserError

PAGE = (ROOT / "docs" / "adding_an_expert.md").read_text("utf-8")
EXPERT, ITS_TEST = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(SETTINGS,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
CLIPS = ("novel-reading.flac", "tabla-loop.opus")
QUIET = (
    "diarization", "traits", "voice", "emotion", "language", "transcript", "quality", "music",
    "rhythm", "reverb", "degradations", "scene", "embedding",
)  # fmt: skip
"""Roles that the page says nothing of."""


def load(name: str, path: Path) -> ModuleType:
    """Return a file as a module."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


CONTRACT = load("contract_of_experts", ROOT / "tests" / "experts" / "test_contract.py")
QUESTIONS = [
    name
    for name, test in vars(CONTRACT).items()
    if name.startswith("test_") and "expert" in test.__annotations__
]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The page's file as a module, with its line in the table of experts."""
    path = tmp_path / "vad_energy.py"
    path.write_text(EXPERT, encoding="utf-8")
    module = load("vad_energy", path)
    (line,) = re.findall(r'^ {4}("vad": \{.*\}),$', PAGE, re.MULTILINE)
    known = {kind.__name__: kind for kind in EXPERTS["vad"].values()}
    row = eval(f"{{{line}}}", {**known, "EnergyVad": module.EnergyVad})
    monkeypatch.setitem(EXPERTS, "vad", row["vad"])
    yield module
    del sys.modules["vad_energy"]


def test_the_page_keeps_the_other_backends(page: ModuleType) -> None:
    assert [*EXPERTS["vad"]] == ["silero", "energy"]


def test_the_expert_says_who_it_is(page: ModuleType) -> None:
    CONTRACT.test_an_expert_says_who_it_is("vad", "energy")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_expert_keeps_the_contract(page: ModuleType, question: str) -> None:
    expert: Expert[Any] = page.EnergyVad()
    expert.load()
    getattr(CONTRACT, question)(expert)


def test_the_test_of_the_page_passes(page: ModuleType, samples: Path) -> None:
    names = {
        "Path": Path, "Heard": Heard, "np": np, "resample": resample, "soundfile": soundfile,
        **vars(page),
    }  # fmt: skip
    exec(ITS_TEST, names)
    (test,) = [value for name, value in names.items() if name.startswith("test_")]
    test(samples)


def test_the_expert_hears_in_a_run_what_the_page_says(
    page: ModuleType, demo: Path, samples: Path, tmp_path: Path
) -> None:
    rows = [f"{samples / name},{name.split('.')[0]},10" for name in CLIPS]
    (tmp_path / "two.csv").write_text("\n".join(["path,recording_id,duration", *rows]))
    settings = yaml.safe_load(SETTINGS)
    settings["experts"] |= {role: {"backend": "off"} for role in QUIET}
    settings["experts"]["tags"] = {"backend": "events"}
    config = load_config(None, {"source": str(tmp_path / "two.csv")}, settings)
    data = Dataset(str(tmp_path / "set"))
    run(data, config, Console(quiet=True), ["ingest", "annotate"])
    made = data.provenance("vad", 0)
    assert made is not None
    assert made.backend == "energy"
    by_silero = {row.clip_id: row for row in Dataset(str(demo)).rows(Vad, 0)}
    told = re.findall(r"^\| `(.*?)`.*\| ([\d.]+) s \| ([\d.]+) s \|$", PAGE, re.MULTILINE)
    assert [name for name, *_ in told] == [*CLIPS]
    for (name, silero, energy), row in zip(told, data.rows(Vad, 0), strict=True):
        first = next(v for k, v in by_silero.items() if k.startswith(name.split(".")[0]))
        assert row.speech_seconds == pytest.approx(float(energy), abs=0.15)
        assert first.speech_seconds == pytest.approx(float(silero), abs=0.15)


def test_a_misspelt_setting_is_told_as_the_page_says(page: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(SETTINGS.replace("above", "abov"))
    with pytest.raises(UserError) as told:
        load_config(str(path))
    assert f"auricle: {told.value}".replace(f"{tmp_path}/", "") in PAGE
