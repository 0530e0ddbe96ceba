"""What labelled recordings say of the experts: scores of pooled annotations against labels.

Every score takes rows and returns figures; `figures` asks all of them. What is missing is wrong:
a row that no expert judged, a language left open and a transcript not written all count.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import comb

import jiwer
import listen_rooms
import listen_voices
from listen_labels import GENRES, INSTRUMENTS, domain_code, names_in, with_narrower
from listen_rows import Figure, Listened, Spans, share

from auricle.experts import music_labels


def figures(rows: Sequence[Listened]) -> list[Figure]:
    """Return every figure that the rows have labels for, in the order of the report."""
    return [figure for score in SCORES for figure in score(rows) if figure.rows]


def domain(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield accuracy and balanced accuracy of each letter, and the share of exact codes."""
    known = [(domain_code(row.labels), row.code) for row in rows]
    judged = [(truth, code) for truth, code in known if truth]
    for place, letter in enumerate("SMA"):
        pairs = [(truth[place], code and code[place]) for truth, code in judged]
        kinds = [
            share(said == true for true, said in pairs if true == kind)
            for kind in (letter, "0")
            if any(true == kind for true, _ in pairs)
        ]
        yield Figure(f"domain {letter}", *share(said == true for true, said in pairs))
        if len(kinds) == 2:
            balanced = (kinds[0].value + kinds[1].value) / 2
            yield Figure(f"domain {letter}, balanced", balanced, len(pairs))
    yield Figure("domain, exact code", *share(truth == code for truth, code in judged))


def tags(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield how often the classes of ESC-10 are named, as its labels name them.

    "Or narrower" takes a class below them as well: "Bow-wow" for a dog.
    """
    clips = [row for row in rows if "ESC-10" in row.label("source") + row.label("label_basis")]
    classes: dict[str, set[str]] = defaultdict(set)
    for row in clips:
        classes[row.label("sound_class")].update(names_in(row.label("audioset_label")))
    measured = any(row.tagged for row in clips)

    def figure(name: str, right: Callable[[Listened, set[str]], bool]) -> Figure:
        hits = share(right(row, classes[row.label("sound_class")]) for row in clips)
        return Figure(f"ESC-10, {name}", hits.value if measured else None, hits.rows)

    def first(row: Listened, names: set[str]) -> bool:
        return bool(row.tags) and max(row.tags, key=lambda tag: tag[1])[0] in names

    def best(row: Listened, _: set[str]) -> bool:
        scores = dict(row.tags)
        heard = {
            kind: max((scores.get(name, 0.0) for name in names), default=0.0)
            for kind, names in classes.items()
        }
        return max(heard.values()) == heard[row.label("sound_class")] > 0

    yield figure("top-1 by score", first)
    yield figure("top-1, children first", lambda row, names: _among(row.tags[:1], names))
    yield figure(
        "top-1, or narrower", lambda row, names: _among(row.tags[:1], with_narrower(names))
    )
    yield figure("top-5, children first", lambda row, names: _among(row.tags[:5], names))
    yield figure("best of the ten classes", best)


def language(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield accuracy, coverage and accuracy where a language was named, by length of speech."""
    spoken = [row for row in rows if row.label("language") and row.label("has_speech") != "no"]
    for name, shortest, longest in LENGTHS:
        pairs = [
            (row.label("language"), row.language)
            for row in spoken
            if shortest <= sum(end - start for start, end in row.voiced) < longest
        ]
        yield Figure(f"language, {name}", *share(true == said for true, said in pairs))
        yield Figure(f"language, {name}: answered", *share(said is not None for _, said in pairs))
        answered = share(true == said for true, said in pairs if said is not None)
        yield Figure(f"language, {name}: right of answered", *answered)


def words(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield the word error rate by language and manner, of rows whose transcript is known."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        wanted = normalised(row.label("transcript"))
        if wanted and row.label("transcript_basis"):
            groups[_manner(row, wanted)].append((wanted, normalised(row.text)))
    for name, pairs in sorted(groups.items()):
        wanted_texts, texts = (list(side) for side in zip(*pairs, strict=True))
        yield Figure(f"WER, {name}", float(jiwer.wer(wanted_texts, texts)), len(pairs))


def text(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield the share of recordings with and without speech for which text was written."""
    for answer, name in (("no", "text on non-speech"), ("yes", "text on speech")):
        written = (bool(row.text.strip()) for row in rows if row.label("has_speech") == answer)
        yield Figure(name, *share(written))


def voice(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield the F1 of speech in 10-ms frames, all recordings together."""
    told = [(row, row.spoken) for row in rows if row.spoken is not None]
    both = heard = true = 0
    for row, spoken in told:
        wanted, found = _frames(spoken), _frames(row.voiced)
        both += len(wanted & found)
        heard += len(found)
        true += len(wanted)
    value = 2 * both / (heard + true) if heard + true else None
    yield Figure("VAD, F1 of 10-ms frames", value, len(told))


def quality(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield how often the clean recording is rated above the degraded one, if both are rated."""
    pairs = [
        (row.clean_quality, row.quality)
        for row in rows
        if row.quality is not None and row.clean_quality is not None
    ]
    yield Figure("quality, clean above degraded", *share(clean > bad for clean, bad in pairs))


def music(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield how often one of the first five names is right, and how often chance would be.

    Chance draws as many names as were said, from all names of the kind.
    """
    genres = [(row.label("genre"), row.genres) for row in rows]
    yield from _named("genre", genres, GENRES, len(music_labels.GENRES))
    instruments = [(row.label("instruments"), row.instruments) for row in rows]
    yield from _named("instrument", instruments, INSTRUMENTS, len(music_labels.INSTRUMENTS))


SCORES = (
    domain,
    tags,
    language,
    words,
    text,
    voice,
    *listen_voices.SCORES,
    quality,
    music,
    *listen_rooms.SCORES,
)

LENGTHS = (("2 s or more", 2.0, float("inf")), ("1-2 s", 1.0, 2.0), ("under 1 s", 0.0, 1.0))
"""Of speech, as voice activity found it; under a second it is mostly a single word."""


def normalised(written: str) -> str:
    """Return the words in lower case without punctuation; remarks in brackets are no words."""
    plain = unicodedata.normalize("NFKC", re.sub(r"\(.*?\)|\[.*?\]", " ", written)).lower()
    kept = (
        letter if letter.isalnum() or unicodedata.category(letter).startswith("M") else " "
        for letter in plain.replace("’", "'").replace("'", "")
    )
    return " ".join("".join(kept).split())


def spans_of(events: str) -> Spans | None:
    """Return the stretches of speech in a manifest's `events`; None when it lists no events."""
    if not events:
        return None
    return tuple(
        (event["onset"], event["offset"])
        for event in json.loads(events)
        if event["label"].lower() == "speech"
    )


def _manner(row: Listened, wanted: str) -> str:
    if len(wanted.split()) <= 2:
        manner = "one or two words"
    elif row.label("emotion"):
        manner = "acted"
    elif row.label("sample_rate") == "8000":
        manner = "telephone"
    else:
        manner = "read"
    return f"{row.label('language')} {manner}"


def _among(told: Sequence[tuple[str, float]], names: set[str]) -> bool:
    return any(name in names for name, _ in told)


def _frames(spans: Spans) -> set[int]:
    return {frame for start, end in spans for frame in range(round(start * 100), round(end * 100))}


def _named(
    kind: str,
    rows: Sequence[tuple[str, tuple[str, ...]]],
    meant: Mapping[str, frozenset[str]],
    vocabulary: int,
) -> Iterator[Figure]:
    pairs = []
    for label, said in rows:
        right = frozenset().union(*(meant.get(name, frozenset()) for name in names_in(label)))
        if right:
            pairs.append((right, said[:5]))
    yield Figure(f"{kind} in the first five", *share(bool(set(s) & right) for right, s in pairs))
    chances = [_chance(vocabulary, len(right), len(said)) for right, said in pairs]
    yield Figure(f"{kind} by chance", sum(chances) / max(len(chances), 1), len(pairs))


def _chance(vocabulary: int, right: int, drawn: int) -> float:
    return 1 - comb(vocabulary - right, drawn) / comb(vocabulary, drawn)
