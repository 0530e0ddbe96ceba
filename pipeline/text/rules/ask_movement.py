"""Questions on how music moves: its tempo, its beat and its key, only where they are sure."""

from auricle.pipeline.text.english import choose
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.asking import Atom, either, polar

_MODES = {"major": "minor", "minor": "major"}


def movement_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on tempo, beat and key."""
    return [*_tempo(facts, key), *_beat(facts, key), *_key(facts, key)]


def _tempo(facts: Facts, key: str) -> list[Atom]:
    tempo = facts.one("tempo")
    if tempo is None:
        return []
    say = f"the music is {tempo.value}"
    if tempo.value == "moderate":
        say = "the music is neither slow nor fast"
    other = "fast" if tempo.value == "slow" else "slow"
    its = f"its tempo is {tempo.value}"
    yes = polar(True, f"is the music {tempo.value}", its, tempo)
    if tempo.value == "moderate":
        yes = polar(True, "does the music move at a moderate tempo", its, tempo)
    no = polar(False, f"is the music {other}", its, tempo)
    return [
        Atom("what is the tempo of the music", say, tempo.value, (tempo,)),
        either(f"{key}/tempo", yes, no),
    ]


def _beat(facts: Facts, key: str) -> list[Atom]:
    beat = facts.one("beat")
    if beat is None or not beat.sure:
        return []
    steady = beat.value == "steady"
    ask = choose(
        f"{key}/beat", ("how regular is the beat", "how even is the beat", "what is the beat like")
    )
    say = "the beat is steady" if steady else "there is no steady beat"
    brief = "a steady beat" if steady else "no steady beat"
    keeps, drifts = "does the music keep a steady beat", "does the music move without a firm beat"
    yes, no = (keeps, drifts) if steady else (drifts, keeps)
    return [
        Atom(ask, say, brief, (beat,)),
        either(f"{key}/steady", polar(True, yes, say, beat), polar(False, no, say, beat)),
    ]


def _key(facts: Facts, key: str) -> list[Atom]:
    tonic = facts.one("key")
    if tonic is None or not tonic.sure:
        return []
    mode = "minor" if "minor" in tonic.value else "major"
    named = not tonic.value.startswith("a ")
    ask = choose(
        f"{key}/key",
        ("what key is the music in", "in which key is the music")
        if named
        else ("is the music in a major or a minor key", "which mode is the music in"),
    )
    say = f"it is in {tonic.value}"
    yes = polar(True, f"is the music in a {mode} key", say, tonic)
    no = polar(False, f"is the music in a {_MODES[mode]} key", say, tonic)
    brief = tonic.value if named else f"a {mode} key"
    return [Atom(ask, say, brief, (tonic,)), either(f"{key}/mode", yes, no)]
