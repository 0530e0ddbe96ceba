"""Captions and questions by a small real model, through the whole protocol (opt-in: `-m llm`)."""

import json
from pathlib import Path

import pytest
import yaml
from clones import clone
from conftest import auricle
from small_llm import TERSE, served, small_llm, weights

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.llm.journal import entries
from auricle.pipeline.run import saved_config
from auricle.schemas.text import QA, Captions

pytestmark = pytest.mark.llm


@pytest.fixture(scope="module")
def place(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        weights()
    except ModuleNotFoundError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("small")
    clone(Dataset(str(demo)), folder / "set", 2)
    return folder


def write(folder: Path, url: str, stage: str, max_tokens: int) -> None:
    """Have a stage written with a prompt that a small model can follow."""
    saved = saved_config(Dataset(str(folder / "set")))
    assert saved is not None
    told = saved.model_dump(mode="json")
    part = {"caption": "{categories}", "qa": "{plan}"}[stage]
    prompt = folder / f"{stage}.yaml"
    prompt.write_text(yaml.safe_dump({"notes": "Terse.", "user": f"{part}\n{TERSE}"}))
    told.update(writer="llm")
    told[stage] = {**told[stage], "prompt": str(prompt)}
    told["llm"] = {
        "base_url": url, "model": served(url), "max_tokens": max_tokens, "temperature": 0.0,
        "concurrency": 2, "total_seconds": 900,
    }  # fmt: skip
    path = folder / "llm.yaml"
    path.write_text(yaml.safe_dump(told))
    done = auricle(stage, str(folder / "set"), "--config", str(path))
    assert done.returncode == 0, done.stderr


def test_a_real_model_writes_rows_that_hold_what_it_said(place: Path) -> None:
    with small_llm() as url:
        write(place, url, "caption", max_tokens=700)
        write(place, url, "qa", max_tokens=60)
    data = Dataset(str(place / "set"))
    captions, qa = data.rows(Captions, 0), data.rows(QA, 0)
    assert (len(captions), len(qa)) == (2, 2)
    known = {None, "truncated", "invalid_answer", "endless_answer", "empty_answer"}
    assert {row.reason for row in (*captions, *qa)} <= known
    assert {row.reason for row in qa} == {"truncated"}  # sixty tokens do not hold five questions
    assert all(row.prompt_tokens > 100 and row.completion_tokens > 20 for row in captions)
    said = [entry.reply for entry in entries(data, "caption", 0)]
    assert len(said) == sum(row.requests for row in captions)
    assert all(reply.text.startswith("{") and reply.counted for reply in said)
    found = json.loads(data.storage.read("journals/servers.json") or b"")
    assert [dialect["output"] for dialect in found.values()] == ["json_schema"]
