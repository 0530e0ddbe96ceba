"""Parts: what can be written of the speech, the music and the other sounds, each alone."""

from auricle.pipeline.text.draft import Draft, facts_of
from auricle.pipeline.text.english import choose, listing, shuffled, when, with_article
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.music_words import PLURAL_INSTRUMENTS
from auricle.pipeline.text.narrate import beats, frame, name_all, narrate
from auricle.pipeline.text.quoting import quote
from auricle.pipeline.text.sounds import sound
from auricle.pipeline.text.strands import (
    Strand,
    instrument,
    language_of,
    music_strand,
    sings,
    sound_strands,
    speaker,
    speaks,
    speech_strand,
)


def speech_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return sentences on the speech: how it is spoken, what is said, then looser ones."""
    strand = speech_strand(facts, key)
    if strand is None:
        return []
    spans, about = facts.of("speech"), strand.when(facts.duration)
    pace, fluency = facts.one("pace"), facts.one("fluency")
    if not strand.sure:
        return [
            Draft(f"{strand.clause} {about}", strand.facts),
            Draft(f"there may be {strand.name.removeprefix('what may be ')} {about}", strand.facts),
            Draft(f"{strand.noun} {about}", strand.facts),
            Draft("sounds that could be speech", (spans[0],)),
            Draft("possibly a voice", (spans[0],)),
        ]
    how = choose(f"{key}/how", (pace, fluency)) or fluency or pace
    how = pace if strand.broken else how
    manner = f" {how.value}" if how else ""
    drafts = [Draft(f"{strand.clause}{manner} {about}", facts_of(strand.facts, how))]
    quoted = _quoted(facts, key)
    if quoted is not None:
        drafts.append(quoted)
    other = fluency if how is pace and not strand.broken else pace
    rest = f" {other.value}" if other else ""
    drafts.append(Draft(f"{strand.name}{rest} {about}", facts_of(spans, strand.facts, other)))
    stretches = [s for s in spans if s.start is not None]
    if len(stretches) > 1:
        times = [when(s.start, s.end, facts.duration) for s in stretches]
        if len(set(times)) > 1 and all(times):
            drafts.insert(1 + bool(quoted), Draft(f"{strand.name} {listing(times)}", strand.facts))
    language = f" in {language_of(facts)[0]}" if facts.one("language") else ""
    loose = (
        f"a voice can be heard speaking{language}",
        f"spoken words{language}",
        f"somebody is talking{language}",
        f"talking{language}",
        "a stretch of speech",
    )
    return [*drafts, *(Draft(f"{text} {about}", strand.facts) for text in shuffled(key, loose))]


def music_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return sentences on the music: as a whole, by its players, by its character."""
    strand = music_strand(facts, key)
    if strand is None:
        return []
    about = strand.when(facts.duration)
    if not strand.sure:
        return [
            Draft(f"{strand.clause} {about}", strand.facts),
            Draft(f"{strand.noun} {about}", strand.facts),
            Draft(f"possibly {strand.name.removeprefix('what may be ')} {about}", strand.facts),
            Draft(f"sounds that could be music {about}", strand.facts[:1]),
        ]
    drafts = [
        Draft(f"{strand.clause} {about}", strand.facts),
        _played(facts, key),
        _character(facts, key),
        _sung(facts, key),
    ]
    head = strand.facts[:1]
    extent = "throughout" if head[0].value == "throughout" else about
    loose = (
        f"{strand.name} {extent}",
        f"music can be heard {extent}",
        f"a passage of music {extent}",
        f"a stretch of {strand.name} {extent}",
        f"the music carries on {extent}",
    )
    plain = facts_of(strand.facts)
    drafts += [Draft(text, plain) for text in (loose[0], *shuffled(key, loose[1:]))]
    return [draft for draft in drafts if draft is not None]


def sound_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return sentences on the other sounds: told in order, named, and how they begin and end."""
    heard = sound_strands(facts)
    sure = [strand for strand in heard if strand.sure][:3]
    told = sure or heard[:1]
    if not told:
        return []
    drafts = [narrate(told, facts.duration, key)]
    framed = frame(told, key)
    if len(told) > 1:
        drafts.append(name_all(told, facts.duration, f"{key}/names"))
    if framed is not None:
        drafts.append(framed)
    elif told[0].sure and facts.of("sound"):
        drafts.append(_span(told[0], facts.duration, key))
    first = told[0]
    about = first.when(facts.duration)
    loose = [
        f"the sound of {first.noun} {about}",
        f"{first.noun} {about}",
        f"{first.noun} can be heard {about}",
        f"what is heard is {first.noun} {about}",
    ]
    if not first.sure:
        loose = [
            f"possibly {first.noun.removeprefix('what may be ')} {about}",
            f"{first.noun} {about}",
            f"something like {first.noun.removeprefix('what may be ')}",
            f"{first.noun} can be heard {about}",
        ]
    elif first.noun.startswith("the sound of"):
        loose[0] = f"there is {first.noun} {about}"
    base, timed = beats(told)
    if len(told) > 1 and not (base and timed):
        drafts.append(
            Draft(f"{listing([s.noun for s in told])}", facts_of(*(s.facts for s in told)))
        )
    possible = [strand for strand in heard if not strand.sure][:1] if sure else []
    for strand in possible:
        text = f"{first.noun} and possibly {strand.noun.removeprefix('what may be ')}"
        drafts.append(Draft(text, facts_of(first.facts, strand.facts)))
    return [*drafts, *(Draft(text, first.facts) for text in shuffled(key, loose))]


def _span(strand: Strand, duration: float, key: str) -> Draft:
    """Return when a sound is heard, as a sentence of its own."""
    heard = sound(strand.facts[0].value)
    time, plural = strand.when(duration), heard.plural
    if not time:
        forms = ("{} {} on from beginning to end", "throughout the clip {} {} on")
        text = choose(f"{key}/span", forms).format(heard.definite, "go" if plural else "goes")
        return Draft(text, strand.facts)
    return Draft(f"{heard.definite} {'are' if plural else 'is'} heard {time}", strand.facts)


def _quoted(facts: Facts, key: str) -> Draft | None:
    quoted = quote(facts)
    if quoted is None:
        return None
    who, backing = speaker(facts, key)
    language, known = language_of(facts)
    says, tongue = speaks(who, "says"), f" in {language}" if language else ""
    used = facts_of(facts.of("speech")[:1], backing, known, quoted[1])
    forms = (
        f"{who} {says}{tongue}: {quoted[0]}",
        f"the speech{tongue} opens with {quoted[0]}",
        f"the words begin {quoted[0]}",
        f"{who} can be heard saying {quoted[0]}",
    )
    text = choose(f"{key}/quoted", forms)
    return Draft(text, used if tongue in text and who in text else facts_of(used))


def _played(facts: Facts, key: str) -> Draft | None:
    """Return who plays what kind of piece."""
    played = facts.of("instrument")
    genre, tempo, mood = facts.one("genre"), facts.one("tempo"), facts.one("mood")
    about = [fact for fact in (tempo, mood) if fact]
    about = about[:1] if choose(f"{key}/about", (True, False)) else about[-1:]
    if not played and not about and genre is None:
        return None
    kind = " ".join(fact.value for fact in (*about, *((genre,) if genre else ())))
    piece = with_article(f"{kind} piece".strip())
    used = facts_of(facts.of("music"), played, about, genre)
    if not played:
        return Draft(choose(f"{key}/piece", (piece, f"{piece} of music")), used)
    who = listing([instrument(fact) for fact in played])
    one = len(played) == 1 and (
        played[0].value not in PLURAL_INSTRUMENTS or played[0].value in ("percussion", "brass")
    )
    verb = "plays" if one else "play"
    forms = (f"{who} {verb} {piece}", f"{piece} featuring {who}", f"{piece} with {who}")
    return Draft(choose(f"{key}/played", forms), used)


def _character(facts: Facts, key: str) -> Draft | None:
    mood, tempo, era = facts.of("mood"), facts.one("tempo"), facts.one("era")
    genre, instrumental = facts.one("genre"), facts.one("instrumental")
    traits = [fact for fact in (tempo, *mood) if fact is not None]
    used = facts_of(facts.of("music")[:1], traits, era, instrumental)
    kind = f"{genre.value} music" if genre else "music"
    lead = f"instrumental {kind}" if instrumental else kind
    if era is not None:
        text = f"{lead} in the style of the {era.value}"
        return Draft(text, facts_of(facts.of("music")[:1], era, instrumental, genre))
    if traits:
        words = " and ".join(fact.value for fact in traits)
        form = choose(f"{key}/traits", ("the music sounds {0}", "{1} with {2} feel"))
        text = form.format(words, lead, with_article(words))
        if form.startswith("{1}"):
            used = facts_of(used, genre)
        elif instrumental:
            used = facts_of(facts.of("music")[:1], traits)
        return Draft(text, used if "{1}" in form else facts_of(facts.of("music")[:1], traits))
    return (
        Draft(lead, facts_of(facts.of("music")[:1], instrumental, genre)) if instrumental else None
    )


def _sung(facts: Facts, key: str) -> Draft | None:
    singing = facts.one("singing")
    if singing is None:
        return None
    about = when(singing.start, singing.end, facts.duration)
    genre = facts.one("genre")
    form = f"{sings(singing.value)} {about}"
    if genre is not None and choose(f"{key}/sung", (True, False)):
        form = f"{singing.value} in {with_article(genre.value)} piece {about}"
        return Draft(form, facts_of(singing, genre))
    return Draft(form, (singing,))
