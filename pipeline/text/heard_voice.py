"""Heard voice: mood, pitch, melody, timbre and accent of the speech, where they stand out."""

from auricle.pipeline.text.fact import ASSERTED, Fact, unit
from auricle.pipeline.text.heard_speakers import speaks_alone
from auricle.pipeline.text.tagged import scores
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import (
    AROUSAL,
    PITCH_OF_MEN,
    PITCH_OF_WOMEN,
    PITCH_RANGE,
    VALENCE,
    Scale,
)
from auricle.pipeline.text.voice_words import (
    CALM,
    EMOTIONS,
    EXCITED,
    HEALTH,
    TIMBRES,
    accent_name,
    word,
)
from auricle.schemas.annotation import LabelScore

_LEAST_VOICED = 0.8
"""Seconds with a pitch that words on pitch and melody need."""
_MEASURED = 0.65
"""How sure a word is that a measure of the voice gives."""
_PITCHES = {"a man": PITCH_OF_MEN, "a woman": PITCH_OF_WOMEN}


def voice_facts(said: Testimony, speakers: list[Fact]) -> list[Fact]:
    """Return how the speech sounds; what only one voice can have only where one speaks."""
    alone = speaks_alone(said)
    facts = [*_manner(said), *_mood(said)]
    if alone:
        pitch = _pitch(said, speakers)
        facts += [*pitch, *_melody(said, facts), *_colour(said, {fact.value for fact in pitch})]
    return [*facts, *_accent(said)]


def _manner(said: Testimony) -> list[Fact]:
    sure = scores(said.tags, "speech").get("Whispering", 0.0)
    text = "the speech is whispered"
    return [Fact("manner", "speech", "whispering", text, sure)] if sure >= ASSERTED else []


def _known(speakers: list[Fact]) -> str:
    """Return who speaks where that is one kind of person, and sure."""
    known = [fact.value for fact in speakers if fact.kind == "speaker" and fact.sure]
    return known[0] if len(known) == 1 else ""


def _mood(said: Testimony) -> list[Fact]:
    """Return the emotion, and excitement or pleasure that stand out and do not contradict it."""
    heard = said.emotion
    if heard is None:
        return []
    facts = []
    emotion = word(heard.category or "", EMOTIONS)
    if emotion is not None:
        sure = unit(ASSERTED if heard.probability is None else heard.probability)
        facts.append(Fact("emotion", "speech", emotion, f"the speech sounds {emotion}", sure))
    if heard.arousal is not None:
        excited = AROUSAL.word(heard.arousal)
        against = CALM if heard.arousal >= ASSERTED else EXCITED
        if not _ordinary(AROUSAL, excited) and emotion not in against and emotion != excited:
            sure = _clear(heard.arousal)
            facts.append(Fact("arousal", "speech", excited, f"the speech sounds {excited}", sure))
    if heard.valence is not None and emotion is None:
        pleased = VALENCE.word(heard.valence)
        if not _ordinary(VALENCE, pleased):
            sure = _clear(heard.valence)
            facts.append(Fact("valence", "speech", pleased, f"the speech sounds {pleased}", sure))
    return facts


def _pitch(said: Testimony, speakers: list[Fact]) -> list[Fact]:
    """Return whether a man's or a woman's voice is high or low for one."""
    known = next((fact for fact in speakers if fact.value == _known(speakers)), None)
    measures = said.voice.clip if said.voice else None
    if measures is None or measures.pitch is None or measures.voiced_seconds < _LEAST_VOICED:
        return []
    if known is None or known.value not in _PITCHES:
        return []
    scale = _PITCHES[known.value]
    pitch = scale.word(measures.pitch)
    if _ordinary(scale, pitch):
        return []
    sure = min(_MEASURED, known.confidence)
    return [Fact("pitch", "speech", pitch, f"the voice is {pitch} for {known.value}", sure)]


def _melody(said: Testimony, mood: list[Fact]) -> list[Fact]:
    """Return that the voice hardly moves, where its mood does not deny it."""
    measures = said.voice.clip if said.voice else None
    if measures is None or measures.pitch_range is None:
        return []
    if measures.voiced_seconds < 2 * _LEAST_VOICED:
        return []
    melody = PITCH_RANGE.word(measures.pitch_range)
    felt = {fact.value for fact in mood}
    if _ordinary(PITCH_RANGE, melody) or felt & (EXCITED | {"animated", "very animated"}):
        return []
    return [Fact("melody", "speech", melody, f"the melody of the voice is {melody}", _MEASURED)]


def _colour(said: Testimony, told: set[str]) -> list[Fact]:
    """Return one word on the timbre and one on the state of the voice that are not told yet."""
    if said.voice is None:
        return []
    facts = []
    timbre = _first(said.voice.timbre, TIMBRES, told)
    health = _first(said.voice.health, HEALTH, told | {timbre[0] if timbre else ""})
    if timbre is not None:
        facts.append(Fact("timbre", "speech", timbre[0], f"the voice is {timbre[0]}", timbre[1]))
    if health is not None:
        facts.append(
            Fact("health", "speech", health[0], f"the voice sounds {health[0]}", health[1])
        )
    return facts


def _first(
    labels: tuple[LabelScore, ...], table: dict[str, str], told: set[str]
) -> tuple[str, float] | None:
    """Return the surest label that a table has a new word for, if it is sure."""
    for entry in sorted(labels, key=lambda entry: -entry.score):
        known = word(entry.label, table)
        if known is not None and known not in told and entry.score >= ASSERTED:
            return known, unit(entry.score)
    return None


def _accent(said: Testimony) -> list[Fact]:
    name = accent_name(said.accent.accent or "") if said.accent else ""
    if said.accent is None or not name:
        return []
    sure = unit(ASSERTED if said.accent.probability is None else said.accent.probability)
    return [Fact("accent", "speech", name, f"the accent sounds {name}", sure)]


def _ordinary(scale: Scale, told: str) -> bool:
    """Tell whether a word is the middle one of its scale, which holds for most speech."""
    return told == scale.steps[0][1]


def _clear(share: float) -> float:
    """Return how sure a word on one end of a scale of 0 to 1 is: half at the middle."""
    return 0.5 + 0.9 * abs(unit(share) - 0.5)
