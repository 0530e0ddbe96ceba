"""The card and the Croissant file of a real run over the samples."""

import hashlib
import json
import shutil
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import auricle

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.card_head import hub_licence
from auricle.pipeline.export.rows import SCHEMA


@pytest.fixture(scope="module")
def folder(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("card") / "set"
    shutil.copytree(demo, place)
    done = auricle("card", str(place), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Path(told["card"]).is_file()
    return Path(told["croissant"]).parent


@pytest.fixture(scope="module")
def card(folder: Path) -> str:
    return (folder / "README.md").read_text()


def exported(folder: Path) -> list[dict[str, Any]]:
    return [
        row for file in sorted(folder.glob("*.parquet")) for row in pq.read_table(file).to_pylist()
    ]


def test_the_head_is_what_the_hub_reads(card: str, folder: Path) -> None:
    head = yaml.safe_load(card.split("---\n")[1])
    rows = exported(folder)
    counts = {split["name"]: split["num_examples"] for split in head["dataset_info"]["splits"]}
    assert sum(counts.values()) == len(rows)
    assert head["size_categories"] == ["n<1K"]
    assert set(head["language"]) == {row["language"] for row in rows} - {None}
    assert [each["name"] for each in head["dataset_info"]["features"]] == SCHEMA.names
    assert head["license"] == "other"
    assert "automatic-speech-recognition" in head["task_categories"]
    assert {"speech", "music", "sound", "audio-question-answering"} <= set(head["tags"])
    assert head["configs"][0]["data_files"][0] == {"split": "train", "path": "train-*.parquet"}


def test_it_says_what_is_in_the_set_by_its_rows(card: str, folder: Path) -> None:
    rows = exported(folder)
    for domain, count in Counter(row["domain"] for row in rows).items():
        assert f"{domain} {count}" in card
    for licence, count in Counter(row["license"] for row in rows).items():
        assert f"{licence} ({count})" in card


def test_it_names_every_model_with_its_licence(card: str, demo: Path) -> None:
    data = Dataset(str(demo))
    for table in ("vad", "language", "quality", "music"):
        made = data.provenance(table, 0)
        assert made
        for use in made.models:
            assert f"{use.name} (" in card
            assert use.licence in card
        assert f"| {table} | {made.backend} {made.version} | {made.code_licence} |" in card


def test_it_says_how_clips_were_filtered_and_that_nothing_was_scored(card: str) -> None:
    assert "clips passed" in card
    assert "| signal | silent | 1 | 1 |" in card
    assert "Consistency not scored" in card


def test_it_warns_of_voices_and_verbatim_words_and_of_what_lite_cannot_hear(card: str) -> None:
    assert "voices of real people" in card
    assert "Transcripts are verbatim" in card
    assert "hears no ages" in card
    assert "forbids commercial use" not in card
    assert "claims of a general caption" in card
    assert "held against the sound" not in card.split("## Limits and risks")[1]


def test_it_says_what_was_done_to_the_export_not_what_the_settings_are_now(
    demo: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo, tmp_path / "set")
    settings = yaml.safe_load((tmp_path / "set" / "dataset.yaml").read_text())
    settings["privacy"]["transcripts"] = "drop"
    (tmp_path / "set" / "dataset.yaml").write_text(yaml.safe_dump(settings))
    readme = tmp_path / "set" / "exports" / "parquet" / "README.md"
    assert auricle("card", str(tmp_path / "set")).returncode == 0
    assert "Transcripts are verbatim" in readme.read_text()
    assert auricle("export", str(tmp_path / "set")).returncode == 0
    assert auricle("card", str(tmp_path / "set")).returncode == 0
    said = readme.read_text()
    assert "texts that quote were left out" in said
    assert (
        "automatic-speech-recognition"
        not in yaml.safe_load(said.split("---\n")[1])["task_categories"]
    )


def test_a_set_without_an_export_is_told_to_make_one(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "set", ignore=shutil.ignore_patterns("exports"))
    done = auricle("card", str(tmp_path / "set"))
    assert done.returncode == 2
    assert "auricle export" in done.stderr


@pytest.mark.parametrize(
    "licences, hub",
    [
        ({"CC-BY-4.0": 3}, "cc-by-4.0"),
        ({"CC BY 4.0": 1, "CC-BY-4.0": 2}, "cc-by-4.0"),
        ({"CC0-1.0": 1}, "cc0-1.0"),
        ({"CC-BY-4.0": 1, "CC0-1.0": 1}, "other"),
        ({"CC-BY-4.0": 1, "none": 1}, "other"),
        ({"see the box": 1}, "unknown"),
        ({"none": 4}, "unknown"),
        ({"CC-PDM-1.0": 1}, "other"),
    ],
)
def test_the_licence_is_spelled_as_the_hub_spells_it(licences: dict[str, int], hub: str) -> None:
    assert hub_licence(licences)["license"] == hub


def test_croissant_validates_without_a_remark_and_reads_the_rows(folder: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        opened = mlcroissant.Dataset(str(folder / "croissant.json"))
    issues = opened.metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings
    for split in ("train", "benchmark"):
        there = list(opened.records(split))
        files = sorted(folder.glob(f"{split}-*.parquet"))
        rows = [row for file in files for row in pq.read_table(file).to_pylist()]
        assert len(there) == len(rows)
        found = {row[f"{split}/clip_id"].decode(): row for row in there}
        for row in rows:
            record = found[row["clip_id"]]
            assert record[f"{split}/audio"] == row["audio"]["bytes"]
            assert record[f"{split}/caption"].decode() == row["caption"]
            asked = [pair[f"{split}/qa/question"].decode() for pair in record[f"{split}/qa"]]
            assert asked == [pair["question"] for pair in row["qa"]]


def test_croissant_has_the_hash_of_every_file(folder: Path) -> None:
    about = json.loads((folder / "croissant.json").read_text())
    files = {each["@id"]: each for each in about["distribution"] if "sha256" in each}
    assert set(files) == {path.name for path in folder.glob("*.parquet")}
    for name, told in files.items():
        assert told["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert about["rai:dataLimitations"]
    assert "biometric" in " ".join(about["rai:personalSensitiveInformation"])
