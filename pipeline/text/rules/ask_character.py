"""Questions on how it sounds: pace, mood, volume, and how long it goes on."""

from auricle.pipeline.text.english import choose, number
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.ask_hearing import is_plural_strand, reference
from auricle.pipeline.text.rules.ask_movement import movement_atoms
from auricle.pipeline.text.rules.ask_voices import tone_atoms
from auricle.pipeline.text.rules.asking import Atom, either, polar
from auricle.pipeline.text.rules.strands import Strand, strands


def character_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on how it sounds: pace, mood, volume, how long it goes on."""
    return [*_delivery(facts, key), *_feel(facts, key), *_volume(facts, key), *_extents(facts, key)]


def _delivery(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    pace, fluency, manner = facts.one("pace"), facts.one("fluency"), facts.one("manner")
    if pace is not None:
        ask = choose(
            f"{key}/pace",
            (
                "how fast is the speech",
                "at what pace are the words spoken",
                "how quickly do the words come",
            ),
        )
        atoms.append(Atom(ask, f"the words come {pace.value}", pace.value, (pace,)))
    if fluency is not None:
        ask = choose(
            f"{key}/fluency",
            (
                "how fluent is the delivery",
                "how is the speech broken up",
                "how do the phrases follow each other",
            ),
        )
        atoms.append(Atom(ask, f"the speech goes on {fluency.value}", fluency.value, (fluency,)))
        smooth = fluency.value.startswith("without")
        yes = "does the speech run on without a break" if smooth else "does the speaker pause"
        no = "does the speaker pause noticeably" if smooth else "is the speech free of pauses"
        say = f"it goes on {fluency.value}"
        atoms.append(
            either(f"{key}/pauses", polar(True, yes, say, fluency), polar(False, no, say, fluency))
        )
    if manner is not None:
        atoms.append(
            Atom(
                "in what manner is it spoken", "the words are whispered", "in a whisper", (manner,)
            )
        )
    return [*atoms, *tone_atoms(facts, key)]


def _feel(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    moods, genre = facts.of("mood"), facts.one("genre")
    if moods:
        words = " and ".join(fact.value for fact in moods)
        ask = choose(
            f"{key}/mood",
            (
                "what is the mood of the music",
                "how does the music feel",
                "what character does the music have",
            ),
        )
        atoms.append(Atom(ask, f"the music sounds {words}", words, tuple(moods)))
    atoms += movement_atoms(facts, key)
    if genre is not None:
        ask = choose(
            f"{key}/style", ("what style is the music in", "which genre does the music suggest")
        )
        atoms.append(
            Atom(ask, f"it sounds like {genre.value} music", f"{genre.value} music", (genre,))
        )
    for fact in facts.of("era"):
        atoms.append(
            Atom(
                "which period does the style recall",
                f"it recalls the {fact.value}",
                f"the {fact.value}",
                (fact,),
            )
        )
    return atoms


def _volume(facts: Facts, key: str) -> list[Atom]:
    dynamics = facts.one("dynamics")
    if dynamics is None or facts.of("silent"):
        return []
    ask = choose(
        f"{key}/volume",
        (
            "how does the volume behave",
            "how even is the volume",
            "how do loud and quiet moments compare",
        ),
    )
    return [Atom(ask, f"the sound comes {dynamics.value}", dynamics.value, (dynamics,))]


def _extents(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for strand in strands(facts, key):
        if not strand.sure or not _known_extent(strand):
            continue
        name, time = reference(strand, facts), strand.when(facts.duration)
        do, they = ("do", "they are") if is_plural_strand(strand) else ("does", "it is")
        tag = f"{key}/extent/{strand.facts[0].id}"
        where = time or "throughout the clip"
        used: tuple[Fact, ...] = strand.facts
        ask = choose(tag, ("how long {0} {1} last", "for how much of the clip {0} {1} go on"))
        atoms.append(Atom(ask.format(do, name), f"{they} heard {where}", where, used))
        whole, part = f"{do} {name} go on throughout", f"{do} {name} stop before the end"
        part = part if time else f"{do} {name} come up only briefly"
        if number(tag) % 2:
            atoms.append(polar(not time, whole, f"{they} heard {where}", *used))
        elif not time:
            atoms.append(polar(False, part, f"{they} heard {where}", *used))
        elif not strand.broken and strand.end is not None and strand.end < 0.8 * facts.duration:
            atoms.append(polar(True, part, f"{they} heard {where}", *used))
    return atoms


def _known_extent(strand: Strand) -> bool:
    head = strand.facts[0]
    return head.start is not None or head.value == "throughout" or head.kind == "sound"
