"""Details: further sentences on a clip, for the second half of a long caption and for parts."""

from auricle.pipeline.text.english import choose, listing, shuffled
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft
from auricle.pipeline.text.rules.movement import movement
from auricle.pipeline.text.rules.quoting import quote
from auricle.pipeline.text.rules.strands import instrument, sound_strands
from auricle.pipeline.text.rules.surroundings import place_sentence, recording_sentence, singles
from auricle.pipeline.text.rules.voices import is_many, speaker, turn_order
from auricle.pipeline.text.sounds import sound


def details(facts: Facts, key: str) -> list[Draft]:
    """Return sentences that each add one thing, in an order that the key decides."""
    found = [
        _quoted(facts, key),
        _delivery(facts, key),
        _band(facts, key),
        *movement(facts, key)[:1],
        *_voiced(facts, key)[:1],
        _possible(facts),
        recording_sentence(facts, key),
        place_sentence(facts, key),
    ]
    told = [draft for draft in found if draft is not None]
    return [*shuffled(f"{key}/details", told), *singles(facts, key)]


def _quoted(facts: Facts, key: str) -> Draft | None:
    quoted = quote(facts)
    if quoted is None or not _speech_sure(facts):
        return None
    form = choose(
        f"{key}/quoted",
        ("the first words are {}", "the words {} can be made out", "the speech starts with {}"),
    )
    text = quoted[0]
    if form.endswith("made out"):
        text = text.removesuffix('."') + '"' if text.endswith('."') else text
    return Draft(form.format(text), (quoted[1],))


def _delivery(facts: Facts, key: str) -> Draft | None:
    pace, fluency = facts.one("pace"), facts.one("fluency")
    if not _speech_sure(facts) or fluency is None:
        return None
    if pace is None:
        form = choose(f"{key}/fluency", ("the speech goes on {}", "the talking goes on {}"))
        return Draft(form.format(fluency.value), (fluency,))
    form = choose(
        f"{key}/delivery",
        ("the words come {} and {}", "the delivery goes {}, {}", "the talking goes on {}, {}"),
    )
    return Draft(form.format(pace.value, fluency.value), (pace, fluency))


def _voiced(facts: Facts, key: str) -> list[Draft]:
    """Return how the voices sound and who begins."""
    if not _speech_sure(facts):
        return []
    who, order = speaker(facts, key)[0], turn_order(facts)
    found = []
    for fact in facts.of("emotion", "arousal", "valence", "timbre", "health"):
        if fact.sure and not is_many(who):
            found.append(Draft(f"the voice sounds {fact.value}", (fact,)))
    for fact in facts.of("accent"):
        if fact.sure:
            found.append(Draft(f"the accent sounds {fact.value}", (fact,)))
    if order is not None:
        found.append(Draft(f"{order[0].value} speaks first", order[:1]))
    for fact in facts.of("exchange"):
        if fact.sure:
            found.append(Draft(fact.text, (fact,)))
    return shuffled(f"{key}/voiced", found)


def _band(facts: Facts, key: str) -> Draft | None:
    """Return what the music is made of."""
    played = facts.of("instrument")
    mood, era = facts.one("mood"), facts.one("era")
    if played:
        who = listing([instrument(fact) for fact in played])
        form = choose(f"{key}/band", ("{} can be heard in the music", "the music features {}"))
        return Draft(form.format(who), tuple(played))
    if era is not None:
        return Draft(f"the style recalls the {era.value}", (era,))
    if mood is not None:
        return Draft(f"the mood of the music is {mood.value}", (mood,))
    return None


def _possible(facts: Facts) -> Draft | None:
    """Return the sound that may be heard besides those that surely are."""
    doubtful = [strand for strand in sound_strands(facts) if not strand.sure]
    if not doubtful or len(doubtful) == len(facts.of("speech", "music", "sound")):
        return None
    heard = sound(doubtful[0].facts[0].value)
    return Draft(f"there may also be {heard.noun}", doubtful[0].facts)


def _speech_sure(facts: Facts) -> bool:
    spans = facts.of("speech")
    return bool(spans) and spans[0].sure
