"""Heard place: silence, level, noise and room, and what the sounds say of the surroundings."""

from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.settings import setting_of
from auricle.pipeline.text.tagged import scores, tagged
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import BANDWIDTH, CLIPPING, DYNAMICS, LOUDNESS, SILENCE
from auricle.schemas.clip import Signal

_PLACES = {
    "Inside, small room": "a small room",
    "Inside, large room or hall": "a large room or hall",
    "Inside, public space": "an indoor public space",
    "Outside, urban or manmade": "an outdoor urban place",
    "Outside, rural or natural": "the open countryside",
}
_NOISES = {
    "Static": "static",
    "White noise": "a steady hiss",
    "Pink noise": "a steady rushing noise",
    "Noise": "noise",
    "Environmental noise": "background noise",
    "Hum": "a steady hum",
    "Mains hum": "an electrical hum",
    "Wind noise (microphone)": "wind blowing into the microphone",
}
_ECHOES = {"Reverberation": "reverberation", "Echo": "an echo"}
_ALONE = {
    "S00": "the speech",
    "0M0": "the music",
    "00A": "the sounds",
    "SM0": "speech and music",
}
_LEAST = 0.35
_DIGITAL_SILENCE = -90.0


def place_facts(said: Testimony) -> list[Fact]:
    """Return what is known of the place and the recording, apart from the voice."""
    if said.code == "000" or (said.domain is not None and said.domain.silent):
        facts = _silent(said)
        if facts:
            return facts
    return [*_rooms(said), *_setting(said), *_alone(said), *_noise(said), *_level(said)]


def _silent(said: Testimony) -> list[Fact]:
    signal = said.signal
    if signal is not None and signal.peak is not None and signal.peak <= _DIGITAL_SILENCE:
        return [Fact("silent", "environment", "complete", "complete silence", 0.98)]
    if said.domain is not None and said.domain.silent:
        return [Fact("silent", "environment", "near", "near silence", 0.95)]
    return []


def _rooms(said: Testimony) -> list[Fact]:
    best = scores(said.tags, "background")
    facts = []
    rooms = [(best[label], place) for label, place in _PLACES.items() if label in best]
    if rooms and max(rooms)[0] >= _LEAST:
        sure, place = max(rooms)
        facts.append(Fact("place", "environment", place, f"the sound of {place}", sure))
    echoes = [(best[label], echo) for label, echo in _ECHOES.items() if label in best]
    if echoes and max(echoes)[0] >= _LEAST:
        sure, echo = max(echoes)
        facts.append(Fact("echo", "environment", echo, f"audible {echo.split()[-1]}", sure))
    return facts


def _setting(said: Testimony) -> list[Fact]:
    """Return the surroundings that the surest telling sound belongs to."""
    if said.code is not None and said.code[2] != "A":
        return []
    for label in tagged(said.tags, "sound", least=0.5):
        setting = setting_of(label.label)
        if setting is not None:
            text = f"sounds that belong to {setting}"
            return [Fact("setting", "environment", setting, text, 0.7 * label.score)]
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


def _noise(said: Testimony) -> list[Fact]:
    """Return noise of the channel where the signal agrees that something never stops sounding."""
    best = scores(said.tags, "background")
    noises = [(best[label], noise) for label, noise in _NOISES.items() if label in best]
    facts = []
    if noises and max(noises)[0] >= _LEAST and _never_stops(said.signal):
        sure, noise = max(noises)
        facts.append(Fact("noise", "environment", noise, noise, sure))
    if said.code == "000":
        text = "nothing distinct in an even background"
        if said.signal is None or not _never_stops(said.signal):
            text = "nothing that can be told apart"
        facts.append(Fact("indistinct", "environment", "", text, 0.6))
    return facts


def _never_stops(signal: Signal | None) -> bool:
    if signal is None or signal.silence is None or signal.rms is None or signal.snr is None:
        return False
    return signal.silence < 0.05 and signal.rms > -55 and signal.snr < 35


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
    if signal.clipped is not None and signal.clipped >= CLIPPING.steps[0][0]:
        word = CLIPPING.word(signal.clipped)
        facts.append(Fact("overload", "environment", word, f"the recording is {word}", 0.8))
    telephone = signal.sample_rate is not None and signal.sample_rate <= 8000
    if telephone and not (said.code or "S").startswith("S"):
        word = BANDWIDTH.word(4000.0)
        facts.append(Fact("band", "environment", word, f"the recording is {word}", 0.8))
    return facts
