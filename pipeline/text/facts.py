"""Facts: all that is known of a clip, in the order it is told."""

from dataclasses import dataclass, replace

from auricle.pipeline.text.fact import Fact, Kind
from auricle.pipeline.text.heard_music import music_facts
from auricle.pipeline.text.heard_place import place_facts
from auricle.pipeline.text.heard_sound import sound_facts
from auricle.pipeline.text.heard_source import source_facts
from auricle.pipeline.text.heard_speech import speech_facts
from auricle.pipeline.text.testimony import Testimony

_ORDER = {"speech": 0, "music": 1, "sound": 2, "environment": 3, "source": 4}


@dataclass(frozen=True)
class Facts:
    """The facts of one clip, numbered E1, E2 ... in the order they are told."""

    clip_id: str
    duration: float
    code: str | None
    all: tuple[Fact, ...]

    def of(self, *kinds: Kind) -> list[Fact]:
        """Return the facts of some kinds, in order."""
        return [fact for fact in self.all if fact.kind in kinds]

    def one(self, *kinds: Kind) -> Fact | None:
        """Return the surest fact of some kinds, if there is one."""
        return max(self.of(*kinds), key=lambda fact: fact.confidence, default=None)


def learn(said: Testimony) -> Facts:
    """Return the facts of a clip: what holds throughout first, then in time, then the place."""
    found = [
        *speech_facts(said),
        *music_facts(said),
        *sound_facts(said),
        *place_facts(said),
        *source_facts(said),
    ]
    found.sort(key=_place_in_order)
    numbered = tuple(replace(fact, id=f"E{index}") for index, fact in enumerate(found, 1))
    return Facts(said.clip_id, said.duration, said.code, numbered)


def _place_in_order(fact: Fact) -> tuple[int, int, float, float, int]:
    place = _ORDER[fact.topic]
    timed = fact.start is not None
    return (max(place, 2), int(timed), fact.start or 0.0, fact.end or 0.0, place)
