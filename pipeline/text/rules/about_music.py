"""About music: captions of the music alone."""

from auricle.pipeline.text.english import choose, listing, shuffled, when, with_article
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.movement import PACES, movement
from auricle.pipeline.text.rules.strands import Strand, instrument, music_strand, play, sings


def music_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return sentences on the music: as a whole, by its players, by its character."""
    strand = music_strand(facts, key)
    if strand is None:
        return []
    about = strand.when(facts.duration)
    if not strand.sure:
        return _doubtful(strand, about)
    drafts = [
        Draft(f"{strand.clause} {about}", strand.facts),
        *_played_and_moving(facts, key),
        _sung(facts, key),
        *_loose(strand, facts, about, key),
    ]
    return [draft for draft in drafts if draft is not None]


def _played_and_moving(facts: Facts, key: str) -> list[Draft | None]:
    """Return who plays, the character and the movement; with movement known, their order varies."""
    about = [_played(facts, key), _character(facts, key)]
    moving = movement(facts, key)
    return [*shuffled(f"{key}/about", [*about, moving[0]]), *moving[1:]] if moving else about


def _doubtful(strand: Strand, about: str) -> list[Draft]:
    name = strand.name.removeprefix("what may be ")
    return [
        Draft(f"{strand.clause} {about}", strand.facts),
        Draft(f"{strand.noun} {about}", strand.facts),
        Draft(f"possibly {name} {about}", strand.facts),
        Draft(f"sounds that could be music {about}", strand.facts[:1]),
    ]


def _played(facts: Facts, key: str) -> Draft | None:
    """Return who plays what kind of piece."""
    played, genre = facts.of("instrument"), facts.one("genre")
    traits = shuffled(f"{key}/trait", facts.of("tempo", "mood"))[:1]
    kind = [*traits, *((genre,) if genre else ())]
    if not played and not kind:
        return None
    piece = with_article(" ".join([*(PACES.get(fact.value, fact.value) for fact in kind), "piece"]))
    used = facts_of(facts.of("music")[:1], played, kind)
    if not played:
        return Draft(choose(f"{key}/piece", (piece, f"{piece} of music")), used)
    who = listing([instrument(fact) for fact in played])
    forms = (f"{who} {play(played)} {piece}", f"{piece} featuring {who}", f"{piece} with {who}")
    return Draft(choose(f"{key}/played", forms), used)


def _character(facts: Facts, key: str) -> Draft | None:
    """Return the period, the tempo and mood, or that it is instrumental."""
    music = facts.of("music")[:1]
    genre, era = facts.one("genre"), facts.one("era")
    instrumental, traits = facts.one("instrumental"), facts.of("tempo", "mood")[:2]
    known: list[Fact | None] = [instrumental, genre]
    kind = " ".join([*(fact.value for fact in known if fact), "music"])
    if era is not None:
        return Draft(f"{kind} in the style of the {era.value}", facts_of(music, era, *known))
    if traits:
        feel = " and ".join(PACES.get(fact.value, fact.value) for fact in traits)
        plain = Draft(f"the music sounds {feel}", facts_of(music, traits))
        full = Draft(f"{kind} with {with_article(feel)} feel", facts_of(music, traits, *known))
        return choose(f"{key}/traits", (plain, full))
    return Draft(kind, facts_of(music, *known)) if instrumental else None


def _sung(facts: Facts, key: str) -> Draft | None:
    singing, genre = facts.one("singing"), facts.one("genre")
    if singing is None:
        return None
    about = when(singing.start, singing.end, facts.duration)
    plain = Draft(f"{sings(singing.value)} {about}", (singing,))
    if genre is None:
        return plain
    piece = with_article(f"{genre.value} piece")
    full = Draft(f"{singing.value} in {piece} {about}", (singing, genre))
    return choose(f"{key}/sung", (plain, full))


def _loose(strand: Strand, facts: Facts, about: str, key: str) -> list[Draft]:
    extent = "throughout" if strand.facts[0].value == "throughout" else about
    named = (f"{strand.name} {extent}", f"a stretch of {strand.name} {extent}")
    bare = (
        f"music can be heard {extent}",
        f"a passage of music {extent}",
        f"the music carries on {extent}",
    )
    music = tuple(facts.of("music"))
    rest = [Draft(named[1], strand.facts), *(Draft(text, music) for text in bare)]
    return [Draft(named[0], strand.facts), *shuffled(key, rest)]
