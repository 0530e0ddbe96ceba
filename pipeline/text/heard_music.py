"""Heard music: its kind, its instruments, its singing and when it plays."""

from collections.abc import Iterable

from auricle.pipeline.text.fact import ASSERTED, Fact, Kind, Stretch, bounded, merged, unit
from auricle.pipeline.text.heard_rhythm import rhythm_facts
from auricle.pipeline.text.music_words import (
    ERAS,
    GENRES,
    INSTRUMENTAL,
    INSTRUMENTS,
    MOODS,
    SINGERS,
    SINGING,
    TEMPOS,
    key,
)
from auricle.pipeline.text.tagged import Tagged, tagged
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.annotation import LabelScore

_LEAST = 0.3
_MOST: dict[Kind, int] = {"genre": 2, "instrument": 3, "mood": 2, "tempo": 1, "era": 1}
_BELIEVED: dict[Kind, float] = {
    "genre": 0.4,
    "instrument": 0.35,
    "mood": 0.25,
    "era": 0.15,
    "tempo": 0.4,
}
"""The score from which on a label of the music record is believed, chosen on the listening set.

Instruments: 7 of 8 labels right, 7 of 15 found; at .25 little more than half are right. Genres:
the right ones begin at .46, the wrong ones ("electronic" for a drum) end at .4, but for one opera
(.44, a solo violin). Tempos: "slow" reaches .3 on half of all music. Moods and eras are a
judgement: the set has no labels for them, and eras are rare in what the tagger learned from.
"""
_SINGER_BELIEVED = 0.25
"""The highest score of a voice in music without one is .24 (a solo violin)."""
_LIKE_TALK = "hip-hop"
"""A genre that music taggers hear in speech over any music; beside speech it needs the tags."""
_TEXT: dict[Kind, str] = {
    "genre": "{} music",
    "instrument": "the sound of {} in the music",
    "mood": "the music sounds {}",
    "tempo": "the music is {}",
    "era": "music in the style of the {}",
}
_TABLES: dict[Kind, dict[str, str]] = {
    "genre": GENRES,
    "instrument": INSTRUMENTS,
    "mood": MOODS,
    "tempo": TEMPOS,
    "era": ERAS,
}
_OPPOSITES = (
    frozenset({"quiet", "loud"}),
    frozenset({"slow", "fast"}),
    frozenset({"soft", "loud"}),
    frozenset({"happy", "sad"}),
)


def music_facts(said: Testimony) -> list[Fact]:
    """Return what is known of the music; nothing when the domain holds no music."""
    if said.code is not None and said.code[1] != "M":
        return []
    present = _present(said)
    if not present:
        return []
    labels = tagged(said.tags, "music", "singing", least=_LEAST)
    character = _character(said, labels)
    labelled = [fact for fact in character if fact.kind == "tempo"]
    return [
        *present,
        *(fact for fact in character if fact.kind != "tempo"),
        *rhythm_facts(said, labelled),
        *_voice(said, labels),
    ]


def _present(said: Testimony) -> list[Fact]:
    stretches = _stretches(said)
    if said.domain is not None and said.code is not None:
        sure = said.domain.music if said.domain.music is not None else 0.75
    elif stretches and max(s.score for s in stretches) >= ASSERTED:
        sure = max(s.score for s in stretches)
    else:
        return []
    spans = [bounded(s.start, s.end, said.duration) for s in merged(stretches, gap=1.0)]
    if not spans:
        return [Fact("music", "music", "", "music playing", unit(sure))]
    if len(spans) > 3:
        first, last = spans[0][0] or 0.0, spans[-1][1] or said.duration
        spans = [bounded(first, last, said.duration)]
    return [
        Fact(
            "music",
            "music",
            "throughout" if start is None else "",
            "music playing",
            unit(sure),
            start,
            end,
        )
        for start, end in spans
    ]


def _stretches(said: Testimony) -> list[Stretch]:
    """Return when music plays: by the grid where there is one, else by the events."""
    grid = [s for label in tagged_music(said) for s in label.stretches]
    if grid:
        return grid
    spans = said.events.spans if said.events else ()
    return [
        Stretch(s.start, s.end, s.score) for s in spans if s.label != "speech" and s.end > s.start
    ]


def tagged_music(said: Testimony) -> list[Tagged]:
    """Return the music and singing labels that are sure enough to say when music plays."""
    return [label for label in tagged(said.tags, "music", "singing") if label.score >= ASSERTED]


def _character(said: Testimony, labels: list[Tagged]) -> list[Fact]:
    facts: list[Fact] = []
    for kind, table in _TABLES.items():
        best: dict[str, float] = {}
        heard = [(label.label, label.score) for label in labels]
        for label, score in [*heard, *_own(said, kind)]:
            value = table.get(key(label))
            if value is not None:
                best[value] = max(best.get(value, 0.0), unit(score))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        kept: list[str] = []
        for value, score in ranked:
            clash = any({value, other} in _OPPOSITES for other in kept)
            if not clash and len(kept) < _MOST[kind]:
                kept.append(value)
                text = _TEXT[kind].format(value)
                facts.append(Fact(kind, "music", value, text, score))
    return facts


def _own(said: Testimony, kind: Kind) -> list[tuple[str, float]]:
    """Return the labels of the music record that belong to a kind, with how sure they are."""
    if said.music is None:
        return []
    lists: dict[Kind, Iterable[LabelScore]] = {
        "genre": said.music.genres,
        "instrument": said.music.instruments,
        "mood": said.music.moods,
        "tempo": said.music.tempos,
        "era": said.music.eras,
    }
    talk = said.code is not None and said.code[0] == "S"
    return [
        (entry.label, _trust(entry.score))
        for entry in lists[kind]
        if entry.score >= _BELIEVED[kind]
        and not (talk and GENRES.get(key(entry.label)) == _LIKE_TALK)
    ]


def _trust(score: float) -> float:
    """Return how sure a label is that passed the cut of its kind: at least as likely as not."""
    return 0.5 + 0.5 * unit(score)


def _voice(said: Testimony, labels: list[Tagged]) -> list[Fact]:
    """Return who sings, or that nobody does where the music is instrumental."""
    own = said.music.vocals if said.music else ()
    found = [
        (key(entry.label), _trust(entry.score)) for entry in own if entry.score >= _SINGER_BELIEVED
    ]
    found += [(key(label.label), label.score) for label in labels]
    sung = [(name, score) for name, score in found if name in SINGERS and score >= ASSERTED]
    none = [score for name, score in found if name in INSTRUMENTAL and score >= ASSERTED]
    if not sung:
        text = "the music is instrumental"
        return [Fact("instrumental", "music", "instrumental", text, max(none))] if none else []
    if none:
        return []
    name, score = min(sung, key=lambda item: (SINGERS[item[0]] == "someone", -item[1], item[0]))
    manner = next((SINGING[other][0] for other, _ in sung if other in SINGING), "singing")
    value = f"{SINGERS[name]} {manner}"
    spans = merged(
        [s for label in labels if key(label.label) in SINGERS for s in label.stretches], gap=2.0
    )
    start, end = (None, None)
    if spans:
        start, end = bounded(spans[0].start, spans[-1].end, said.duration)
    return [Fact("singing", "music", value, value, score, start, end)]
