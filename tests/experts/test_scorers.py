"""Every scorer keeps one contract, with the real code and random weights."""

import contextlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkpoints.clap import clap
from fakes import tone

from auricle.experts.scorer_glap import CHECKPOINT, TOKENIZER, GlapScorer
from auricle.experts.scorers import SCORERS, Scorer
from auricle.schemas.errors import MissingModel, UserError

TEXTS = ["A dog barks.", "Rain falls on a roof while somebody speaks.", "Music."]


@pytest.fixture(scope="module", params=["clap", "glap", "laion-clap"])
def scorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    folder = tmp_path_factory.mktemp(request.param)
    pytest.importorskip("torch")
    if request.param == "glap":
        pytest.importorskip("glap_model", reason='needs glap-model: pip install "auricle[glap]"')
        from checkpoints.glap import glap

        settings: dict[str, Any] = glap(folder)
    elif request.param == "laion-clap":
        if find_spec("laion_clap") is None:
            pytest.skip("needs laion-clap, in an environment with numpy below 2")
        from checkpoints.laion_clap import laion_clap

        with contextlib.chdir(folder):
            settings = laion_clap(folder)
    else:
        settings = clap(folder)
    made: Scorer = SCORERS[request.param](**settings)
    with contextlib.chdir(folder):
        made.load()
    return made


def sounds(scorer: Scorer) -> list[Any]:
    rate = scorer.sample_rate
    noise = np.random.default_rng(1).normal(0, 0.1, rate * 2).astype(np.float32)
    return [tone(3, rate=rate), noise, tone(0.2, rate=rate), tone(13, rate=rate)]


def test_each_sound_and_each_text_has_a_vector_of_unit_length(scorer: Scorer) -> None:
    heard, read = scorer.audio(sounds(scorer)), scorer.text(TEXTS)
    assert heard.shape[1] == read.shape[1]
    assert (len(heard), len(read)) == (4, 3)
    for vectors in (heard, read):
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_a_vector_does_not_depend_on_its_company(scorer: Scorer) -> None:
    both, alone = scorer.audio(sounds(scorer)), scorer.audio(sounds(scorer)[1:2])
    assert np.allclose(both[1], alone[0], atol=1e-5)
    together, single = scorer.text(TEXTS), scorer.text(TEXTS[2:])
    assert np.allclose(together[2], single[0], atol=1e-5)


def test_texts_keep_their_order_and_differ(scorer: Scorer) -> None:
    found, back = scorer.text(TEXTS), scorer.text(TEXTS[::-1])
    assert np.allclose(found, back[::-1], atol=1e-5)
    assert not np.allclose(found[0], found[1], atol=1e-3)


def test_different_sounds_have_different_vectors(scorer: Scorer) -> None:
    found = scorer.audio(sounds(scorer))
    assert not np.allclose(found[0], found[1], atol=1e-4)


def test_a_long_text_is_read_as_far_as_it_can_be(scorer: Scorer) -> None:
    assert scorer.text(["a dog barks and " * 200]).shape[0] == 1


@pytest.mark.parametrize("name", list(SCORERS))
def test_a_missing_weight_is_named_with_how_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AURICLE_MODELS", "HF_HOME", "AURICLE_STORE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingModel, match=SCORERS[name]().model):
        SCORERS[name]().load()


def test_a_checkpoint_that_holds_code_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("glap_model", reason='needs glap-model: pip install "auricle[glap]"')
    (tmp_path / TOKENIZER).write_bytes(b"")
    torch.save({"model": {}, "config": Path("x")}, tmp_path / CHECKPOINT)
    with pytest.raises(UserError, match="holds more than weights"):
        GlapScorer(str(tmp_path), "cpu").load()


def test_a_folder_without_the_tokenizer_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"")
    with pytest.raises(UserError, match=TOKENIZER):
        GlapScorer(str(tmp_path), "cpu").load()
