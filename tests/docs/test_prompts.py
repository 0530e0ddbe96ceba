"""The page on prompts: what it shows is sent, its answers are read, a file of one's own is used."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from auricle.pipeline.config import load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.prompt_show import prompt_of
from auricle.pipeline.show import find_clip
from auricle.pipeline.stages import task
from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.testimony import Testimony
from auricle.prompts import FOLDER, read_prompt
from auricle.schemas.errors import UserError

PAGE = (ROOT / "docs" / "prompts.md").read_text("utf-8")
CAPTIONS, QUESTIONS = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
(SETTINGS,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prompt of one's own and the configuration that names it, where commands are given."""
    (tmp_path / "job.yaml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "caption_v2.yaml"
    path.write_bytes((FOLDER / "caption_v1.yaml").read_bytes())
    return path


def test_every_prompt_is_on_the_page_with_its_places() -> None:
    told = {}
    for names, places in re.findall(r"^\| (`\w+_v1`.*?) \|.*\| (.*) \|$", PAGE, re.MULTILINE):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", names), set(re.findall(r"{\w+}", places)))
    assert {*told} == {path.stem for path in FOLDER.glob("*.yaml")}
    for name, places in told.items():
        assert {*re.findall(r"{\w+}", read_prompt(name).user)} <= places


def test_the_message_on_the_page_is_what_would_be_sent(demo: Path) -> None:
    said = prompt_of(Dataset(str(demo)), load_config(), "tabla", "caption")
    (block,) = re.findall(r"^( {4}The clip holds.*?)\n\n-", PAGE, re.MULTILINE | re.DOTALL)
    assert re.sub(r"^ {4}", "", block, flags=re.MULTILINE) == said.messages[-1]["content"].strip()


@pytest.mark.parametrize(("name", "answer"), [("caption", CAPTIONS), ("qa", QUESTIONS)])
def test_answers_of_the_form_on_the_page_are_read(name: str, answer: str, demo: Path) -> None:
    known = find_clip(Dataset(str(demo)), "tabla")
    facts = learn(Testimony.of(known.clip_id, 10.0, known.rows.values(), known.recording))
    row = task(load_config(), name).read(facts, whole(json.loads(answer)))
    assert row.status == "ok"


def whole(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with the texts that the page leaves out."""
    first = next(iter(answer.values()))[0]
    return {key: [first] * (5 if key == "pairs" else 3) for key in answer}


def test_a_prompt_of_ones_own_is_named_by_its_file(own: Path, demo: Path) -> None:
    own.write_text(own.read_text().replace("You write captions", "You write short captions"))
    told = prompt_of(Dataset(str(demo)), load_config("job.yaml"), "tabla", "caption")
    assert told.messages[0]["content"].startswith("You write short captions")


def test_a_prompt_without_a_place_is_refused_as_the_page_says(own: Path, demo: Path) -> None:
    own.write_text(own.read_text().replace("{evidence}", "the evidence"))
    with pytest.raises(UserError) as told:
        prompt_of(Dataset(str(demo)), load_config("job.yaml"), "tabla", "caption")
    assert f"    auricle: {told.value}\n" in PAGE
