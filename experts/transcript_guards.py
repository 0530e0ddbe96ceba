"""Guards against text that a recogniser writes and nobody says.

The figures were chosen on the listening set, on what Whisper base writes of 213 clips of speech
and of the 33 clips of other sound in which voice activity is (wrongly) found.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from auricle.schemas.annotation import RejectedText, Span, Word

MAX_COMPRESSION = 2.4  # Whisper's own figure; loops of "oh, oh, oh" reach 3 to 50, speech 2.3
MIN_LOG_PROBABILITY = -1.0  # Whisper's own; in a known language 2 of 100 segments are below
MIN_WITHOUT_LANGUAGE = -0.5  # where the language is a guess, text below is wrong nine times in ten
MAX_NO_SPEECH = 0.6  # Whisper's own; only together with a log probability below -0.5
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
        words = tuple(word for word in draft.words if not strayed(word, speech))
        stray = "".join(word.text for word in draft.words if word not in words).strip()
        if stray:
            rejected.append(RejectedText(guard="outside_speech", text=stray))
        if words:
            kept.append(draft._replace(words=words, text="".join(word.text for word in words)))
    return kept, tuple(rejected)


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


def strayed(word: Word, speech: Sequence[Span]) -> bool:
    """Tell whether an unsure word lies far from all speech."""
    gaps = (max(span.start - word.end, word.start - span.end) for span in speech)
    return word.probability < SURE_WORD and min(gaps, default=FAR + 1) > FAR
