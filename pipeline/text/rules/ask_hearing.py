"""Questions on what is heard: who, what and when."""

from itertools import combinations

from auricle.pipeline.text.english import choose, listing
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.ask_voices import number_atoms
from auricle.pipeline.text.rules.asking import Atom, either, following, polar
from auricle.pipeline.text.rules.strands import (
    Strand,
    instrument,
    music_name,
    sings,
    sound_strands,
    strands,
)
from auricle.pipeline.text.sounds import sound

_WHAT = {
    "person": "human sound",
    "audience": "sound of people",
    "animal": "animal",
    "nature": "natural sound",
    "vehicle": "vehicle",
    "household": "household sound",
    "tool": "tool or machine",
    "signal": "signal",
    "impact": "sudden sound",
    "object": "noise",
    None: "sound",
}
_OTHER_LANGUAGES = (
    "English",
    "Spanish",
    "German",
    "Russian",
    "Japanese",
    "Arabic",
    "French",
    "Hindi",
    "Portuguese",
    "Korean",
    "Italian",
    "Turkish",
)


def perception_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on what is heard and when."""
    return [
        *_speech(facts, key),
        *number_atoms(facts, key),
        *_music(facts, key),
        *_sounds(facts, key),
        *_order(facts, key),
        *_nothing(facts, key),
    ]


def reference(strand: Strand, facts: Facts) -> str:
    """Return a strand as something known: `the speech`, `the music`, `the dog`."""
    if strand.topic == "sound":
        value = strand.facts[0].value
        return sound(value).definite if value else "the unidentified sound"
    if strand.topic == "music":
        return "the singing" if facts.one("singing") and strand.name != "music" else "the music"
    return "the speech"


def _speech(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    language, speaker, said = facts.one("language"), facts.one("speaker"), facts.one("words")
    if language is not None and language.sure:
        name = language.value
        ask = choose(
            f"{key}/language",
            (
                "what language is spoken",
                "which language can be heard",
                "in what language is the speech",
            ),
        )
        atoms.append(Atom(ask, f"the speech is in {name}", name, (language,)))
        others = [other for other in _OTHER_LANGUAGES if other != name]
        other = choose(f"{key}/other", others)
        yes = polar(True, f"is the speech in {name}", f"it is in {name}", language)
        no = polar(False, f"is the speech in {other}", f"it is in {name}", language)
        atoms.append(either(f"{key}/is-language", yes, no))
    count = facts.one("count")
    alone = count is None or count.value == "one"
    if speaker is not None and speaker.sure and alone:
        ask = choose(
            f"{key}/who",
            ("who is speaking", "whose voice can be heard", "what kind of voice speaks"),
        )
        be = "are" if speaker.value == "people" else "is"
        atoms.append(Atom(ask, f"{speaker.value} {be} speaking", speaker.value, (speaker,)))
    if said is not None and said.confidence >= 0.6:
        for first in (2, 3, 4):
            pair = following(said.value, first)
            if pair is not None:
                ask = choose(
                    f"{key}/after/{first}",
                    (
                        'what is said right after "{}"',
                        'what words follow "{}"',
                        'how does the sentence go on after "{}"',
                    ),
                )
                say = f'the words "{pair[1]}"'
                atoms.append(Atom(ask.format(pair[0]), say, f'"{pair[1]}"', (said,)))
    return atoms


def _music(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    playing, singing = facts.one("music"), facts.one("singing")
    if playing is None or not playing.sure:
        return atoms
    name, used = music_name(facts, f"{key}/name")
    if used:
        ask = choose(
            f"{key}/kind",
            (
                "what kind of music plays",
                "what sort of music is heard",
                "how would you name the music",
            ),
        )
        atoms.append(Atom(ask, f"it is {name}", name, (playing, *used)))
    played = facts.of("instrument")
    if played:
        who = listing([instrument(fact) for fact in played])
        ask = choose(
            f"{key}/instruments",
            (
                "what is played in the music",
                "which instruments are heard",
                "what carries the music",
            ),
        )
        atoms.append(Atom(ask, f"{who} can be heard", who, tuple(played)))
    if singing is not None:
        clause = sings(singing.value)
        atoms.append(Atom("who sings", f"{clause} in the music", clause, (singing,)))
        yes = polar(True, "is anyone singing", clause, singing)
        no = polar(False, "is the music purely instrumental", clause, singing)
        atoms.append(either(f"{key}/sung", yes, no))
    instrumental = facts.one("instrumental")
    if instrumental is not None:
        yes = polar(True, "is the music purely instrumental", "nobody sings", instrumental)
        no = polar(False, "is anyone singing", "the music is instrumental", instrumental)
        atoms.append(either(f"{key}/instrumental", yes, no))
    return atoms


def _sounds(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    heard_sounds = sound_strands(facts)
    sure = [strand for strand in heard_sounds if strand.sure]
    for strand in (sure or heard_sounds[:1])[:4]:
        fact = strand.facts[0]
        if fact.kind != "sound":
            atoms.append(
                Atom("what other sound is there", "a sound that is hard to place", "", strand.facts)
            )
            continue
        heard, time = sound(fact.value), strand.when(facts.duration)
        what = _WHAT[heard.group]
        which = choose(
            f"{key}/what/{fact.id}",
            ("what {} is heard", "which {} can be heard", "what {} comes up"),
        ).format(what)
        maybe = "probably " if not fact.sure else ""
        if not fact.sure:
            which = f"what {what} might be heard"
        say = f"{maybe}{heard.noun}"
        say = say if len(say.split()) > 2 else f"{maybe}{heard.clause}"
        atoms.append(Atom(f"{which} {time}".strip(), say, say, strand.facts[:1]))
        if fact.sure:
            be = "are" if heard.plural else "is"
            ask = choose(
                f"{key}/when/{fact.id}",
                (
                    "when {0} {1} heard",
                    "in which part {0} {1} heard",
                    "where in the clip {0} {1} heard",
                ),
            ).format(be, heard.definite)
            where = time or "throughout the clip"
            they = "they are" if heard.plural else "it is"
            atoms.append(Atom(ask, f"{they} heard {where}", where, strand.facts))
    return atoms


def _order(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    found = [s for s in strands(facts, key) if s.sure]
    timed = sorted((s for s in found if s.start is not None), key=lambda s: s.begins)
    for early, late in combinations(timed, 2):
        if late.begins - early.begins < 1.5:
            continue
        first, second = reference(early, facts), reference(late, facts)
        if first == second:
            continue
        used = (*early.facts, *late.facts)
        tag = f"{key}/{early.facts[0].id}/{late.facts[0].id}"
        yes = polar(True, f"does {first} come before {second}", f"{first} comes first", *used)
        no = polar(False, f"does {second} come before {first}", f"{first} comes first", *used)
        if not is_plural_strand(early) and not is_plural_strand(late):
            atoms.append(either(tag, yes, no))
        ask = choose(
            tag,
            (
                f"which comes first, {first} or {second}",
                f"which of {first} and {second} starts earlier",
            ),
        )
        atoms.append(Atom(ask, f"{first} can be heard first", f"{first} first", used))
    for early, late in zip(timed, timed[1:], strict=False):
        if early.end is not None and late.begins >= early.end - 0.1:
            ask = choose(
                f"{key}/next/{late.facts[0].id}",
                ("what follows {}", "what comes after {}", "what is heard once {} is over"),
            )
            used = (*early.facts, *late.facts)
            atoms.append(Atom(ask.format(reference(early, facts)), late.clause, late.noun, used))
    if len(found) > 1:
        ask = choose(
            f"{key}/all",
            ("what makes up the clip", "which things are heard", "what can be told apart"),
        )
        names = listing([s.noun for s in found[:3]])
        atoms.append(Atom(ask, names, "", tuple(f for s in found[:3] for f in s.facts)))
    return atoms


def _nothing(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for fact in facts.of("silent"):
        say = "complete silence" if fact.value == "complete" else "next to nothing"
        ask = choose(
            f"{key}/nothing",
            ("what can be heard", "what does the clip hold", "what reaches the ear"),
        )
        atoms.append(Atom(ask, f"there is {say}", say, (fact,)))
        yes = polar(True, "is the clip silent", f"there is {say}", fact)
        no = polar(False, "does any sound stand out", f"there is {say}", fact)
        atoms.append(either(f"{key}/silent", yes, no))
    for fact in facts.of("indistinct"):
        atoms.append(Atom("what stands out", "nothing that can be told apart", "nothing", (fact,)))
        yes = polar(True, "is the clip without a distinct sound", "nothing stands out", fact)
        no = polar(False, "can any sound be told apart", "nothing stands out", fact)
        atoms.append(either(f"{key}/indistinct", yes, no))
    return atoms


def is_plural_strand(strand: Strand) -> bool:
    """Return whether a strand's reference takes a plural verb."""
    return (
        strand.topic == "sound"
        and bool(strand.facts[0].value)
        and (sound(strand.facts[0].value).plural)
    )
