"""Heard room: how the place answers to sound."""

from auricle.pipeline.text.fact import TOLD, Fact, agreed, unit
from auricle.pipeline.text.tagged import scores
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import CLOSENESS, REVERB

_ECHOES = {"Reverberation": "reverberation", "Echo": "an echo"}
_LEAST_TAG = 0.35
_UNSTATED = 0.6
"""How sure a measure is that comes without a confidence."""
_WORDS = (REVERB.lowest, *(word for _, word in REVERB.steps))
_ONE_STEP = 1


def room_facts(said: Testimony) -> list[Fact]:
    """Return how reverberant the place is where it was measured, else the echo that is tagged."""
    tagged, measured = _tagged(said), _measured(said)
    if measured is None:
        return [tagged] if tagged else []
    word, sure = measured
    if tagged and _WORDS.index(word) >= _WORDS.index("reverberant"):
        sure = agreed(sure, tagged.confidence)
    return [Fact("reverb", "environment", word, f"the acoustics are {word}", sure)]


def _measured(said: Testimony) -> tuple[str, float] | None:
    heard = said.reverb
    if heard is None:
        return None
    words = []
    if heard.rt60 is not None:
        words.append(REVERB.word(heard.rt60))
    if heard.c50 is not None:
        words.append(CLOSENESS.word(heard.c50))
    ranks = [_WORDS.index(word) for word in words]
    if not ranks or max(ranks) - min(ranks) > _ONE_STEP + (_WORDS[-1] in words):
        return None
    sure = unit(_UNSTATED if heard.confidence is None else heard.confidence)
    return (words[0], sure) if sure >= TOLD else None


def _tagged(said: Testimony) -> Fact | None:
    best = scores(said.tags, "background")
    echoes = [(best[label], echo) for label, echo in _ECHOES.items() if label in best]
    if not echoes or max(echoes)[0] < _LEAST_TAG:
        return None
    sure, echo = max(echoes)
    return Fact("echo", "environment", echo, f"audible {echo.split()[-1]}", sure)
