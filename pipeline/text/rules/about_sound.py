"""About sound: captions of the sounds that are neither speech nor music."""

from auricle.pipeline.text.english import choose, listing, shuffled
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.narrate import beats, frame, name_all, narrate
from auricle.pipeline.text.rules.strands import Strand, sound_strands
from auricle.pipeline.text.sounds import sound


def sound_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return sentences on the other sounds: told in order, named, and how they begin and end."""
    heard = sound_strands(facts)
    sure = [strand for strand in heard if strand.sure][:3]
    if not heard:
        return []
    if not sure:
        return _doubtful(heard[0], facts, key)
    drafts = [narrate(sure, facts.duration, key)]
    if len(sure) > 1:
        drafts.append(name_all(sure, facts.duration, f"{key}/names"))
    drafts.append(frame(sure, key) or _span(sure[0], facts.duration, key))
    base, timed = beats(sure)
    if len(sure) > 1 and not (base and timed):
        used = facts_of(*(strand.facts for strand in sure))
        drafts.append(Draft(listing([strand.noun for strand in sure]), used))
    drafts += [_possible(sure[0], strand) for strand in heard if not strand.sure][:1]
    return [*drafts, *_loose(sure[0], facts, key)]


def _doubtful(strand: Strand, facts: Facts, key: str) -> list[Draft]:
    about, name = strand.when(facts.duration), strand.noun.removeprefix("what may be ")
    texts = (
        f"possibly {name} {about}",
        f"{strand.noun} {about}",
        f"something like {name}",
        f"{strand.noun} can be heard {about}",
    )
    told = [narrate([strand], facts.duration, key)]
    return [*told, *(Draft(text, strand.facts) for text in shuffled(key, texts))]


def _span(strand: Strand, duration: float, key: str) -> Draft:
    """Return when a sound is heard, as a sentence of its own."""
    fact = strand.facts[0]
    if fact.kind != "sound":
        return Draft(f"there is {strand.noun}", strand.facts)
    heard, time = sound(fact.value), strand.when(duration)
    if not time:
        forms = ("{} {} on from beginning to end", "throughout the clip {} {} on")
        text = choose(f"{key}/span", forms)
        return Draft(text.format(heard.definite, "go" if heard.plural else "goes"), strand.facts)
    return Draft(f"{heard.definite} {'are' if heard.plural else 'is'} heard {time}", strand.facts)


def _possible(first: Strand, doubtful: Strand) -> Draft:
    text = f"{first.noun} and possibly {doubtful.noun.removeprefix('what may be ')}"
    return Draft(text, facts_of(first.facts, doubtful.facts))


def _loose(first: Strand, facts: Facts, key: str) -> list[Draft]:
    about = first.when(facts.duration)
    texts = [
        f"{first.noun} {about}",
        f"{first.noun} can be heard {about}",
        f"what is heard is {first.noun} {about}",
    ]
    if first.noun.startswith("the sound of") or first.facts[0].kind != "sound":
        texts.append(f"there is {first.noun} {about}")
    else:
        texts.append(f"the sound of {first.noun} {about}")
    return [Draft(text, first.facts) for text in shuffled(key, texts)]
