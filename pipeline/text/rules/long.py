"""Long captions: one or two sentences; the first is the general caption of the clip."""

from collections.abc import Sequence

from auricle.pipeline.text.english import sentence, words
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.aspects import aspects, notable, ways
from auricle.pipeline.text.rules.details import details
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.narrate import frame, main_strands, name_all, narrate
from auricle.pipeline.text.rules.short import loose, turned
from auricle.pipeline.text.rules.strands import Strand, strands

LONG_WORDS = 45
_MODERATE = 24


def long_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return the general caption, then two shorter ones with another focus."""
    extra = details(facts, key)
    sure = [draft for draft in extra if all(fact.sure for fact in draft.facts)]
    first = [*_doubted(extra, facts), *(draft for draft in sure if notable(draft))]
    found = strands(facts, f"{key}/0")
    told = narrate(main_strands(found, 4), facts.duration, f"{key}/0")
    general = _with_detail(_with_ways(told, found, facts, key), first)

    again = strands(facts, f"{key}/1")
    named = name_all(main_strands(again, 3), facts.duration, f"{key}/1")
    second = _with_detail(named, _least_used(extra, general), _MODERATE)

    chosen = main_strands(strands(facts, f"{key}/2"), 3)
    third = frame(chosen, f"{key}/2") or _third(chosen, facts, key)
    third = _with_detail(third, _least_used(extra, general, second), _MODERATE)
    plain = loose(facts, key)
    return [
        general,
        second,
        third,
        *(_with_detail(d, extra[::-1], _MODERATE) for d in plain),
        *plain,
    ]


def _with_ways(draft: Draft, found: Sequence[Strand], facts: Facts, key: str) -> Draft:
    """Return a draft on a clip of one strand with the way it goes, before its time."""
    how = ways(facts, found[0], key)[:2] if len(found) == 1 else []
    if not how:
        return draft
    time = found[0].when(facts.duration)
    head = draft.text.removesuffix(time).strip() if time else draft.text
    way = " and ".join(each.text for each in how)
    text = f"{head} {way} {time}".strip()
    return Draft(text, facts_of(draft.facts, *(each.facts for each in how)))


def _doubted(extra: Sequence[Draft], facts: Facts) -> list[Draft]:
    """Return the detail on a doubtful sound where the domain has sounds and none is sure."""
    sounds = facts.of("sound")
    if any(fact.sure for fact in sounds):
        return []
    return [draft for draft in extra if draft.facts and set(draft.facts) <= set(sounds)]


def _third(chosen: list[Strand], facts: Facts, key: str) -> Draft:
    draft = turned(chosen, facts, f"{key}/2")
    spare = aspects(facts, chosen[0], f"{key}/2") if len(chosen) == 1 else []
    if not spare:
        return draft
    text = f"{chosen[0].name} {spare[0].text}"
    return Draft(text, facts_of(chosen[0].facts, spare[0].facts))


def _least_used(extra: Sequence[Draft], *drafts: Draft) -> list[Draft]:
    """Return the details, those first whose facts and words fewest drafts hold."""

    def used(detail: Draft) -> tuple[int, int]:
        facts = sum(not set(draft.facts).isdisjoint(detail.facts) for draft in drafts)
        return facts, sum(sentence(detail.text) in draft.text for draft in drafts)

    return sorted(extra, key=used)


def _with_detail(draft: Draft, extra: Sequence[Draft], most: int = LONG_WORDS) -> Draft:
    """Return a draft with a second sentence of other facts, where the two keep to a length."""
    for detail in extra:
        text = f"{sentence(draft.text)} {sentence(detail.text)}"
        if set(draft.facts).isdisjoint(detail.facts) and words(text) <= most:
            return Draft(text, facts_of(draft.facts, detail.facts))
    return draft
