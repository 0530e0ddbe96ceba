"""Heard place: the scene, what stands alone in it, silence, flaws and the level."""

from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.heard_flaws import flaw_facts, never_stops
from auricle.pipeline.text.heard_scene import scene_facts
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import DYNAMICS, LOUDNESS, SILENCE

_ALONE = {
    "S00": "the speech",
    "0M0": "the music",
    "00A": "the sounds",
    "SM0": "speech and music",
}
_DIGITAL_SILENCE = -90.0


def place_facts(said: Testimony) -> list[Fact]:
    """Return what is known of the place and the recording, apart from the voice."""
    if said.code == "000" or (said.domain is not None and said.domain.silent):
        facts = _silent(said)
        if facts:
            return facts
    return [
        *scene_facts(said),
        *_alone(said),
        *flaw_facts(said),
        *_indistinct(said),
        *_level(said),
    ]


def _silent(said: Testimony) -> list[Fact]:
    signal = said.signal
    if signal is not None and signal.peak is not None and signal.peak <= _DIGITAL_SILENCE:
        return [Fact("silent", "environment", "complete", "complete silence", 0.98)]
    if said.domain is not None and said.domain.silent:
        return [Fact("silent", "environment", "near", "near silence", 0.95)]
    return []


def _alone(said: Testimony) -> list[Fact]:
    """Return what kinds of sound stand alone, as sure as the others are unlikely."""
    if said.domain is None or said.code not in _ALONE:
        return []
    beliefs = (said.domain.speech, said.domain.music, said.domain.sound)
    others = [belief for belief, letter in zip(beliefs, said.code, strict=True) if letter == "0"]
    sure = 1.0 - max((other for other in others if other is not None), default=0.5)
    kinds = _ALONE[said.code]
    text = f"nothing stands out but {kinds}"
    return [Fact("alone", "environment", kinds, text, min(1.0, sure))] if sure > 0.5 else []


def _indistinct(said: Testimony) -> list[Fact]:
    if said.code != "000":
        return []
    text = "nothing distinct in an even background"
    if not never_stops(said.signal):
        text = "nothing that can be told apart"
    return [Fact("indistinct", "environment", "", text, 0.6)]


def _level(said: Testimony) -> list[Fact]:
    signal = said.signal
    if signal is None:
        return []
    facts = []
    if signal.loudness is not None:
        word = LOUDNESS.word(signal.loudness)
        facts.append(Fact("level", "environment", word, f"the clip is {word}", 0.9))
    if signal.snr is not None and said.code != "S00":
        word = DYNAMICS.word(signal.snr)
        facts.append(Fact("dynamics", "environment", word, f"the sound comes {word}", 0.85))
    if signal.silence is not None:
        word = SILENCE.word(signal.silence)
        facts.append(Fact("silence", "environment", word, f"the recording goes on {word}", 0.85))
    return facts
