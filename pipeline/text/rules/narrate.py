"""Narrating: several strands in one sentence, in the order of time."""

from collections.abc import Sequence

from auricle.pipeline.text.english import choose, listing
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.strands import Strand

_TOGETHER = 1.2
"""Strands that begin this close in seconds, or overlap by half, are told as one beat."""


def beats(strands: Sequence[Strand]) -> tuple[list[Strand], list[list[Strand]]]:
    """Return the strands that hold throughout, and the others as beats in the order of time."""
    base = [strand for strand in strands if strand.start is None]
    timed = sorted((s for s in strands if s.start is not None), key=lambda s: s.begins)
    told: list[list[Strand]] = []
    for strand in timed:
        if told and _together(told[-1][0], strand):
            told[-1].append(strand)
        else:
            told.append([strand])
    return base, told


def narrate(strands: Sequence[Strand], duration: float, key: str, timed: bool = True) -> Draft:
    """Return a sentence of clauses: `a man speaks while rain falls, then a dog barks`."""
    clear, vague = _vague_apart(strands)
    if vague:
        return _along_with(narrate(clear, duration, key, timed), vague)
    base, told = beats(strands)
    used = facts_of(*(strand.facts for strand in strands))
    if not told:
        return Draft(_while([s.clause for s in base], key), used)
    if len(told) == 1:
        clauses = [s.clause for s in [*base, *told[0]]]
        text = _while(clauses, key)
        last = told[0][-1].when(duration) if timed else ""
        return Draft(f"{text} {last}".strip(), used)
    parts = [_and([s.clause for s in beat]) for beat in told]
    if base:
        link = choose(f"{key}/base", (", while", ", and"))
        return Draft(f"{_while([s.clause for s in base], key)}{link} {_then(parts, key)}", used)
    return Draft(_then(parts, key), used)


def name_all(strands: Sequence[Strand], duration: float, key: str, timed: bool = True) -> Draft:
    """Return the strands as noun phrases: `French speech with rain falling, then a dog barking`."""
    clear, vague = _vague_apart(strands)
    if vague:
        return _along_with(name_all(clear, duration, key, timed), vague)
    base, told = beats(strands)
    used = facts_of(*(strand.facts for strand in strands))
    if len(told) < 2:
        nouns = _nouns([*base, *(told[0] if told else [])])
        last = told[0][-1].when(duration) if told and timed else ""
        return Draft(f"{_with(nouns, key)} {last}".strip(), used)
    parts = [listing(_nouns(beat)) for beat in told]
    order = _followed(parts, key)
    if base:
        head = listing(_nouns(base))
        return Draft(f"{head}, with {order}", used)
    return Draft(order, used)


def frame(strands: Sequence[Strand], key: str) -> Draft | None:
    """Return how the clip opens and ends, or None where there is no order in time."""
    base, told = beats(strands)
    if len(told) < 2:
        return None
    first, last = told[0][0], told[-1][-1]
    head = choose(
        f"{key}/frame",
        (
            "the clip opens with {} and ends with {}",
            "{} at first, {} at the end",
            "it begins with {} and closes with {}",
        ),
    )
    text = head.format(first.noun, last.noun)
    if base:
        opens = f"which opens with {first.noun} and ends with {last.noun}"
        text = f"{base[0].name} runs through the clip, {opens}"
    return Draft(text, facts_of(first.facts, last.facts, *(s.facts for s in base[:1])))


def main_strands(found: Sequence[Strand], most: int) -> list[Strand]:
    """Return the strands that matter most, at most so many; a doubtful one only for want of any."""
    sure = [strand for strand in found if strand.sure]
    return sure[:most] or list(found[:1])


def _vague_apart(strands: Sequence[Strand]) -> tuple[list[Strand], list[Strand]]:
    """Return the strands that have a name, and those that have none where others do."""
    clear = [strand for strand in strands if strand.facts[0].kind != "unnamed_sound"]
    vague = [strand for strand in strands if strand.facts[0].kind == "unnamed_sound"]
    return (clear, vague) if clear else (vague, [])


def _along_with(draft: Draft, vague: Sequence[Strand]) -> Draft:
    text = f"{draft.text}, along with {listing(_nouns(vague))}"
    return Draft(text, facts_of(draft.facts, *(strand.facts for strand in vague)))


def _together(first: Strand, second: Strand) -> bool:
    if second.begins - first.begins < _TOGETHER:
        return True
    if first.end is None or second.end is None:
        return False
    shared = min(first.end, second.end) - second.begins
    return shared > 0.5 * (second.end - second.begins)


def _while(clauses: list[str], key: str) -> str:
    if len(clauses) < 2:
        return "".join(clauses)
    link = choose(f"{key}/while", ("while", "as"))
    return f"{clauses[0]} {link} {listing(clauses[1:])}"


def _and(clauses: list[str]) -> str:
    return listing(clauses)


def _then(parts: list[str], key: str) -> str:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        form = choose(f"{key}/then", ("{}, then {}", "first {}, then {}", "{} before {}"))
        if " and " in parts[0] or " and " in parts[1]:
            form = "first {}, then {}"
        return form.format(*parts)
    return f"{', then '.join(parts[:-1])}, and finally {parts[-1]}"


def _followed(parts: list[str], key: str) -> str:
    if len(parts) == 2:
        form = choose(
            f"{key}/followed", ("{0} followed by {1}", "{0} and then {1}", "{1} after {0}")
        )
        if " and " in parts[0] or " and " in parts[1]:
            form = "{0}, followed by {1}"
        return form.format(*parts)
    return f"{', then '.join(parts[:-1])} and finally {parts[-1]}"


def _with(nouns: list[str], key: str) -> str:
    if len(nouns) < 2:
        return "".join(nouns)
    link = choose(f"{key}/with", ("with", "along with", "together with"))
    return f"{nouns[0]} {link} {listing(nouns[1:])}"


def _nouns(strands: Sequence[Strand]) -> list[str]:
    return [strand.noun for strand in strands]
