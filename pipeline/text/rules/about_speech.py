"""About speech: captions of the speech alone."""

from auricle.pipeline.text.english import choose, listing, shuffled, when
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.quoting import quote
from auricle.pipeline.text.rules.strands import Strand, language_of, speaker, speaks, speech_strand


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
    spoken, more = f" {how.value}" if how else "", f" {rest.value}" if rest else ""
    drafts = [
        Draft(f"{strand.clause}{spoken} {about}", facts_of(strand.facts, how)),
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
    return choose(f"{key}/quoted", forms)


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
    texts = (
        f"a voice can be heard speaking{tongue}",
        f"spoken words{tongue}",
        f"somebody is talking{tongue}",
        f"talking{tongue}",
    )
    used = facts_of(facts.of("speech"), known)
    told = [Draft(f"{text} {about}", used) for text in shuffled(key, texts)]
    return [*told, Draft(f"a stretch of {strand.name}", strand.facts)]
