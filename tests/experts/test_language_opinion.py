"""The second opinion on the language: what is heard, what is said, and when the two agree."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.iso639 import alike, iso
from auricle.experts.language_opinion import LanguageClassifier, VoxlinguaOpinion
from auricle.experts.language_opinion_mms import MmsOpinion
from auricle.schemas.annotation import Span, Vad
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Language, LanguageOpinion

RATE = 16_000


@dataclass
class FakeClassifier(LanguageClassifier):
    """Says what it is told and keeps the speech it heard."""

    scores: tuple[float, ...] = (0.9, 0.06, 0.04)
    heard: list[np.ndarray] = field(default_factory=list)

    def probabilities(self, voices: np.ndarray) -> np.ndarray:
        self.heard += list(voices)
        return np.tile(np.array(self.scores, np.float32), (len(voices), 1))


def classifier(*scores: float, labels: Sequence[str] = ("ms", "id", "no")) -> FakeClassifier:
    made = FakeClassifier(scores=scores or (0.9, 0.06, 0.04))
    made._labels = list(labels)
    return made


def clip(*spans: tuple[float, float], language: str | None = None, name: str = "clip") -> Heard:
    """Return ten seconds that count up, so that it shows which of them were heard."""
    vad = Vad(clip_id=name, spans=tuple(Span(start=a, end=b) for a, b in spans))
    ramp = np.arange(1, 10 * RATE + 1, dtype=np.float32)
    return Heard(name, ramp, RATE, (vad, Language(clip_id=name, language=language)))


def opinion(expert: LanguageClassifier, one: Heard) -> LanguageOpinion:
    return expert.annotate([one])[0]


def test_only_the_speech_is_heard_and_begun_anew_to_fill_whole_seconds() -> None:
    expert = classifier()
    opinion(expert, clip((1.0, 2.0), (4.0, 4.5)))
    (heard,) = expert.heard
    assert len(heard) == 2 * RATE
    assert heard[0] == RATE + 1
    assert heard[RATE] == 4 * RATE + 1
    assert heard[round(1.5 * RATE)] == RATE + 1  # from its start again


def test_long_speech_is_heard_in_part() -> None:
    expert = classifier()
    expert.seconds = 3
    opinion(expert, clip((0.0, 10.0)))
    assert len(expert.heard[0]) == 3 * RATE


@pytest.mark.parametrize(
    ("speech", "score", "language"),
    [(5.0, 0.6, "ms"), (5.0, 0.4, None), (1.0, 0.8, None), (1.0, 0.9, "ms")],
)
def test_the_less_speech_the_surer_a_language_has_to_be(
    speech: float, score: float, language: str | None
) -> None:
    row = opinion(classifier(score, 0.1, 0.0), clip((0.0, speech)))
    assert row.language == language
    assert row.probability == score
    assert [one.label for one in row.candidates] == ["ms", "id", "no"]


@pytest.mark.parametrize(
    ("first", "scores", "agrees"),
    [
        ("ms", (0.9, 0.1, 0.0), True),
        ("id", (0.9, 0.1, 0.0), False),
        ("nn", (0.0, 0.1, 0.9), True),  # Norwegian has two written forms
        ("en", (0.9, 0.1, 0.0), None),  # not among its languages
        (None, (0.9, 0.1, 0.0), None),
        ("ms", (0.4, 0.3, 0.3), None),
    ],
)
def test_two_opinions_agree_differ_or_cannot_be_compared(
    first: str | None, scores: tuple[float, ...], agrees: bool | None
) -> None:
    assert opinion(classifier(*scores), clip((0.0, 5.0), language=first)).agrees is agrees


def test_a_clip_in_which_nobody_speaks_is_left_out() -> None:
    expert = classifier()
    rows = expert.annotate([clip(), clip((0.0, 0.1)), clip((0.0, 1.0))])
    assert [row.reason for row in rows] == ["no_speech_spans", "too_short", None]
    assert len(expert.heard) == 1


@pytest.mark.parametrize(
    ("code", "short"),
    [("iw", "he"), ("jw", "jv"), ("zlm", "ms"), ("ind", "id"), ("jav", "jv"), ("sun", "su"),
     ("tgl", "tl"), ("vie", "vi"), ("tha", "th"), ("khm", "km"), ("lao", "lo"), ("mya", "my"),
     ("tam", "ta"), ("cmn", "zh"), ("yue", "yue"), ("ceb", "ceb"), ("war", "war"), ("eng", "en")],
)  # fmt: skip
def test_codes_become_the_two_letter_ones_where_there_are_any(code: str, short: str) -> None:
    assert iso(code) == short
    assert iso(short) == short


def test_what_models_part_otherwise_is_compared_as_one() -> None:
    assert alike("yue") == alike("zh") and alike("fil") == alike("tl")
    assert alike("ms") != alike("id")


# The real code on small random networks


@pytest.fixture(scope="module")
def voxlingua(tmp_path_factory: pytest.TempPathFactory) -> VoxlinguaOpinion:
    pytest.importorskip("speechbrain")
    from checkpoints.voxlingua import voxlingua

    expert = VoxlinguaOpinion(**voxlingua(tmp_path_factory.mktemp("voxlingua")))
    expert.load()
    return expert


def noise(seconds: float, seed: int) -> Heard:
    sound = np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE))
    return Heard(str(seed), sound.astype(np.float32), RATE)


def test_the_networks_labels_become_iso_codes(voxlingua: VoxlinguaOpinion) -> None:
    assert voxlingua._labels == ["de", "en", "he", "jv", "th", "zh"]
    (row,) = voxlingua.annotate([noise(3, 0)])
    assert {one.label for one in row.candidates} <= set(voxlingua._labels)
    assert row.probability is not None and 1 / 6 < row.probability < 1


def test_speechbrains_own_classifier_says_the_same(voxlingua: VoxlinguaOpinion) -> None:
    import torch
    from speechbrain.processing.features import InputNormalization

    voice = np.stack([noise(2, seed).waveform for seed in (1, 2)])
    features, ecapa, classifier = voxlingua._network
    lengths = torch.ones(2)
    with torch.inference_mode():
        mel = InputNormalization(norm_type="sentence", std_norm=False)(
            features(torch.from_numpy(voice)), lengths
        )
        theirs = classifier(ecapa(mel, lengths)).squeeze(1).exp().numpy()
    ours = voxlingua.probabilities(voice)
    assert np.allclose(ours, theirs, atol=1e-5)
    assert np.allclose(ours.sum(1), 1, atol=1e-5)


def test_a_label_file_of_another_size_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("speechbrain")
    from checkpoints.voxlingua import voxlingua

    settings = voxlingua(tmp_path)
    (tmp_path / "label_encoder.txt").write_text("'en: English' => 0\n")
    with pytest.raises(UserError, match="has 1 labels, not 6"):
        VoxlinguaOpinion(**settings).load()


def test_mms_says_its_languages_by_their_short_codes(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from checkpoints.voxlingua import mms_lid

    expert = MmsOpinion(**mms_lid(tmp_path))
    expert.load()
    assert expert._labels == ["en", "zh", "ms", "id", "th", "tl"]
    clips = [noise(1.5, 0), noise(2.5, 1), noise(1.2, 2)]
    assert expert.annotate(clips) == [expert.annotate([clip])[0] for clip in clips]
