"""Heard rhythm: tempo, beat and key of music, as far as they are sure."""

from auricle.pipeline.text.fact import ASSERTED, Fact, agreed, unit
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import REGULARITY, TEMPO

_LEAST_BEATS = 6
"""So many beats tell whether they are even."""
_NAMED = 0.75
"""How sure a key is whose tonic is named; from `ASSERTED` on, it is major or minor at least."""
_SURE = 0.6
"""How much a tempo word must be believed: beats are counted twice as fast in every third clip."""
_RIVAL = 0.8
"""Two words that are believed this much alike leave the tempo open."""


def rhythm_facts(said: Testimony, labelled: list[Fact]) -> list[Fact]:
    """Return tempo, beat and key; `labelled` is the tempo that music labels give, if they do."""
    return [*_tempo(said, labelled), *_beat(said), *_key(said)]


def _tempo(said: Testimony, labelled: list[Fact]) -> list[Fact]:
    """Return the tempo as the word that is believed most; nothing where two are believed alike.

    Half and double time, which beats are often counted in, may be another word; so each word is
    believed as much as its tempos are, and the labels have a voice of their own.
    """
    heard = said.rhythm
    if heard is None or heard.tempo is None or not heard.tempo_confidence:
        return labelled
    tempos = [(entry.bpm, unit(entry.score)) for entry in heard.tempos] or [(heard.tempo, 1.0)]
    total = sum(score for _, score in tempos) or 1.0
    beliefs: dict[str, float] = {}
    for bpm, score in tempos:
        word = TEMPO.word(bpm)
        share = unit(heard.tempo_confidence) * score / total
        beliefs[word] = min(1.0, beliefs.get(word, 0.0) + share)
    for fact in labelled:
        quicker = [word for word in beliefs if word.endswith(fact.value)]
        word = max(quicker or [fact.value], key=lambda word: beliefs.get(word, 0.0))
        beliefs[word] = agreed(beliefs.get(word, 0.0), fact.confidence)
    (word, sure), *others = sorted(beliefs.items(), key=lambda entry: (-entry[1], entry[0]))
    if sure < _SURE or (others and others[0][1] >= _RIVAL * sure):
        return []
    return [Fact("tempo", "music", word, f"the tempo of the music is {word}", sure)]


def _beat(said: Testimony) -> list[Fact]:
    heard = said.rhythm
    if heard is None or heard.regularity is None or len(heard.beats) < _LEAST_BEATS:
        return []
    word = REGULARITY.word(heard.regularity)
    if word == REGULARITY.steps[0][1]:
        return []
    steady = word == REGULARITY.steps[-1][1]
    text = "the music keeps a steady beat" if steady else "the music moves without a steady beat"
    return [Fact("beat", "music", word, text, 0.7 if steady else 0.55)]


def _key(said: Testimony) -> list[Fact]:
    """Return the key where it is sure, else whether it is major or minor."""
    heard = said.rhythm
    if heard is None or heard.mode is None or heard.key_confidence is None:
        return []
    sure = unit(heard.key_confidence)
    if sure < ASSERTED:
        return []
    value = f"a {heard.mode} key"
    if heard.key is not None and sure >= _NAMED:
        value = f"{heard.key.replace('#', ' sharp')} {heard.mode}"
    return [Fact("key", "music", value, f"the music is in {value}", sure)]
