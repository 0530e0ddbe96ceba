"""Aspects: how, where and when something is heard, as phrases to hang on a sentence."""

from auricle.pipeline.text.english import shuffled
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft
from auricle.pipeline.text.rules.movement import BEATS
from auricle.pipeline.text.rules.strands import Strand
from auricle.pipeline.text.rules.voices import tones
from auricle.pipeline.text.settings import WHERE
from auricle.pipeline.text.vocabulary import (
    DYNAMICS,
    LOUDNESS,
    NOISE_FLOOR,
    REVERB,
    SILENCE,
)

ORDINARY = frozenset(
    {LOUDNESS.word(-20.0), SILENCE.lowest, DYNAMICS.lowest, DYNAMICS.word(12.0), REVERB.steps[0][1]}
)
"""Words that hold for most clips, and so are worth saying only for want of better."""
REVERBERATION = {
    "dry": "hardly any reverberation",
    "slightly reverberant": "slight reverberation",
    "reverberant": "clear reverberation",
    "very reverberant": "strong reverberation",
    "cavernous": "cavernous reverberation",
}
"""What a place adds to the sound."""


def notable(draft: Draft) -> bool:
    """Tell whether a draft says anything that does not hold for most clips."""
    return any(fact.value not in ORDINARY for fact in draft.facts)


def ways(facts: Facts, strand: Strand, key: str) -> list[Draft]:
    """Return how a strand goes: `at a quick pace`, `at a steady volume`, in the key's order."""
    if strand.broken or not strand.sure:
        return []
    if strand.topic == "speech":
        found = shuffled(f"{key}/ways", facts.of("pace", "fluency"))
        voiced = tones(facts, key)
        return [*voiced[:1], *(Draft(fact.value, (fact,)) for fact in found), *voiced[1:]]
    found = [f for f in facts.of("dynamics", "silence") if f.value not in ORDINARY]
    beat = facts.of("beat") if strand.topic == "music" else []
    moved = [Draft(BEATS[fact.value], (fact,)) for fact in beat if fact.sure]
    return [*moved, *(Draft(fact.value, (fact,)) for fact in shuffled(f"{key}/ways", found))]


def aspects(facts: Facts, strand: Strand, key: str) -> list[Draft]:
    """Return ways, then place, noise and level, for a clip that holds nothing but one strand."""
    around = [Draft(text, (fact,)) for fact in facts.all if (text := _around(fact))]
    return shuffled(f"{key}/aspects", [*ways(facts, strand, key), *around])


def placed(facts: Facts, key: str) -> list[Draft]:
    """Return the place and the level, for a clip of several strands."""
    told = facts.of("setting", "place", "level")
    found = [Draft(text, (fact,)) for fact in told if (text := _around(fact))]
    return shuffled(f"{key}/placed", found)


def flawed(facts: Facts) -> bool:
    """Tell whether noise, damage or strong reverberation is surely there."""
    rings = [f for f in facts.of("reverb") if f.value not in (REVERB.lowest, REVERB.steps[0][1])]
    found = [*facts.of("noise", "flaw", "overload"), *rings]
    return any(fact.sure for fact in found)


def _around(fact: Fact) -> str:
    """Return a fact on place or recording as a phrase; empty where it makes none."""
    if fact.kind == "setting" and fact.sure:
        return f", probably {WHERE[fact.value]}"
    if fact.kind == "place" and fact.sure:
        return f"in what sounds like {fact.value}"
    if fact.kind == "reverb" and fact.sure and fact.value not in (REVERB.lowest, *ORDINARY):
        return f"with {REVERBERATION[fact.value]}"
    if fact.kind == "noise_floor" and fact.value != NOISE_FLOOR.lowest:
        return f"with {fact.value} background noise"
    if fact.kind == "noise" and fact.sure:
        return f"with {fact.value} in the background"
    if fact.kind == "level" and fact.value not in ORDINARY:
        return f"in a {fact.value} recording"
    if fact.kind == "band" and fact.value.startswith("narrow"):
        return "as if over a telephone"
    return ""
