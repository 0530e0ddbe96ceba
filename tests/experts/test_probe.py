from pathlib import Path

import numpy as np
import pytest
from checkpoints.probe import probe

from auricle.experts.base import Heard
from auricle.experts.probe import AccentProbe, EmotionProbe, LanguageProbe, read_probe
from auricle.schemas.annotation import Embedding, Span, Vad
from auricle.schemas.errors import UserError

RATE = 16_000


def clip(vector: tuple[float, ...] | None, kind: str | None = None) -> Heard:
    vad = Vad(clip_id="a", spans=(Span(start=0, end=1),), speech_seconds=1.0)
    told = (vad,) if vector is None else (vad, Embedding(clip_id="a", vector=vector, kind=kind))
    return Heard("a", np.zeros(RATE, np.float32), RATE, told)


def loaded(kind, folder: Path, threshold: float = 0.5, **told):
    expert = kind(**probe(folder, **told), threshold=threshold)
    expert.load()
    return expert


def test_a_language_is_named_with_its_probability(tmp_path: Path) -> None:
    (row,) = loaded(LanguageProbe, tmp_path).annotate([clip((0.0, 1.0))])
    assert (row.language, row.speech_seconds) == ("en", 1.0)
    assert row.probability == pytest.approx(1 / (1 + np.exp(-8)), abs=1e-4)
    assert [candidate.label for candidate in row.candidates] == ["en", "de"]


def test_an_unsure_probe_names_nothing_but_tells_its_candidates(tmp_path: Path) -> None:
    (row,) = loaded(LanguageProbe, tmp_path, threshold=0.9).annotate([clip((1.0, 0.1))])
    assert row.language is None
    assert row.probability == pytest.approx(1 / (1 + np.exp(-0.8)), abs=1e-4)
    assert len(row.candidates) == 2


def test_the_temperature_makes_a_probe_less_sure(tmp_path: Path) -> None:
    (row,) = loaded(LanguageProbe, tmp_path, temperature=8.0).annotate([clip((0.0, 1.0))])
    assert row.probability == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-4)


def test_emotion_and_accent_share_the_head(tmp_path: Path) -> None:
    (emotion,) = loaded(EmotionProbe, tmp_path).annotate([clip((0.0, 1.0))])
    (accent,) = loaded(AccentProbe, tmp_path).annotate([clip((0.0, -1.0))])
    assert (emotion.category, accent.accent) == ("en", "de")
    assert {item.what for item in emotion.unjudged} == {"arousal", "valence", "turns"}


def test_a_clip_without_a_vector_is_skipped(tmp_path: Path) -> None:
    first, second = loaded(AccentProbe, tmp_path).annotate([clip(None), clip((0.0, 1.0))])
    assert (first.status, first.reason) == ("skipped", "no_embedding")
    assert second.accent == "en"


@pytest.mark.parametrize(
    ("vector", "kind"), [((0.0, 1.0), "clap-1"), ((0.0, 1.0, 0.0), "log-mel-1")]
)
def test_vectors_of_another_kind_are_refused(
    tmp_path: Path, vector: tuple[float, ...], kind: str
) -> None:
    expert = loaded(LanguageProbe, tmp_path, embedding="log-mel-1")
    assert expert.annotate([clip((0.0, 1.0), "log-mel-1")])[0].language == "en"
    with pytest.raises(UserError, match="train the probe again"):
        expert.annotate([clip(vector, kind)])


def test_a_probe_has_to_be_named() -> None:
    with pytest.raises(UserError, match=r"accent\.model.*auricle probe train"):
        AccentProbe().load()


def test_a_folder_that_is_no_probe_is_refused(tmp_path: Path) -> None:
    probe(tmp_path)
    (tmp_path / "probe.npz").unlink()
    with pytest.raises(UserError, match="not a probe"):
        read_probe(tmp_path)
    (tmp_path / "probe.npz").write_bytes(b"PK not a zip")
    with pytest.raises(UserError, match="not a probe"):
        read_probe(tmp_path)
