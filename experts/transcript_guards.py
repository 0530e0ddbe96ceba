"""Guards against text that a recogniser writes and nobody says.

The figures were chosen on the listening set, on what Whisper base writes of 213 clips of speech
and of the 33 clips of other sound in which voice activity is (wrongly) found.
"""

import re
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from auricle.schemas.annotation import Span
from auricle.schemas.speech import RejectedText, Word

MAX_COMPRESSION = 2.6  # "ahhhhh" reaches 3 to 50, half a minute of speech 2.5; Whisper has 2.4
MIN_LOG_PROBABILITY = -1.0  # Whisper's own; in a known language the lowest is -0.87
MIN_WITHOUT_LANGUAGE = -0.5  # where the language is a guess: above it 9 of 10 texts are right
MAX_NO_SPEECH = 0.6  # Whisper's own; only together with a log probability below -0.5
LOOP_TIMES, LOOP_WORDS = 4, 6  # a phrase is in a loop when it comes so often and is so long
LOOP_PHRASE = 4  # words at most
FAR = 0.5  # seconds from the nearest speech; Whisper's word times err by less
SURE_WORD = 0.6  # a word this probable stays: voice activity misses low voices
SURE_PHRASE = 0.7

_PHANTOMS = re.compile(
    r"""
    (thanks|thank\ you)(\ so\ much|\ very\ much)?(\ for\ (watching|listening|viewing))?
    | (please\ )?(like\ and\ )?subscribe(\ to\ (my|the|our)\ channel)?
    | subtitl(es|ed)\ (created\ )?by\b.* | .*amara\ org.*
    | sous\ ?titr(es|age)\b.* | merci\ d\ ?avoir\ regardé.*
    | untertitel\b.* | vielen\ dank(\ fürs\ zuschauen)?
    | subtítulos\b.* | gracias\ por\ ver.* | sottotitoli\b.* | legendas?\b.*
    | продолжение\ следует | субтитры\b.*
    | 字幕.* | ご視聴ありがとうございました | 謝謝(大家|觀看).*
    """,
    re.VERBOSE,
)
"""What subtitles in Whisper's training data say over silence and music."""


class Draft(NamedTuple):
    """A segment as the recogniser wrote it; its words keep their spaces."""

    text: str
    words: tuple[Word, ...]
    mean_log_probability: float
    no_speech_probability: float
    compression_ratio: float


def guard(
    drafts: Sequence[Draft], speech: Sequence[Span], language_known: bool
) -> tuple[list[Draft], tuple[RejectedText, ...]]:
    """Return the segments, each with the words that are trusted, and what was taken out."""
    kept: list[Draft] = []
    rejected: list[RejectedText] = []
    for draft in drafts:
        doubt = doubted(draft, language_known)
        if doubt:
            rejected.append(RejectedText(guard=doubt, text=draft.text.strip()))
            continue
        words, round_and_round = unlooped(draft.words)
        near = [word for word in words if not strayed(word, speech)]
        far = [word for word in words if strayed(word, speech)]
        rejected += [
            RejectedText(guard=name, text=joined(taken).strip())
            for name, taken in (("repetition", round_and_round), ("outside_speech", far))
            if taken
        ]
        if near:
            kept.append(draft._replace(words=tuple(near), text=joined(near)))
    return kept, tuple(rejected)


def guard_text(text: str) -> tuple[str, tuple[RejectedText, ...]]:
    """Return a text without what a recogniser made up, as far as the text alone tells."""
    if not any(character.isalnum() for character in text):
        return "", (RejectedText(guard="no_words", text=text),) if text else ()
    if compression(text) > MAX_COMPRESSION:
        return "", (RejectedText(guard="repetition", text=text),)
    words = [Word(start=0.0, end=0.0, text=f" {w}", probability=1.0) for w in text.split()]
    kept, looped = unlooped(words)
    taken = (RejectedText(guard="repetition", text=joined(looped).strip()),) if looped else ()
    return joined(kept).strip(), taken


def compression(text: str) -> float:
    """Return how many times smaller zlib makes a text, as Whisper measures repetition."""
    plain = text.encode()
    return len(plain) / len(zlib.compress(plain))


def doubted(draft: Draft, language_known: bool) -> str | None:
    """Return the name of the guard that a whole segment fails, or None."""
    sure = draft.mean_log_probability
    if not draft.words or not any(character.isalnum() for character in draft.text):
        return "no_words"
    if draft.compression_ratio > MAX_COMPRESSION:
        return "repetition"
    if draft.no_speech_probability > MAX_NO_SPEECH and sure < MIN_WITHOUT_LANGUAGE:
        return "no_speech"
    if sure < MIN_LOG_PROBABILITY:
        return "improbable"
    if not language_known and sure < MIN_WITHOUT_LANGUAGE:
        return "unknown_language"
    mean = sum(word.probability for word in draft.words) / len(draft.words)
    return "phantom_phrase" if mean < SURE_PHRASE and is_phantom(draft.text) else None


def is_phantom(text: str) -> bool:
    """Tell whether a text is nothing but a phrase that recognisers make up."""
    plain = " ".join(re.sub(r"[^\w\s]|_", " ", text.casefold()).split())
    return _PHANTOMS.fullmatch(plain) is not None


def unlooped(words: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """Return the words outside loops ("call to call to call to call to") and those inside."""
    plain = [re.sub(r"\W", "", word.text.casefold()) for word in words]
    inside: set[int] = set()
    for size in range(1, LOOP_PHRASE + 1):
        for start in range(len(plain)):
            end = start + size
            while end < len(plain) and plain[end] == plain[end - size]:
                end += 1
            if end - start >= max(LOOP_TIMES * size, LOOP_WORDS):
                inside.update(range(start, end))
    return (
        [word for index, word in enumerate(words) if index not in inside],
        [word for index, word in enumerate(words) if index in inside],
    )


def joined(words: Sequence[Word]) -> str:
    """Return words as text; they bring their spaces along."""
    return "".join(word.text for word in words)


def strayed(word: Word, speech: Sequence[Span]) -> bool:
    """Tell whether an unsure word lies far from all speech."""
    gaps = (max(span.start - word.end, word.start - span.end) for span in speech)
    return word.probability < SURE_WORD and min(gaps, default=FAR + 1) > FAR
