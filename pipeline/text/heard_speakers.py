"""Heard speakers: how many people speak, who they are by their voices, and when each one does."""

from collections import Counter
from dataclasses import dataclass, replace

from auricle.pipeline.text.english import counted
from auricle.pipeline.text.fact import ASSERTED, HEDGED, Fact, agreed, bounded, unit
from auricle.pipeline.text.tagged import scores
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.speech import SpeakerTraits, Turn

_TAGS = {
    "Male speech, man speaking": "a man",
    "Female speech, woman speaking": "a woman",
    "Child speech, kid speaking": "a child",
}
_GENDERS = {"male": "a man", "female": "a woman"}
_YOUNG = {"child": "a child", "teenager": "a teenager"}
_AGES = {"young adult": "young", "middle-aged": "middle-aged", "elderly": "elderly"}
_AGE_SURE = 0.6
_UNSTATED = 0.7
"""How sure a gender is that comes without a probability."""
_MOST_TOLD_APART = 4
_MOST_TURNS = 6
_SAME_TURN = 1.0
"""Seconds of pause within which a speaker goes on with a turn."""
_AT_ONCE = 0.1
"""Share of the speech from which on people are said to speak at once."""


@dataclass(frozen=True)
class Person:
    """One speaker: by which name the diarization knows them, what they sound like, how sure."""

    speaker: str | None
    who: str
    sure: float


def speaker_facts(said: Testimony) -> list[Fact]:
    """Return how many speak and who; with two to four people also who speaks when."""
    tags = scores(said.tags, "speech")
    synthetic = tags.get("Speech synthesizer", 0.0)
    if synthetic >= ASSERTED:
        return [Fact("speaker", "speech", "a synthetic voice", "a synthetic voice", synthetic)]
    told = {who: tags[label] for label, who in _TAGS.items() if tags.get(label, 0.0) >= ASSERTED}
    talk = tags.get("Conversation", 0.0)
    count = _count(said, talk)
    if count is None:
        together = [Fact("speaker", "speech", "people", "people in conversation", talk)]
        return [*_voices(_unknown_number(said, told)), *(together if talk >= ASSERTED else ())]
    if count.value == "one":
        ages = _age(said) if count.sure else []
        return [count, *_voices(_alone(said, told)), *ages]
    speakers = list(dict.fromkeys(turn.speaker for turn in _merged(said)))
    if said.diarization is None or len(speakers) != said.diarization.speakers:
        return [count]
    people = _each(said, told, speakers)
    return [count, *_exchange(said, count), *_groups(people, count), *_turns(said, people, count)]


def speaks_alone(said: Testimony) -> bool:
    """Tell whether nothing sure says that there is more than one speaker."""
    counted_sure = _count(said, 0.0)
    if counted_sure is not None:
        return counted_sure.value == "one"
    return len(said.traits.speakers if said.traits else ()) < 2


def _count(said: Testimony, talk: float) -> Fact | None:
    """Return how many people speak, or None where it is not known.

    A conversation of one is told as a possibility only.
    """
    heard = said.diarization
    if heard is None or not heard.speakers or heard.confidence is None:
        return None
    sure = unit(heard.confidence)
    if sure < ASSERTED:
        return None
    if heard.speakers == 1:
        sure = HEDGED if talk >= ASSERTED else sure
        return Fact("count", "speech", "one", "one voice", sure)
    sure = agreed(sure, talk) if talk >= ASSERTED else sure
    word = counted("", heard.speakers) if heard.speakers <= _MOST_TOLD_APART else "several"
    return Fact("count", "speech", word, f"{word} voices", sure)


def _alone(said: Testimony, told: dict[str, float]) -> list[Person]:
    """Return who the only speaker is: what most experts say; hedged where they are at odds."""
    votes: dict[str, list[float]] = {who: [sure] for who, sure in told.items()}
    for row in _rows(said)[:1]:
        who, sure = _sounds_like(row)
        if who:
            votes.setdefault(who, []).append(sure)
    ranked = sorted(votes.items(), key=lambda vote: (-len(vote[1]), -max(vote[1]), vote[0]))
    if not ranked:
        return []
    who, beliefs = ranked[0]
    if len(ranked) > 1 and len(ranked[1][1]) == len(beliefs):
        return [Person(None, other, HEDGED) for other, _ in ranked[:2]]
    return [Person(None, who, agreed(*beliefs))]


def _unknown_number(said: Testimony, told: dict[str, float]) -> list[Person]:
    """Return the voices that are heard when nobody knows how many there are.

    The one that speaks most is believed; the others need a second expert.
    """
    rows = _rows(said)
    if len(rows) == 1:
        only = _alone(said, told)
        return only if rows[0].gender else [Person(None, *vote) for vote in told.items()]
    found: dict[str, float] = dict(told)
    for at, row in enumerate(rows):
        who, sure = _sounds_like(row)
        if who and who in told:
            found[who] = agreed(told[who], sure)
        elif who and who not in found:
            found[who] = sure if at == 0 else min(sure, HEDGED)
    return [Person(None, who, sure) for who, sure in found.items()]


def _each(said: Testimony, told: dict[str, float], speakers: list[str]) -> list[Person]:
    """Return each speaker of the diarization, in the order first heard."""
    rows = {row.speaker: row for row in (said.traits.speakers if said.traits else ())}
    people = []
    for name in speakers:
        who, sure = _sounds_like(rows[name]) if name in rows else ("", 0.0)
        people.append(Person(name, who if sure >= ASSERTED else "", sure))
    known = {person.who for person in people}
    for who, sure in told.items():
        alike = [at for at, person in enumerate(people) if person.who == who]
        if who in known:
            at = max(alike, key=lambda at: people[at].sure)
            people[at] = replace(people[at], sure=agreed(people[at].sure, sure))
        elif people and all(person.who for person in people):
            at = min(range(len(people)), key=lambda at: people[at].sure)
            people[at] = replace(people[at], who="")
    return people


def _groups(people: list[Person], count: Fact) -> list[Fact]:
    """Return the voices of a kind together: `a man`, `two women`."""
    if count.value == "several":
        return []
    facts = []
    for who, number in Counter(person.who for person in people if person.who).items():
        sure = min(person.sure for person in people if person.who == who)
        value = who if number == 1 else counted(who.split(" ", 1)[1], number)
        text = f"the voice{'s' if number > 1 else ''} of {value}"
        facts.append(Fact("speaker", "speech", value, text, min(sure, count.confidence)))
    return facts


def _voices(people: list[Person]) -> list[Fact]:
    return [
        Fact("speaker", "speech", person.who, f"the voice of {person.who}", unit(person.sure))
        for person in people
    ]


def _turns(said: Testimony, people: list[Person], count: Fact) -> list[Fact]:
    """Return who speaks when, where words can tell the speakers apart."""
    turns = _merged(said)
    if count.value == "several" or len(turns) > _MOST_TURNS:
        return []
    names = _names(people)
    facts = []
    for turn in turns:
        person = next(person for person in people if person.speaker == turn.speaker)
        sure = min(count.confidence, person.sure) if person.who else count.confidence
        start, end = bounded(turn.start, turn.end, said.duration)
        name = names[turn.speaker]
        facts.append(Fact("turn", "speech", name, f"{name} speaking", sure, start, end))
    return facts


def _names(people: list[Person]) -> dict[str | None, str]:
    """Return a name for each speaker that no other one has: `a man`, `a first woman`."""
    alike = Counter(person.who for person in people)
    met: Counter[str] = Counter()
    names: dict[str | None, str] = {}
    for person in people:
        met[person.who] += 1
        noun = person.who.split(" ", 1)[1] if person.who else "voice"
        if alike[person.who] > 1:
            names[person.speaker] = f"a {_NTH[met[person.who] - 1]} {noun}"
        else:
            names[person.speaker] = person.who or "another voice"
    return names


_NTH = ("first", "second", "third", "fourth")


def _exchange(said: Testimony, count: Fact) -> list[Fact]:
    """Return how the turns follow each other."""
    turns = _merged(said)
    if said.diarization is None or len(turns) < 2:
        return []
    seconds = sum(turn.end - turn.start for turn in turns)
    changes = sum(a.speaker != b.speaker for a, b in zip(turns, turns[1:], strict=False))
    overlap = said.diarization.overlap_seconds or 0.0
    if overlap > _AT_ONCE * seconds:
        value, text = "at times over each other", "the voices talk over each other at times"
    elif changes >= 2:
        value, text = "in turn", "the voices take turns"
    else:
        value, text = "one after the other", "the voices speak one after the other"
    return [Fact("exchange", "speech", value, text, 0.9 * count.confidence)]


def _age(said: Testimony) -> list[Fact]:
    """Return the age that an only speaker seems to have."""
    band = next((row.age_band for row in _rows(said)), None)
    word = _AGES.get(band or "")
    return [Fact("age", "speech", word, f"the voice sounds {word}", _AGE_SURE)] if word else []


def _sounds_like(row: SpeakerTraits) -> tuple[str, float]:
    """Return who a voice seems to belong to and how sure that is; nobody when unsure."""
    if row.age_band in _YOUNG:
        return _YOUNG[row.age_band], _AGE_SURE
    if row.gender is None:
        return "", 0.0
    sure = row.gender_probability
    return _GENDERS[row.gender], unit(_UNSTATED if sure is None else sure)


def _rows(said: Testimony) -> list[SpeakerTraits]:
    """Return what is heard of each speaker, the one that speaks most first."""
    return sorted(said.traits.speakers if said.traits else (), key=lambda row: -row.seconds)


def _merged(said: Testimony) -> list[Turn]:
    """Return the turns in time order, those of one speaker joined over short pauses."""
    turns: list[Turn] = []
    found = said.diarization.turns if said.diarization else ()
    for turn in sorted(found, key=lambda turn: (turn.start, turn.end)):
        last = turns[-1] if turns else None
        if turn.end <= turn.start:
            continue
        if last and last.speaker == turn.speaker and turn.start - last.end <= _SAME_TURN:
            turns[-1] = last.model_copy(update={"end": max(last.end, turn.end)})
        else:
            turns.append(turn)
    return turns
