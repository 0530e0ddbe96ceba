"""About speech: captions of the speech alone."""

from collections.abc import Sequence

from auricle.pipeline.text.english import choose, listing, shuffled, when
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.quoting import quote
from auricle.pipeline.text.rules.strands import Strand, speech_strand
from auricle.pipeline.text.rules.voices import (
    feeling,
    is_many,
    language_of,
    speaker,
    speaks,
    tones,
    turn_order,
)


def speech_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return sentences on the speech: how it is spoken, what is said, then looser ones."""
    strand = speech_strand(facts, key)
    if strand is None:
        return []
    about = strand.when(facts.duration)
    if not strand.sure:
        return _doubtful(strand, about)
    pace, fluency = facts.one("pace"), facts.one("fluency")
    if strand.broken:
        fluency = None
    how = choose(f"{key}/how", (pace, fluency)) or fluency or pace
    rest = fluency if how is pace else pace
    voiced = tones(facts, key)
    exchange = [Draft(fact.value, (fact,)) for fact in facts.of("exchange") if fact.sure]
    first = choose(f"{key}/spoken", (exchange, voiced)) or exchange or voiced
    ways = [*first, *([Draft(how.value, (how,))] if how else [])]
    spoken = ways[0] if ways else Draft("", ())
    more = f" {rest.value}" if rest else ""
    drafts = [
        Draft(f"{strand.clause} {spoken.text} {about}", facts_of(strand.facts, spoken.facts)),
        *shuffled(f"{key}/voices", [*_sound(facts, key, voiced[1:]), *_turns(facts, key)])[:1],
        _quoted(facts, key),
        _stretches(strand, facts),
        Draft(f"{strand.name}{more} {about}", facts_of(strand.facts, rest)),
        *_loose(strand, facts, about, key),
    ]
    return [draft for draft in drafts if draft is not None]


def _doubtful(strand: Strand, about: str) -> list[Draft]:
    name = strand.name.removeprefix("what may be ")
    return [
        Draft(f"{strand.clause} {about}", strand.facts),
        Draft(f"there may be {name} {about}", strand.facts),
        Draft(f"{strand.noun} {about}", strand.facts),
        Draft("sounds that could be speech", strand.facts[:1]),
        Draft("possibly a voice", strand.facts[:1]),
    ]


def _sound(facts: Facts, key: str, told: Sequence[Draft]) -> list[Draft]:
    """Return how the voice sounds, in a sentence of its own."""
    who, voices = speaker(facts, key)
    feel = feeling(facts)
    drafts = [
        Draft(
            f"{who} can be heard speaking {draft.text}",
            facts_of(facts.of("speech"), voices, draft.facts),
        )
        for draft in told[:1]
    ]
    if feel is not None:
        sounds = speaks(who, "sounds")
        drafts.append(Draft(f"{who} {sounds} {feel.value}", facts_of(voices, feel)))
    return drafts


def _turns(facts: Facts, key: str) -> list[Draft]:
    """Return that several speak, and in which order."""
    count, exchange, order = facts.one("count"), facts.one("exchange"), turn_order(facts)
    drafts = []
    if order is not None:
        first, second = order
        forms = ("{0} speaks first, then {1}", "{0} begins to speak and {1} follows")
        text = choose(f"{key}/order", forms).format(first.value, second.value)
        drafts.append(Draft(text, order))
    if count is not None and count.sure and count.value != "one":
        how = f" {exchange.value}" if exchange and exchange.sure else ""
        used = facts_of(count, exchange if how else None)
        drafts.append(Draft(f"{count.value} voices can be heard speaking{how}", used))
    return drafts


def _quoted(facts: Facts, key: str) -> Draft | None:
    quoted = quote(facts)
    if quoted is None:
        return None
    words, said = quoted
    who, voices = speaker(facts, key)
    language, known = language_of(facts)
    says, tongue = speaks(who, "says"), f" in {language}" if language else ""
    present = facts.of("speech")[:1]
    forms = (
        Draft(f"{who} {says}{tongue}: {words}", facts_of(present, voices, known, said)),
        Draft(f"the speech{tongue} opens with {words}", facts_of(present, known, said)),
        Draft(f"the words begin {words}", (said,)),
        Draft(f"{who} can be heard saying {words}", facts_of(present, voices, said)),
    )
    return choose(f"{key}/quoted", forms[1:3] if is_many(who) else forms)


def _stretches(strand: Strand, facts: Facts) -> Draft | None:
    """Return when speech is heard, where it comes in stretches that words can tell apart."""
    spans = facts.of("speech")
    times = [when(span.start, span.end, facts.duration) for span in spans]
    if len(spans) < 2 or not all(times) or len(set(times)) < len(times):
        return None
    halves = times == ["in the first half", "in the second half"]
    if halves or any("shortly" in time for time in times):
        return None
    return Draft(f"{strand.name} {listing(times)}", strand.facts)


def _loose(strand: Strand, facts: Facts, about: str, key: str) -> list[Draft]:
    language, known = language_of(facts)
    tongue = f" in {language}" if language else ""
    texts: tuple[str, ...] = (
        f"a voice can be heard speaking{tongue}",
        f"spoken words{tongue}",
        f"somebody is talking{tongue}",
        f"talking{tongue}",
    )
    used = facts_of(facts.of("speech"), known)
    if is_many(speaker(facts, key)[0]):
        texts = texts[1::2]
    told = [Draft(f"{text} {about}", used) for text in shuffled(key, texts)]
    return [*told, Draft(f"a stretch of {strand.name}", strand.facts)]
