"""Heard scene: the kind of place a clip seems to be made in, and how it answers to sound."""

import re

from auricle.pipeline.text.english import with_article
from auricle.pipeline.text.fact import TOLD, Fact, unit
from auricle.pipeline.text.heard_room import room_facts
from auricle.pipeline.text.settings import SETTINGS
from auricle.pipeline.text.testimony import Testimony

_KINDS = {
    "indoors": "an indoor place",
    "outdoors": "an outdoor place",
    "vehicle": "the inside of a vehicle",
}
_DENIED = {
    ("dry", "a large room or hall"),
    ("very reverberant", "a small room"),
    ("cavernous", "a small room"),
    ("cavernous", "the open countryside"),
}
"""Acoustics and the place that they deny."""
_LEAST = 0.35
_LONGEST = 40


def scene_facts(said: Testimony) -> list[Fact]:
    """Return the space and the setting it seems to be in, then the acoustics."""
    room = room_facts(said)
    sure = [fact.value for fact in room if fact.sure]
    where = [fact for fact in _scene(said) if not any((r, fact.value) in _DENIED for r in sure)]
    return [*where, *room]


def _scene(said: Testimony) -> list[Fact]:
    """Return the surest space and setting; where there are none, whether it is indoors or out."""
    if said.scene is None:
        return []
    ranked = sorted(said.scene.labels, key=lambda entry: -entry.score)
    likely = [_fact(_name(one.label), unit(one.score)) for one in ranked if one.score >= _LEAST]
    found = {fact.kind: fact for fact in reversed(likely)}
    if found:
        return sorted(found.values(), key=lambda fact: fact.kind)
    sure = unit(said.scene.probability or 0.0)
    if said.scene.place is None or sure < TOLD:
        return []
    return [_fact(_KINDS[said.scene.place], sure)]


def _name(label: str) -> str:
    """Return a scene behind its article, in letters alone."""
    bare = " ".join(re.findall(r"[^\W\d_]+", label.lower()))[:_LONGEST].strip() or "place"
    return bare if re.match(r"(an?|the) ", bare) else with_article(bare)


def _fact(value: str, sure: float) -> Fact:
    if value in SETTINGS:
        return Fact("setting", "environment", value, f"sounds that belong to {value}", sure)
    return Fact("place", "environment", value, f"the sound of {value}", sure)
