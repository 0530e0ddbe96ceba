"""Short captions: what is heard in at most fifteen words."""

from auricle.pipeline.text.english import choose, sentence, shuffled, words
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.aspects import aspects, placed
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.narrate import frame, main_strands, name_all, narrate
from auricle.pipeline.text.rules.strands import Strand, strands

SHORT_WORDS = 15


def short_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return one told, one named and one turned round, then plainer ones that always fit."""
    found = main_strands(strands(facts, key), 3)
    if len(found) == 1 and len(main_strands(strands(facts, key), 9)) == 1:
        rows = _of_one(facts, key)
    else:
        rows = [_of_several(facts, f"{key}/{turn}", turn) for turn in range(3)]
    first = [row[0] for row in rows]
    return [*first, *(draft for row in rows for draft in row[1:]), *loose(facts, key)]


def turned(chosen: list[Strand], facts: Facts, key: str) -> Draft:
    """Return the strands by name, the last one first; how it opens and ends if that is told."""
    used = facts_of(*(strand.facts for strand in chosen))
    if len(chosen) == 1:
        forms = ("{} can be heard", "a clip of {}", "{}")
        text = choose(key, forms).format(chosen[0].name)
        return Draft(f"{text} {chosen[0].when(facts.duration)}", used)
    framed = frame(chosen, key)
    if framed is not None and len(chosen) == 2:
        return framed
    names = [strand.name for strand in chosen]
    link = choose(key, ("alongside", "heard together with", "mixed with"))
    return Draft(f"{names[-1]} {link} {' and '.join(names[:-1])}", used)


def loose(facts: Facts, key: str) -> list[Draft]:
    """Return plain sentences on the main strand; the last ones are as short as can be."""
    strand = main_strands(strands(facts, f"{key}/loose"), 1)[0]
    forms = ("{} in a short clip", "there is {}", "a recording of {}", "what is heard is {}", "{}")
    full = [Draft(form.format(strand.noun), strand.facts) for form in shuffled(key, forms)]
    name = strand.noun if strand.topic == "sound" else strand.topic
    name = name if strand.sure else f"what may be {name.removeprefix('what may be ')}"
    plain = ("{}", "{} can be heard", "a clip with {}")
    return [*full, *(Draft(form.format(name), strand.facts[:1]) for form in plain)]


def _of_one(facts: Facts, key: str) -> list[list[Draft]]:
    """Return rows of drafts on a single strand, each with another aspect of it."""
    rows = []
    spare = aspects(facts, main_strands(strands(facts, key), 1)[0], key)
    for turn in range(3):
        strand = main_strands(strands(facts, f"{key}/{turn}"), 1)[0]
        text = (strand.clause, strand.noun, strand.name)[turn]
        bare = Draft(text, strand.facts)
        if turn == 2:
            bare = turned([strand], facts, f"{key}/{turn}")
        with_one = [Draft(text, strand.facts)] if spare else []
        row = [Draft(f"{d.text} {spare[0].text}", facts_of(d.facts, spare[0].facts))
               for d in with_one]  # fmt: skip
        spare = spare[1:]
        rows.append(_fitting([*row, bare]))
    return rows


def _of_several(facts: Facts, key: str, turn: int) -> list[Draft]:
    """Return drafts on several strands, fewer of them where they do not fit."""
    found = strands(facts, key)
    drafts = []
    for most in (3, 2, 1):
        chosen = main_strands(found, most)
        if turn == 0:
            drafts.append(narrate(chosen, facts.duration, key, timed=False))
        elif turn == 1:
            named = name_all(chosen, facts.duration, key, timed=False)
            where = placed(facts, key)[:1]
            drafts += [Draft(f"{named.text}, {w.text.lstrip(', ')}", facts_of(named.facts, w.facts))
                       for w in where]  # fmt: skip
            drafts.append(named)
        else:
            drafts.append(turned(chosen, facts, key))
    return _fitting(drafts)


def _fitting(drafts: list[Draft]) -> list[Draft]:
    return [d for d in drafts if words(sentence(d.text)) <= SHORT_WORDS] or drafts
