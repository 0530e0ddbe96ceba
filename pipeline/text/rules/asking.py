"""Asking: an observation as a question, and observations joined into harder questions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from auricle.pipeline.text.english import choose, listing, sentence, shuffled, words
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.movement import PACES
from auricle.pipeline.text.rules.quoting import opening, quote
from auricle.pipeline.text.rules.strands import strands
from auricle.pipeline.text.settings import WHERE
from auricle.schemas.text import Difficulty, QACategory

_QUOTED = '".…,;:!? '
LEAST_WORDS, MOST_WORDS = 3, 15
_PARTS: dict[Difficulty, int] = {"basic": 1, "intermediate": 1, "advanced": 2, "complex": 3}


@dataclass(frozen=True)
class Atom:
    """One thing to ask: the question without its mark, the answer as a clause and in brief.

    `brief` may be empty where the answer makes no sense beside others; `polar` says whether the
    answer is yes or no, and is None where it is neither.
    """

    ask: str
    say: str
    brief: str
    facts: tuple[Fact, ...]
    polar: bool | None = None


@dataclass(frozen=True)
class Asked:
    """A question with its answer, its kind and the facts that support it."""

    category: QACategory
    difficulty: Difficulty
    question: str
    answer: str
    facts: tuple[Fact, ...]
    polar: bool | None = None


class Context(NamedTuple):
    """Words that say which clip is meant, and the facts they come from."""

    text: str
    facts: tuple[Fact, ...]


def contexts(facts: Facts, key: str) -> list[Context]:
    """Return ways to open a question on this clip, the most telling first."""
    found: list[Context] = []
    quoted = quote(facts, 4)
    if quoted is not None:
        said = f'"{quoted[0].strip(_QUOTED)}"'
        form = choose(
            f"{key}/said",
            (
                "in the clip with the words {}",
                "where someone says {}",
                "in the recording that has {}",
            ),
        )
        found.append(Context(form.format(said), (quoted[1],)))
    for index, strand in enumerate(strands(facts, key)):
        form = choose(
            f"{key}/with/{index}",
            (
                "in the clip with {}",
                "in this recording of {}",
                "hearing {}",
                "in a clip that holds {}",
            ),
        )
        if strand.sure and strand.facts[0].kind != "unnamed_sound":
            found.append(Context(form.format(strand.noun), strand.facts))
    for fact in facts.of("setting"):
        if fact.sure:
            found.append(Context(f"in a clip probably recorded {WHERE[fact.value]}", (fact,)))
    level = facts.one("level")
    if level is not None and level.value != "moderately loud":
        found.append(Context(f"in this {level.value} clip", (level,)))
    plain = ("from beginning to end", "over its whole length", "taken as a whole")
    return [*found, *(Context(text, ()) for text in shuffled(key, plain))]


def questions(
    facts: Facts,
    category: QACategory,
    difficulty: Difficulty,
    atoms: Sequence[Atom],
    others: Sequence[Atom],
    key: str,
) -> Iterator[Asked]:
    """Yield questions of a kind, those that suit the difficulty best first.

    basic asks one thing; intermediate one thing of a clip that is told from others by something
    else heard in it; advanced asks two things at once and complex three. They are of the category
    as far as it has them, then from `others`; with too few, context takes their place.
    """
    openings = contexts(facts, key)
    mixed = shuffled(f"{key}/{category}", list(atoms))
    if difficulty == "basic":
        names = _names(facts, key)
        for atom in mixed:
            yield from _valid(category, difficulty, [_specific(atom, names)], None)
        return
    pool = [*mixed, *shuffled(f"{key}/others", list(others))]
    for size in range(_PARTS[difficulty], 0, -1):
        for atom in mixed:
            group = _group(atom, pool, size)
            if len(group) < size:
                continue
            if size > 1 and choose(f"{key}/{atom.ask}", (True, False)):
                yield from _valid(category, difficulty, group, None)
            yield from _with_context(category, difficulty, group, openings)


def _group(atom: Atom, pool: Sequence[Atom], size: int) -> list[Atom]:
    """Return an atom with others that go with it, as many as wanted or as there are."""
    group = [atom]
    for other in pool if _joins(atom) else ():
        if len(group) < size and _joins(other) and not _shares(group, other):
            group.append(other)
    return group


def _joins(atom: Atom) -> bool:
    return bool(atom.brief) and atom.polar is None


def _names(facts: Facts, key: str) -> dict[str, Context]:
    """Return what a voice, the speech, the music and the recording are called in this clip."""
    names: dict[str, Context] = {}
    for fact in facts.of("language"):
        if fact.sure:
            names["the voice"] = Context(f"the {fact.value} voice", (fact,))
            names["the speech"] = Context(f"the {fact.value} speech", (fact,))
    kinds = shuffled(f"{key}/kinds", facts.of("genre", "mood", "tempo"))
    for fact in kinds[:1]:
        names["the music"] = Context(f"the {PACES.get(fact.value, fact.value)} music", (fact,))
    found = [strand for strand in strands(facts, key) if strand.sure]
    for strand in shuffled(f"{key}/names", found)[:1]:
        names["the recording"] = Context(f"the recording of {strand.name}", strand.facts)
        names["the clip"] = Context(f"the clip of {strand.name}", strand.facts)
    return names


def _specific(atom: Atom, names: dict[str, Context]) -> Atom:
    """Return an atom that names its clip's own speech, music or recording where it can."""
    for name, own in names.items():
        named = re.sub(rf"\b{name}\b(?! of)", own.text, atom.ask, count=1)
        if named != atom.ask and set(atom.facts).isdisjoint(own.facts) and '"' not in atom.ask:
            return replace(atom, ask=named, facts=(*atom.facts, *own.facts))
    return atom


def _with_context(
    category: QACategory, difficulty: Difficulty, group: list[Atom], openings: list[Context]
) -> Iterator[Asked]:
    used = {fact for atom in group for fact in atom.facts}
    for opening_words in openings:
        if used.isdisjoint(opening_words.facts):
            yield from _valid(category, difficulty, group, opening_words)


def _shares(group: list[Atom], other: Atom) -> bool:
    """Return whether an atom asks for what another one gives away."""
    return any(
        not set(atom.facts).isdisjoint(other.facts) or other.brief in atom.say for atom in group
    )


def _valid(
    category: QACategory, difficulty: Difficulty, group: list[Atom], context: Context | None
) -> Iterator[Asked]:
    """Yield the question if its answer keeps to its length."""
    ask = listing([atom.ask for atom in group])
    if len(group) == 2:
        ask = f"{group[0].ask}, and {group[1].ask}"
    question = f"{context.text}, {ask}" if context else ask
    question = question[:1].upper() + question[1:] + "?"
    answer = group[0].say if len(group) == 1 else "; ".join(atom.brief for atom in group)
    answer = sentence(answer)
    used = tuple(fact for atom in group for fact in atom.facts)
    if LEAST_WORDS <= words(answer) <= MOST_WORDS and words(question) <= 32:
        used += context.facts if context else ()
        yield Asked(category, difficulty, question, answer, used, group[0].polar)


def polar(yes: bool, ask: str, say: str, *facts: Fact) -> Atom:
    """Return a question that is answered by yes or no, with its reason."""
    return Atom(ask, f"{'yes' if yes else 'no'}, {say}", "", facts, yes)


def either(key: str, when_true: Atom, when_false: Atom) -> Atom:
    """Return one of two, decided by the key: so that yes and no are as frequent as each other."""
    return choose(key, (when_true, when_false))


def following(text: str, first: int) -> tuple[str, str] | None:
    """Return the first words of a text and those right after them, both short; None if too few."""
    parts = text.split()
    if len(parts) < first + 3 or any(len(part) > 24 for part in parts[: first + 6]):
        return None
    head = " ".join(parts[:first]).strip(" ,;:.!?…-")
    return (head, opening(" ".join(parts[first:]), 6)) if head else None
