"""Whisper large-v3's experts, on a small random model of its shape."""

from pathlib import Path

import numpy as np
import pytest

from auricle.experts.base import Heard, Waveform
from auricle.experts.whisper_large import WhisperLargeLanguage, WhisperLargeTranscript
from auricle.schemas.annotation import Domain
from auricle.schemas.errors import UserError

pytest.importorskip("faster_whisper")
pytest.importorskip("transformers")

RATE = 16_000

Experts = tuple[WhisperLargeLanguage, WhisperLargeTranscript]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from checkpoints.whisper import whisper

    path = tmp_path_factory.mktemp("whisper")
    whisper(path)
    return path


@pytest.fixture(scope="module")
def experts(folder: Path) -> Experts:
    made = (
        WhisperLargeLanguage(model=str(folder), device="cpu", batch=3),
        WhisperLargeTranscript(model=str(folder), device="cpu", batch=3),
    )
    for expert in made:
        expert.load()
    return made


def clips(*seconds: float) -> list[Heard]:
    rng = np.random.default_rng(0)
    return [
        Heard(str(i), rng.normal(0, 0.1, round(s * RATE)).astype(np.float32), RATE)
        for i, s in enumerate(seconds)
    ]


def test_it_hears_128_bands_and_a_hundred_languages(experts: Experts) -> None:
    ear = experts[0]._ear
    (found,) = ear.languages([clips(2)[0].waveform])
    assert len(found) == 100
    assert ear.knows("yue") and not ear.knows("zgh")
    assert sum(probability for _, probability in found) == pytest.approx(1, abs=0.01)


def test_one_encoder_pass_serves_language_and_transcript_of_many_clips(experts: Experts) -> None:
    language, transcript = experts
    assert language._ear is transcript._ear
    heard = clips(2.5, 3.5, 4.5)
    language.annotate(heard)
    calls = []
    encoder = language._ear.encoder
    encode = encoder._encode
    encoder._encode = lambda features: calls.append(features.shape) or encode(features)  # type: ignore[func-returns-value]
    try:
        transcript.annotate(heard)
    finally:
        encoder._encode = encode
    assert calls == []


def test_clips_of_several_windows_keep_their_own_words(experts: Experts) -> None:
    transcript = experts[1]
    heard = clips(40, 3, 65)
    assert transcript.annotate(heard) == [transcript.annotate([clip])[0] for clip in heard]


def test_a_gpu_that_is_not_there_is_told(folder: Path) -> None:
    from ctranslate2 import get_cuda_device_count

    if get_cuda_device_count():
        pytest.skip("there is a GPU")
    with pytest.raises(UserError, match="sees no GPU"):
        WhisperLargeLanguage(model=str(folder), device="cuda").load()


def test_the_vocals_model_is_named_only_where_it_is_used() -> None:
    assert WhisperLargeLanguage().models == ("whisper-large-v3",)
    assert WhisperLargeLanguage(separate_vocals=True).models == ("whisper-large-v3", "htdemucs")


def test_only_clips_with_music_are_parted(experts: Experts) -> None:
    parted: list[int] = []

    class FakeVocals:
        def __call__(self, waveforms: list[Waveform], sample_rate: int) -> list[Waveform]:
            parted.extend(len(waveform) for waveform in waveforms)
            return [np.zeros_like(waveform) for waveform in waveforms]

    expert = WhisperLargeTranscript(model="any")
    expert._vocals = FakeVocals()  # type: ignore[assignment]
    speech, mixed = (
        Heard(clip.clip_id, clip.waveform, RATE, (Domain(clip_id=clip.clip_id, code=code),))
        for clip, code in zip(clips(1, 2), ("S0A", "SM0"), strict=True)  # type: ignore[arg-type]
    )
    first, second = expert._waveforms([speech, mixed])
    assert parted == [2 * RATE]
    assert first.any() and not second.any()


def test_language_and_transcript_of_a_song_share_one_separation(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("demucs", reason='needs demucs: pip install "auricle[separation]"')
    from checkpoints.htdemucs import htdemucs

    demucs = str(htdemucs(tmp_path_factory.mktemp("htdemucs")))
    settings = {"model": str(folder), "device": "cpu", "separate_vocals": True}
    language = WhisperLargeLanguage(**settings, vocals_model=demucs)  # type: ignore[arg-type]
    transcript = WhisperLargeTranscript(**settings, vocals_model=demucs)  # type: ignore[arg-type]
    (song,) = (
        Heard("song", clip.waveform, RATE, (Domain(clip_id="song", code="SM0"),))
        for clip in clips(2)
    )
    language.load()
    transcript.load()
    assert language._vocals is transcript._vocals is not None
    separate = language._vocals._separate
    parted: list[int] = []
    language._vocals._separate = lambda waveform: parted.append(1) or separate(waveform)  # type: ignore[func-returns-value]
    assert language.annotate([song])[0].status == "ok"
    assert transcript.annotate([song])[0].status == "ok"
    assert len(parted) == 1
