"""Words for a voice: timbre and health, only where the measures are clear and the clip is clean."""

from typing import NamedTuple

from auricle.experts.base import Heard
from auricle.experts.prosody import Measures, Prosody
from auricle.schemas.annotation import Domain, LabelScore
from auricle.schemas.clip import Signal
from auricle.schemas.speech import Diarization

_VOICED = 2.0  # seconds
HEADROOM, FALL = 25.0, 15.0  # dB: see `Prosody`
_BANDWIDTH = 7000.0  # Hz: a telephone colours every voice
_CLIPPED = 0.001  # share of samples
_SURE, _SUREST = 0.6, 0.9
_ILL = 0.7
"""How sure a word must be that finds fault with a voice: well beyond what is usual."""


class _Usual(NamedTuple):
    """Where most voices lie: the 5th percentile, the median and the 95th."""

    low: float
    middle: float
    high: float


class _Voices(NamedTuple):
    """What is usual for voices of one pitch."""

    harmonicity: _Usual
    jitter: _Usual
    shimmer: _Usual


PITCH = 165.0  # Hz: parts the two
_LOW_VOICES = _Voices(
    _Usual(6.1, 9.0, 12.1), _Usual(0.018, 0.028, 0.043), _Usual(0.08, 0.108, 0.145)
)
_HIGH_VOICES = _Voices(
    _Usual(8.6, 11.7, 14.1), _Usual(0.015, 0.022, 0.029), _Usual(0.066, 0.087, 0.12)
)
_TILT = _Usual(-9.3, -6.2, -3.0)  # dB/octave
_DEEP = 90.0  # Hz: 5th percentile of the low voices
"""Percentiles of 73 clean clips of unacted speech of the listening set (40 low voices, 33 high
ones, about 60 speakers), as bench/calibrate_voice.py prints them."""


def judged(clip: Heard, measures: Measures, found: Prosody) -> bool:
    """Tell whether a clip lets one judge a voice.

    It does where nothing but one speaker is heard, for 2 s with a pitch, in a dry and quiet
    recording with its full band that is not clipped. What is not known counts against it.
    """
    domain, signal, diarization = clip.get(Domain), clip.get(Signal), clip.get(Diarization)
    return (
        (domain is not None and domain.code == "S00")
        and (signal is not None and (signal.bandwidth or 0.0) >= _BANDWIDTH)
        and (signal.clipped or 0.0) < _CLIPPED
        and (diarization is None or diarization.speakers == 1)
        and measures.voiced_seconds >= _VOICED
        and found.headroom >= HEADROOM
        and found.fall >= FALL
    )


def timbre(measures: Measures) -> tuple[LabelScore, ...]:
    """Return words for the colour of a voice, surest first.

    - deep: the median pitch is under the 5th percentile of low voices, 90 Hz.
    - bright, dark: the spectrum of the voiced frames is flatter than the 95th percentile, or
      steeper than the 5th.
    - breathy: little harmonicity (5th percentile) and a steep spectrum, yet steady periods, so
      that it is breath that is heard and no roughness.
    """
    if measures.pitch is None or measures.tilt is None or measures.harmonicity is None:
        return ()
    usual, found = _usual(measures.pitch), {}
    found["deep"] = _beyond(_Usual(_DEEP, 120.0, 165.0), measures.pitch, high=False)
    found["bright"] = _beyond(_TILT, measures.tilt, high=True)
    found["dark"] = _beyond(_TILT, measures.tilt, high=False)
    if measures.jitter is not None and measures.jitter < usual.jitter.middle:
        steep = (_TILT.low + _TILT.middle) / 2
        if measures.tilt < steep:
            found["breathy"] = _beyond(usual.harmonicity, measures.harmonicity, high=False)
    return _ranked(found)


def health(measures: Measures) -> tuple[LabelScore, ...]:
    """Return words for the state of a voice, surest first.

    - hoarse: little harmonicity, and jitter and shimmer well beyond the 95th percentile.
    - rough: jitter and shimmer well beyond the 95th percentile, with harmonicity as usual.
    - clear: more harmonicity than the 95th percentile, jitter and shimmer under the median.

    They are impressions of ten seconds of running speech, no diagnosis. Nobody on the listening set
    is called hoarse or rough; whether the words are right has been tried on made voices only.
    """
    if measures.pitch is None or measures.harmonicity is None:
        return ()
    if measures.jitter is None or measures.shimmer is None:
        return ()
    usual = _usual(measures.pitch)
    unsteady = min(
        _beyond(usual.jitter, measures.jitter, high=True),
        _beyond(usual.shimmer, measures.shimmer, high=True),
    )
    noisy = _beyond(usual.harmonicity, measures.harmonicity, high=False)
    found = {"hoarse": min(unsteady, noisy), "rough": unsteady if not noisy else 0.0}
    found = {word: sure for word, sure in found.items() if sure >= _ILL}
    if measures.jitter < usual.jitter.middle and measures.shimmer < usual.shimmer.middle:
        found["clear"] = _beyond(usual.harmonicity, measures.harmonicity, high=True)
    return _ranked(found)


def _usual(pitch: float) -> _Voices:
    return _LOW_VOICES if pitch < PITCH else _HIGH_VOICES


def _beyond(usual: _Usual, value: float, high: bool) -> float:
    """Return how sure a word is: 0 inside, from .6 at the percentile up to .9 well beyond it."""
    edge = usual.high if high else usual.low
    beyond = (value - edge) / (edge - usual.middle)
    return min(_SURE + beyond * (_SUREST - _SURE), _SUREST) if beyond > 0 else 0.0


def _ranked(found: dict[str, float]) -> tuple[LabelScore, ...]:
    surest = sorted(found.items(), key=lambda item: -item[1])
    return tuple(LabelScore(label=word, score=round(sure, 3)) for word, sure in surest if sure)
