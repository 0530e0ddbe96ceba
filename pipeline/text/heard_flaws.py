"""Heard flaws: noise of the channel and damage to the recording, only where it was measured."""

from auricle.pipeline.text.fact import ASSERTED, Fact, agreed, unit
from auricle.pipeline.text.tagged import scores
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import BANDWIDTH, CLIPPING
from auricle.schemas.clip import Signal

_TAGGED = {
    "Static": "static",
    "White noise": "a steady hiss",
    "Pink noise": "a steady rushing noise",
    "Noise": "noise",
    "Environmental noise": "background noise",
    "Hum": "a steady hum",
    "Mains hum": "an electrical hum",
    "Wind noise (microphone)": "wind blowing into the microphone",
}
_LEAST_TAG = 0.35
_MEASURED = {
    "hum": "an electrical hum",
    "hiss": "a steady hiss",
    "crackle": "crackling",
    "wind": "wind blowing into the microphone",
}
_LIKE_SOUND = frozenset({"hiss", "crackle", "wind"})
"""What rain, a fire or leaves in the wind sound like: never told of clips that hold sounds."""
_LIKE_MUSIC = frozenset({"hum", "crackle"})
"""What a drone or a brush on a drum sounds like: never told of clips that hold music."""
_DAMAGE = {
    "dropouts": "broken up by short dropouts",
    "low_bitrate": "blurred by heavy compression",
}


def flaw_facts(said: Testimony) -> list[Fact]:
    """Return the noise of the channel, then damage, overload and a narrow band."""
    return [*_noise(said), *_damage(said), *_overload(said), *_band(said)]


def never_stops(signal: Signal | None) -> bool:
    """Tell whether something sounds on without a break, and above the floor."""
    if signal is None or signal.silence is None or signal.rms is None or signal.snr is None:
        return False
    return signal.silence < 0.05 and signal.rms > -55 and signal.snr < 35


def _noise(said: Testimony) -> list[Fact]:
    """Return the surest noise; tags are believed where something never stops sounding."""
    votes: dict[str, list[float]] = {}
    best = scores(said.tags, "background")
    noises = [(best[label], noise) for label, noise in _TAGGED.items() if label in best]
    if noises and max(noises)[0] >= _LEAST_TAG and never_stops(said.signal):
        sure, noise = max(noises)
        votes[noise] = [sure]
    for kind, noise in _MEASURED.items():
        sure = _score(said, kind)
        if sure >= ASSERTED and _can_be_told(said, kind):
            votes.setdefault(noise, []).append(sure)
    facts = [Fact("noise", "environment", name, name, agreed(*own)) for name, own in votes.items()]
    return sorted(facts, key=lambda fact: (-fact.confidence, fact.value))[:1]


def _can_be_told(said: Testimony, kind: str) -> bool:
    """Tell whether a noise cannot be the very sound or music that the clip holds."""
    code = said.code or "SMA"
    like_music = code[1] == "M" and kind in _LIKE_MUSIC
    return not like_music and not (code[2] == "A" and kind in _LIKE_SOUND)


def _damage(said: Testimony) -> list[Fact]:
    found = [(_score(said, kind), value) for kind, value in _DAMAGE.items()]
    return [
        Fact("flaw", "environment", value, f"the recording is {value}", sure)
        for sure, value in found
        if sure >= ASSERTED
    ]


def _overload(said: Testimony) -> list[Fact]:
    clipped = said.signal.clipped if said.signal else None
    sure = 0.8
    if clipped is None or clipped < CLIPPING.steps[0][0]:
        clipped, sure = _value(said, "clipping"), _score(said, "clipping")
    if clipped is None or clipped < CLIPPING.steps[0][0] or sure < ASSERTED:
        return []
    word = CLIPPING.word(clipped)
    return [Fact("overload", "environment", word, f"the recording is {word}", sure)]


def _band(said: Testimony) -> list[Fact]:
    """Return a band that is cut; of speech the signal tells it, where it was measured."""
    signal = said.signal
    if (said.code or "S").startswith("S") and signal is not None and signal.bandwidth is not None:
        return []
    limit, sure = _value(said, "band_limit"), _score(said, "band_limit")
    if signal is not None and signal.sample_rate is not None and signal.sample_rate <= 8000:
        limit, sure = 4000.0, 0.8
    if limit is None or sure < ASSERTED or limit >= BANDWIDTH.steps[-1][0]:
        return []
    word = BANDWIDTH.word(limit)
    return [Fact("band", "environment", word, f"the recording is {word}", sure)]


def _score(said: Testimony, kind: str) -> float:
    """Return how sure it is that a degradation is there; 0 where nobody measured it."""
    found = said.degradations.found if said.degradations else ()
    return max((unit(one.score) for one in found if one.kind == kind), default=0.0)


def _value(said: Testimony, kind: str) -> float | None:
    found = said.degradations.found if said.degradations else ()
    return next((one.value for one in found if one.kind == kind), None)
