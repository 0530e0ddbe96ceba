"""What a run plans with weights that are not pinned, and with those that are gone."""

import shutil
from pathlib import Path
from typing import ClassVar

import pytest
from fakes import FakeExpert

from auricle.experts import model_lock
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.work import Work
from auricle.pipeline.plan import fingerprints
from auricle.pipeline.stage_settings import IngestSettings
from auricle.pipeline.stages import Ingest
from auricle.schemas.errors import MissingModel


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURICLE_STORE", str(tmp_path / "store"))
    folder = tmp_path / "ear"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"one")
    return folder


def chain_of(folder: Path) -> Chain:
    class Eared(FakeExpert):
        models: ClassVar[tuple[str, ...]] = (str(folder),)

    return Chain("hear", (Eared(),))


def stages(folder: Path) -> list[Work]:
    return [Ingest(IngestSettings()), chain_of(folder)]


def test_other_weights_in_the_same_folder_are_another_fingerprint(weights) -> None:
    before = fingerprints(stages(weights))["events"].digest
    assert fingerprints(stages(weights))["events"].digest == before
    (weights / "model.safetensors").write_bytes(b"two")
    assert fingerprints(stages(weights))["events"].digest != before


def test_the_same_weights_in_another_place_are_the_same_to_a_named_model(
    tmp_path, monkeypatch
) -> None:
    lock = tmp_path / "lock.toml"
    lock.write_text('[ear]\nabout = "an ear"\nlicence = "MIT"\nhub = "owner/ear"\n')
    monkeypatch.setattr(model_lock, "LOCK", lock)
    monkeypatch.setenv("AURICLE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    cached = tmp_path / "hub/models--owner--ear/snapshots/main"
    digests = []
    for place in (cached, tmp_path / "store" / "ear"):
        place.mkdir(parents=True)
        (place / "model.safetensors").write_bytes(b"one")
        digests.append(fingerprints([Ingest(IngestSettings()), named()])["events"].digest)
        shutil.rmtree(place)
    assert digests[0] == digests[1]


def named() -> Chain:
    class Named(FakeExpert):
        models: ClassVar[tuple[str, ...]] = ("ear",)

    return Chain("hear", (Named(),))


def test_tables_outlive_the_weights_that_made_them(weights, tmp_path) -> None:
    data = Dataset(str(tmp_path / "set"))
    made = fingerprints(stages(weights))
    data.sign("events", made["events"])
    (weights / "model.safetensors").unlink()
    assert fingerprints(stages(weights), data) == made
    with pytest.raises(MissingModel, match="has no files"):
        fingerprints(stages(weights))
