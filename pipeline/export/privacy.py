"""What of people's words leaves with an export: all of it, masked, or none.

Names are found by rules, not by a model: capitalised words inside a sentence of the transcript,
words after a title such as "Mr.", and the words of the recording's own title and uploader. That
finds most English names and misses those at the start of a sentence, those that were transcribed
in lower case, and scripts without capitals. German capitalises every noun: there only words after
a title count. What is masked is masked in captions, questions and answers as well.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from auricle.pipeline.stage_settings import PrivacySettings
from auricle.schemas.text import CATEGORIES

NAME, NUMBER, ADDRESS = "[name]", "[number]", "[address]"
LEFT_OUT = "(quotes what was said: left out)"
_ADDRESSES = re.compile(r"https?://\S+|\bwww\.\S+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<!\w)@\w{2,}")
_NUMBERS = re.compile(r"(?<!\w)\+?\d(?:[\s().-]?\d){4,}(?!\w)")
_TITLES = "Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Lady|Lord|Captain|Herr|Frau|Monsieur|Madame|Señor|Señora"
_TITLED = re.compile(rf"\b(?:{_TITLES})\b\.?\s+([^\W\d_][\w'’-]*(?:\s+[A-ZÀ-Þ][\w'’-]+)*)")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SENTENCE = re.compile(r"[.!?…:]+[\s\"'”’)]*$")
_QUOTE = re.compile(r"[\"“”«»]")
_NO_NAMES = {
    "I", "I'm", "I'll", "I've", "I'd", "OK", "TV", *_TITLES.split("|"),
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December", "English", "French", "German", "Spanish", "Italian",
    "Russian", "Chinese", "Japanese", "Arabic", "Dutch", "Latin", "American", "British",
}  # fmt: skip
_NOUNS_ARE_CAPITAL = ("de", "lb")


def private(made: dict[str, Any], settings: PrivacySettings, told: Iterable[str | None]) -> None:
    """Change columns of texts in place, as the settings say.

    Args:
        made: `transcript`, `language`, the kinds of caption (lists of texts) and `qa` by name.
        settings: what may leave.
        told: for each clip what its source says of itself (title, uploader), where names stand.
    """
    if settings.transcripts == "keep":
        return
    transcripts = made["transcript"].to_pylist()
    drop = settings.transcripts == "drop"
    rules = [
        Rule(drop, names_in(transcript or "", language) | names_in_title(about or ""))
        for transcript, language, about in zip(
            transcripts, made["language"].to_pylist(), told, strict=True
        )
    ]
    for name in CATEGORIES:
        lists = [
            texts and [said for text in texts if (said := rule(text)) is not None] or None
            for texts, rule in zip(made[name].to_pylist(), rules, strict=True)
        ]
        made[name] = pa.array(lists, made[name].type)
    pairs = [
        row and [kept for pair in row if (kept := _pair(pair, rule)) is not None]
        for row, rule in zip(made["qa"].to_pylist(), rules, strict=True)
    ]
    made["qa"] = pa.array(pairs, made["qa"].type)
    words = [
        None if drop or text is None else rule(text)
        for text, rule in zip(transcripts, rules, strict=True)
    ]
    made["transcript"] = pa.array(words, pa.string())


def private_clip(clip: dict[str, Any], settings: PrivacySettings) -> dict[str, Any]:
    """Return a clip as a page shows it (`report/clip.py`), as the settings let it leave."""
    about = clip["recording"]
    if settings.titles == "drop":
        about = {**about, "title": None, "uploader": None}
        heard = [piece for piece in clip["evidence"] if piece["sure"] != "a hint"]
        clip = {**clip, "recording": about, "evidence": heard}
    if settings.transcripts == "keep":
        return clip
    words = [span for lane in clip["lanes"] if lane["kind"] == "words" for span in lane["spans"]]
    said = " ".join(text for *_, text in words)
    told = f"{clip['recording']['title'] or ''} {clip['recording']['uploader'] or ''}"
    drop = settings.transcripts == "drop"
    rule = Rule(drop, names_in(said, clip["language"]) | names_in_title(told))
    lanes = [
        {**lane, "spans": [[*span[:3], rule(span[3])] for span in lane["spans"]]}
        for lane in clip["lanes"]
        if not (drop and lane["kind"] == "words")
    ]
    evidence = [{**each, "text": rule(each["text"]) or LEFT_OUT} for each in clip["evidence"]]
    captions = [{**each, "text": rule(each["text"]) or LEFT_OUT} for each in clip["captions"]]
    questions = [
        {**each, **{part: rule(each[part]) or LEFT_OUT for part in ("question", "answer")}}
        for each in clip["questions"]
    ]
    return {
        **clip, "lanes": lanes, "evidence": evidence, "captions": captions, "questions": questions
    }  # fmt: skip


class Rule:
    """What is done with a text of one clip: None leaves it out."""

    def __init__(self, drop: bool, names: frozenset[str]) -> None:
        self._drop = drop
        words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        self._names = re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None

    def __call__(self, text: str) -> str | None:
        """Return a text as it may leave."""
        if self._drop:
            return None if _QUOTE.search(text) else text
        text = _NUMBERS.sub(NUMBER, _ADDRESSES.sub(ADDRESS, text))
        return self._names.sub(NAME, text) if self._names else text


def names_in(transcript: str, language: str | None) -> frozenset[str]:
    """Return the words of a transcript that are most likely names."""
    found = {word for match in _TITLED.finditer(transcript) for word in match.group(1).split()}
    if language in _NOUNS_ARE_CAPITAL:
        return frozenset(found)
    for match in _WORD.finditer(transcript):
        before = transcript[: match.start()].rstrip("\"'“”‘’(")
        starts = not before.strip() or _SENTENCE.search(before.rstrip())
        word = re.sub(r"['’]s$", "", match.group())
        if word[0].isupper() and not starts and word not in _NO_NAMES and len(word) > 1:
            found.add(word)
    return frozenset(found)


def names_in_title(told: str) -> frozenset[str]:
    """Return the capitalised words of a title or an uploader's name."""
    words = {match.group() for match in _WORD.finditer(told)}
    return frozenset(w for w in words if w[0].isupper() and len(w) > 2 and w not in _NO_NAMES)


def _pair(pair: Mapping[str, str], rule: Rule) -> dict[str, str] | None:
    question, answer = rule(pair["question"]), rule(pair["answer"])
    if question is None or answer is None:
        return None
    return {**pair, "question": question, "answer": answer}
