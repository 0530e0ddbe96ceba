"""Strands: what goes on in a clip, as phrases that sentences are made of."""

from dataclasses import dataclass, replace

from auricle.pipeline.text.english import choose, listing, when, with_article
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.music_words import MASS_INSTRUMENTS, PLURAL_INSTRUMENTS, SINGING, SOLO
from auricle.pipeline.text.rules.movement import PACES
from auricle.pipeline.text.rules.voices import language_of, speaker, speaks
from auricle.pipeline.text.sounds import sound
from auricle.schemas.text import Topic


@dataclass(frozen=True)
class Strand:
    """One thing that is heard, with its facts and its time; no time means throughout.

    `noun` is `a man speaking French`, `clause` is `a man speaks French`, `name` is `French speech`.
    """

    topic: Topic
    noun: str
    clause: str
    name: str
    facts: tuple[Fact, ...]
    start: float | None = None
    end: float | None = None
    broken: bool = False

    @property
    def begins(self) -> float:
        """When it begins, in seconds; 0 where it holds throughout."""
        return self.start or 0.0

    @property
    def sure(self) -> bool:
        """Whether it can be stated without hedging."""
        return self.facts[0].sure

    def when(self, duration: float) -> str:
        """Return when it is heard, in words; empty means throughout."""
        if self.broken:
            return "on and off"
        return when(self.start, self.end, duration)


def strands(facts: Facts, key: str) -> list[Strand]:
    """Return the strands of a clip: speech, music, then other sounds, surest first."""
    found = [speech_strand(facts, key), music_strand(facts, key)]
    return [*(strand for strand in found if strand), *sound_strands(facts)]


def speech_strand(facts: Facts, key: str) -> Strand | None:
    """Return the speech, or None where there is none."""
    spans = facts.of("speech")
    if not spans:
        return None
    who, backing = speaker(facts, key)
    language, known = language_of(facts)
    manner = facts.one("manner")
    verb = "whispers" if manner else "speaks" if language else choose(key, ("speaks", "talks"))
    gerund = f"{verb.removesuffix('s')}ing"
    spoken = f" in {language}" if language and manner else f" {language}" if language else ""
    noun, clause = f"{who} {gerund}{spoken}", f"{who} {speaks(who, verb)}{spoken}"
    name = f"{language} speech" if language and known[0].confidence >= 0.65 else "speech"
    if len(spans) == 1 and facts.code == "S00" and choose(f"{key}/clear", (True, False)):
        clear = [f for f in facts.of("clarity") if f.value in ("clear", "unclear")]
        name, backing = " ".join([*(f.value for f in clear), name]), (*backing, *clear)
    if not spans[0].sure:
        noun, clause = f"what may be {noun}", f"{who} may be {gerund}{spoken}"
        name = f"what may be {name}"
    used = (*spans, *backing, *known, *((manner,) if manner else ()))
    return Strand("speech", noun, clause, name, used, *_outer(facts, spans))


def music_name(facts: Facts, key: str) -> tuple[str, tuple[Fact, ...]]:
    """Return the music as a noun phrase without article: `slow, sad classical piano music`."""
    genre, tempo, mood = facts.one("genre"), facts.one("tempo"), facts.one("mood")
    front = [fact for fact in (tempo, mood) if fact is not None]
    front = front[: 1 + (len(front) == 2 and choose(f"{key}/front", (0, 1)))]
    played = facts.of("instrument")[: 1 if genre else 2]
    if genre is not None and choose(f"{key}/played", (True, False)):
        played = []
    adjectives = ", ".join(PACES.get(fact.value, fact.value) for fact in front)
    if genre is not None:
        adjectives = f"{adjectives} {genre.value}".strip()
    names, tail = [fact.value for fact in played], ""
    if len(names) == 1 and names[0] in SOLO:
        adjectives = f"{adjectives} {names[0]}".strip()
    elif names:
        tail = f" with {listing([instrument(fact) for fact in played])}"
    used = (*front, *((genre,) if genre else ()), *played)
    level = facts.one("level")
    if not used and facts.code == "0M0" and level is not None and level.value in _NOTABLE:
        adjectives, used = level.value, (level,)
    return f"{adjectives} music{tail}".strip(), used


def music_strand(facts: Facts, key: str) -> Strand | None:
    """Return the music, or None where there is none."""
    spans = facts.of("music")
    if not spans:
        return None
    name, used = music_name(facts, key)
    singing, outer = facts.one("singing"), _outer(facts, spans)
    if singing is not None and spans[0].sure:
        over = "" if name == "music" else f" over {name}"
        noun, clause = f"{singing.value}{over}", f"{sings(singing.value)}{over}"
        return Strand("music", noun, clause, noun, (*spans, singing, *used), *outer)
    noun = "music playing" if name == "music" else name
    clause = f"{name} plays"
    if not spans[0].sure:
        noun, clause, name = f"what may be {name}", f"there may be {name}", f"what may be {name}"
    return Strand("music", noun, clause, name, (*spans, *used), *outer)


def sings(value: str) -> str:
    """Return singing as a clause: `a woman singing` becomes `a woman sings`."""
    who, gerund = value.rsplit(" ", 1)
    verb = SINGING_VERBS.get(gerund, "sings")
    return f"{who} {verb.removesuffix('s') if who == 'voices' else verb}"


def sound_strands(facts: Facts) -> list[Strand]:
    """Return the other sounds, surest first, each label once, at its first time."""
    found: dict[str, Strand] = {}
    for fact in facts.of("sound"):
        if fact.value in found:
            again = found[fact.value]
            found[fact.value] = replace(again, facts=(*again.facts, fact))
            continue
        heard = sound(fact.value)
        noun, clause = heard.noun, heard.clause
        if fact.text.endswith("on and off"):
            noun, clause = f"{noun} on and off", f"{clause} on and off"
        if not fact.sure:
            noun, clause = heard.maybe, heard.maybe_clause
        found[fact.value] = Strand("sound", noun, clause, noun, (fact,), fact.start, fact.end)
    for fact in facts.of("unnamed_sound"):
        noun = choose(facts.clip_id, ("a sound that is hard to place", "an unidentified sound"))
        found[""] = Strand("sound", noun, f"{noun} is heard", noun, (fact,))
    return sorted(found.values(), key=lambda strand: -strand.facts[0].confidence)


def instrument(fact: Fact) -> str:
    """Return an instrument behind its article where it takes one: `a piano`, `drums`."""
    return fact.value if fact.value in PLURAL_INSTRUMENTS else with_article(fact.value)


_NOTABLE = frozenset({"very quiet", "quiet", "loud", "very loud"})


def play(played: list[Fact]) -> str:
    """Return `plays` or `play`, as it goes with instruments."""
    names = [fact.value for fact in played]
    one = len(names) == 1 and (names[0] not in PLURAL_INSTRUMENTS or names[0] in MASS_INSTRUMENTS)
    return "plays" if one else "play"


SINGING_VERBS = dict(SINGING.values())


def _outer(facts: Facts, spans: list[Fact]) -> tuple[float | None, float | None, bool]:
    """Return the first start, the last end, and whether much in between is left out."""
    times = [(s.start, s.end) for s in spans if s.start is not None and s.end is not None]
    if len(times) < len(spans):
        return None, None, False
    start, end = min(s for s, _ in times), max(e for _, e in times)
    broken = sum(e - s for s, e in times) < 0.7 * (end - start)
    if not broken and end - start >= 0.9 * facts.duration:
        return None, None, False
    return start, end, broken
