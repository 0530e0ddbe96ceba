"""Voices: who speaks, in which language and in what manner, as phrases."""

from auricle.pipeline.text.english import choose, how_many, listing, shuffled, with_article
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft

_OTHERS = {1: "another person", 2: "two other people", 3: "three other people"}


def speaker(facts: Facts, key: str) -> tuple[str, tuple[Fact, ...]]:
    """Return who speaks, and by what facts; a neutral word where it is not known."""
    known = [fact for fact in facts.of("speaker") if fact.sure]
    voices = [fact for fact in known if fact.value != "people"]
    count = facts.one("count")
    if count is not None and count.sure and count.value != "one":
        return _several(voices, count)
    if voices:
        return _aged(voices[:2], facts, key)
    if known:
        return "people", (known[0],)
    options = ("a voice", "a person", "someone")[: 2 if facts.of("sound", "singing") else 3]
    return choose(f"{key}/who", options), ()


def speaks(who: str, verb: str) -> str:
    """Return a verb in the third person as it goes with who speaks."""
    return verb.removesuffix("s") if is_many(who) else verb


def is_many(who: str) -> bool:
    """Tell whether who speaks is more than one."""
    return " and " in who or how_many(who) > 1 or who.split(" ")[-1] == "people"


def language_of(facts: Facts) -> tuple[str, tuple[Fact, ...]]:
    """Return the language as an object (`French`, `what sounds like French`), and its fact."""
    fact = facts.one("language")
    if fact is None:
        return "", ()
    return (fact.value if fact.confidence >= 0.65 else f"what sounds like {fact.value}"), (fact,)


def tones(facts: Facts, key: str) -> list[Draft]:
    """Return how the speech sounds, each as a phrase: `in a calm tone`, `with a Scottish accent`.

    Only what is sure; in the key's order. What a voice is like is told of a man or a woman, since
    one that nobody is known by would be a voice with a voice.
    """
    who, known = speaker(facts, key)
    found = []
    for fact in facts.of("emotion", "arousal", "valence", "melody"):
        if fact.sure:
            tone = f"in {with_article(fact.value)} tone"
            tone = f"in {fact.value} voices" if is_many(who) else tone
            tone = "in a monotone" if fact.value == "monotone" else tone
            found.append(Draft(tone, (fact,)))
    for fact in facts.of("pitch", "timbre", "health"):
        if fact.sure and known and not is_many(who):
            found.append(Draft(f"in {with_article(fact.value)} voice", (fact,)))
    for fact in facts.of("accent"):
        if fact.sure:
            accent = f"{fact.value} accent"
            text = f"with {accent}s" if is_many(who) else f"with {with_article(accent)}"
            found.append(Draft(text, (fact,)))
    return shuffled(f"{key}/tones", found)


def feeling(facts: Facts) -> Fact | None:
    """Return the mood of the speech if one is sure: a named emotion before mere excitement."""
    sure = [fact for fact in facts.of("emotion", "arousal", "valence") if fact.sure]
    return next((fact for kind in _MOODS for fact in sure if fact.kind == kind), None)


_MOODS = ("emotion", "arousal", "valence")


def turn_order(facts: Facts) -> tuple[Fact, Fact] | None:
    """Return the first turns of the two that speak first, where they sound different.

    The first must sound like somebody: that a first voice speaks first is no news.
    """
    turns = [fact for fact in facts.of("turn") if fact.sure and fact.start is not None]
    first = turns[0] if turns else None
    other = next((turn for turn in turns if first and turn.value != first.value), None)
    if first is None or other is None or (other.start or 0) <= (first.start or 0):
        return None
    plain = all(len(turn.value.split()) == 2 for turn in (first, other))
    return (first, other) if plain and "voice" not in first.value else None


def _several(voices: list[Fact], count: Fact) -> tuple[str, tuple[Fact, ...]]:
    """Return a number of people, by their kinds as far as those are known."""
    if count.value == "several":
        return "several people", (count,)
    rest = how_many(count.value) - sum(how_many(voice.value) for voice in voices)
    if not voices or rest < 0:
        return f"{count.value} people", (count,)
    named = [voice.value for voice in voices]
    return listing([*named, *([_OTHERS[rest]] if rest else [])]), (count, *voices)


def _aged(voices: list[Fact], facts: Facts, key: str) -> tuple[str, tuple[Fact, ...]]:
    """Return the voices, sometimes one alone with its age: `an elderly woman`."""
    age = facts.one("age")
    who = listing([voice.value for voice in voices])
    if age is None or not age.sure or who not in ("a man", "a woman"):
        return who, tuple(voices)
    if choose(f"{key}/age", (True, False)):
        return with_article(f"{age.value} {who.split(' ', 1)[1]}"), (*voices, age)
    return who, tuple(voices)
