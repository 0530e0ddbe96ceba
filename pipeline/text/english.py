"""English: lists, articles, sentences, times as words, and choices that never change."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def listing(items: Sequence[str]) -> str:
    """Return `a`, `a and b` or `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def sentence(text: str) -> str:
    """Return text with a capital first letter, single spaces and a full stop."""
    text = re.sub(r"\s+", " ", text).replace(" , ", ", ").strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", '."', '!"', '?"', '…"')) else text + "."


def with_article(phrase: str) -> str:
    """Return a phrase behind `a` or `an`, by its first sound."""
    vowel = re.match(r"(?i)[aeio]|u(?!k|s|ni[^mn])|hour|honest", phrase)
    return f"{'an' if vowel else 'a'} {phrase}"


def counted(noun: str, number: int) -> str:
    """Return `two women`, `three men`: a number from two to four with its noun."""
    return f"{_NUMBERS[number]} {_PLURALS.get(noun, f'{noun}s' if noun else '')}".strip()


def how_many(phrase: str) -> int:
    """Return how many a phrase speaks of: one of `a man`, two of `two women`."""
    first = phrase.split(" ", 1)[0]
    return next((number for number, word in _NUMBERS.items() if word == first), 1)


_NUMBERS = {2: "two", 3: "three", 4: "four"}
_PLURALS = {"man": "men", "woman": "women", "child": "children", "person": "people"}


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, parted by white space, as a set."""
    return frozenset(text.split())


def words(text: str) -> int:
    """Return the number of words, parted by white space."""
    return len(text.split())


def is_plural(verb: str) -> bool:
    """Return whether a verb in the present tense goes with a plural subject."""
    return not verb.split()[0].endswith("s")


def choose(key: str, options: Sequence[T]) -> T:
    """Return one of the options: always the same one for the same key."""
    return options[number(key) % len(options)]


def shuffled(key: str, options: Sequence[T]) -> list[T]:
    """Return the options in an order that the key decides."""
    order = sorted(range(len(options)), key=lambda index: number(f"{key}/{index}"))
    return [options[index] for index in order]


def number(key: str) -> int:
    """Return a number of 64 bits that depends on the key alone."""
    return int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest())


def when(start: float | None, end: float | None, duration: float) -> str:
    """Return where in a clip of `duration` seconds a stretch lies, in words.

    The empty string means throughout, or nearly so.
    """
    if start is None or end is None or duration <= 0:
        return ""
    first, last = start / duration, end / duration
    if last - first >= 0.7:
        return ""
    if first < 0.15:
        return "at the start" if last <= 0.35 else "in the first half" if last <= 0.6 else _MOST
    if last > 0.85:
        return "at the end" if first >= 0.65 else "in the second half" if first >= 0.4 else _MOST
    return "in the middle" if last - first < 0.5 else _MOST


_MOST = "for most of the clip"
