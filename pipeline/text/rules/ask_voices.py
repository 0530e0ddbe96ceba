"""Questions on the voices: how many there are, who begins, and how they sound."""

from auricle.pipeline.text.english import choose, how_many
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.asking import Atom, either, polar
from auricle.pipeline.text.rules.voices import feeling, speaker, turn_order

_FEELINGS = ("happy", "sad", "angry", "calm", "fearful", "excited")
_NOT_UNLIKE = frozenset({"neutral", "bored", "calm", "even", "animated", "very animated"})
"""Moods too near to others for a question that names a wrong one."""


def number_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on how many people speak and in which order, only where that is sure."""
    return [*_number(facts, key), *_order(facts, key)]


def tone_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on pitch, timbre, accent and exchange."""
    atoms: list[Atom] = []
    for fact in facts.of("pitch", "melody", "timbre", "health"):
        if fact.sure:
            ask = choose(
                f"{key}/tone/{fact.kind}",
                (
                    "what is the voice like",
                    "how would you describe the voice",
                    "what marks the voice",
                ),
            )
            atoms.append(Atom(ask, f"the voice is {fact.value}", fact.value, (fact,)))
    for fact in facts.of("accent"):
        if fact.sure:
            ask = choose(f"{key}/accent", ("what accent is heard", "how does the accent sound"))
            atoms.append(Atom(ask, f"the accent sounds {fact.value}", fact.value, (fact,)))
    for fact in facts.of("exchange"):
        if fact.sure:
            ask = choose(
                f"{key}/exchange",
                ("how do the voices share the time", "how do the speakers follow each other"),
            )
            atoms.append(Atom(ask, f"they speak {fact.value}", fact.value, (fact,)))
    return atoms


def mood_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on how those who speak seem to feel."""
    felt = feeling(facts)
    if felt is None:
        return []
    ask = choose(
        f"{key}/mood",
        (
            "how does the speech sound",
            "what mood does the voice convey",
            "what feeling is heard in the speech",
        ),
    )
    atoms = [Atom(ask, f"the speech sounds {felt.value}", felt.value, (felt,))]
    if felt.value not in _NOT_UNLIKE:
        other = choose(f"{key}/unlike", [mood for mood in _FEELINGS if mood != felt.value])
        say = f"it sounds {felt.value}"
        yes = polar(True, f"does the speech sound {felt.value}", say, felt)
        no = polar(False, f"does the speech sound {other}", say, felt)
        atoms.append(either(f"{key}/felt", yes, no))
    return atoms


def _number(facts: Facts, key: str) -> list[Atom]:
    count = facts.one("count")
    if count is None or not count.sure:
        return []
    one = count.value == "one"
    ask = choose(
        f"{key}/number",
        (
            "how many people speak",
            "how many voices can be told apart",
            "how many speakers are there",
        ),
    )
    say = "a single person speaks" if one else f"{count.value} people speak"
    brief = "one voice" if one else f"{count.value} voices"
    atoms = [Atom(ask, say, brief, (count,))]
    alone, several = "does one person speak alone", "does more than one person speak"
    yes, no = (alone, several) if one else (several, alone)
    atoms.append(either(f"{key}/alone", polar(True, yes, say, count), polar(False, no, say, count)))
    who, used = speaker(facts, key)
    named = [fact for fact in used if fact.kind == "speaker"]
    if not one and named and sum(how_many(fact.value) for fact in named) == how_many(count.value):
        ask = choose(f"{key}/kinds", ("who is speaking", "whose voices can be heard"))
        atoms.append(Atom(ask, f"{who} are speaking", who, used))
    return atoms


def _order(facts: Facts, key: str) -> list[Atom]:
    order = turn_order(facts)
    if order is None:
        return []
    first = order[0].value
    ask = choose(f"{key}/first", ("who speaks first", "whose voice is heard first"))
    atoms = [Atom(ask, f"{first} speaks first", first, order)]
    if "voice" in order[1].value:
        return atoms
    one, other = (f"the {fact.value.split(' ', 1)[1]}" for fact in order)
    say = f"{one} speaks first"
    yes = polar(True, f"does {one} speak before {other}", say, *order)
    no = polar(False, f"does {other} speak before {one}", say, *order)
    return [*atoms, either(f"{key}/before", yes, no)]
