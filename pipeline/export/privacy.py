"""What of people's words leaves with an export: all of it, masked, or none.

What is masked or dropped in the transcript is so in captions, questions and answers as well.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.privacy_names import names_in, names_in_title
from auricle.pipeline.recordings import of_recordings
from auricle.pipeline.stage_settings import PrivacySettings
from auricle.schemas.text import CATEGORIES

NAME, NUMBER, ADDRESS = "[name]", "[number]", "[address]"
LEFT_OUT = "(quotes what was said: left out)"
_END = r"(?=[.,;:!?)\]]*(?:[\s\"'”’»<>]|$))"
_ADDRESSES = re.compile(
    rf"(?:https?://|\bwww\.)[^\s\"”’»<>]+?{_END}"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    rf"|\b(?:[\w-]+\.)+(?:com|org|net|edu|gov|info|tv|fm|co\.uk|de|fr|eu)\b(?:/[^\s\"”’»<>]*?{_END})?"
    r"|(?<!\w)@\w{2,}"
)
_BETWEEN = r"(?:[\s.-]|\s?\(|\)[\s-]?)?"
_NUMBERS = re.compile(rf"(?<!\w)\+?\(?\d(?:{_BETWEEN}\d){{4,}}(?!\w)(?!\.?\d)(?!\s?(?:k?Hz|ms)\b)")
_QUOTE = re.compile(r"[\"“”„«»「」『』]|(?<!\w)['‘][^'‘’]{2,}['’](?!\w)")
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’][^\W_]+)?")
_RUN = 4
"""Words in a row that a text may not have in common with a transcript that is dropped."""


class Rule:
    """What is done with texts of one clip, by what is said in it and the names that are known."""

    def __init__(self, drop: bool, names: frozenset[str], said: str = "") -> None:
        self._drop = drop
        self._said = _tokens(said)
        every = names | {name.upper() for name in names}
        words = "|".join(re.escape(name) for name in sorted(every, key=len, reverse=True))
        self._names = re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None

    def __call__(self, text: str) -> str | None:
        """Return a text as it may leave; None leaves it out."""
        if self._drop and (_QUOTE.search(text) or self._repeats(text)):
            return None
        text = _NUMBERS.sub(NUMBER, _ADDRESSES.sub(ADDRESS, text))
        return self._names.sub(NAME, text) if self._names else text

    def _repeats(self, text: str) -> bool:
        """Tell whether a text has four words in a row of what is said, or all that either has."""
        words = _tokens(text)
        size = max(2, min(_RUN, len(words), len(self._said)))
        return not _runs(words, size).isdisjoint(_runs(self._said, size))


def private(
    made: dict[str, Any], settings: PrivacySettings, names: Sequence[frozenset[str]]
) -> None:
    """Change columns of texts in place, as the settings say.

    Args:
        made: `transcript`, the kinds of caption (lists of texts) and `qa` by name.
        settings: what may leave.
        names: those to mask in each clip (`names_of`).
    """
    if settings.transcripts == "keep":
        return
    transcripts = made["transcript"].to_pylist()
    drop = settings.transcripts == "drop"
    rules = [Rule(drop, each, said or "") for each, said in zip(names, transcripts, strict=True)]
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


def names_of(data: Dataset, shard: int) -> list[frozenset[str]]:
    """Return the names to mask in each clip of a shard: all that its recording's clips have."""
    recordings = data.table("clips", shard, ["recording_id"])["recording_id"].to_pylist()
    captions = data.table("captions", shard, [*CATEGORIES]).to_pylist()
    said, languages = (
        data.table(table, shard, [column])[column].to_pylist()
        if data.has(table, shard)
        else [None] * len(recordings)
        for table, column in (("transcript", "text"), ("language", "language"))
    )
    titles, uploaders = (
        of_recordings(data, shard, column).to_pylist() for column in ("title", "uploader")
    )
    found: dict[str, set[str]] = {recording: set() for recording in recordings}
    texts: dict[str, list[str]] = {recording: [] for recording in recordings}
    told: dict[str, str] = {}
    for i, recording in enumerate(recordings):
        found[recording] |= names_in(said[i] or "", languages[i])
        texts[recording] += [text["text"] for kind in captions[i].values() for text in kind or ()]
        told[recording] = f"{titles[i] or ''}\n{uploaders[i] or ''}"
    names = {
        recording: frozenset(found[recording] | names_in_title(told[recording], " ".join(written)))
        for recording, written in texts.items()
    }
    return [names[recording] for recording in recordings]


def private_clip(clip: dict[str, Any], settings: PrivacySettings) -> dict[str, Any]:
    """Return a clip as a page shows it (`report/clip.py`), as the settings let it leave."""
    about = clip["recording"]
    if settings.titles == "drop":
        heard = [piece for piece in clip["evidence"] if piece["sure"] != "a hint"]
        clip = {
            **clip, "recording": {**about, "title": None, "uploader": None}, "evidence": heard
        }  # fmt: skip
    if settings.transcripts == "keep":
        return clip
    words = [span for lane in clip["lanes"] if lane["kind"] == "words" for span in lane["spans"]]
    said = " ".join(text for *_, text in words)
    told = f"{about['title'] or ''}\n{about['uploader'] or ''}"
    texts = " ".join(each["text"] for each in clip["captions"])
    drop = settings.transcripts == "drop"
    rule = Rule(drop, names_in(said, clip["language"]) | names_in_title(told, texts), said)
    lanes = [
        {**lane, "spans": [[*span[:3], rule(span[3]) or ""] for span in lane["spans"]]}
        for lane in clip["lanes"]
        if not (drop and lane["kind"] == "words")
    ]
    return {**clip, "lanes": lanes, **{part: _hidden(clip[part], rule) for part in _WORDY}}


_WORDY = ("evidence", "captions", "questions", "against", "review")
_SHOWN = ("text", "question", "answer", "faults", "note", "was", "fixes")


def _hidden(value: Any, rule: Rule) -> Any:
    """Return a part of a page without what may not leave."""
    if isinstance(value, str):
        hidden = rule(value)
        return LEFT_OUT if hidden is None else hidden
    if isinstance(value, list | tuple):
        return [_hidden(each, rule) for each in value]
    if isinstance(value, dict):
        return {
            name: _hidden(each, rule) if name in _SHOWN else each for name, each in value.items()
        }
    return value


def _pair(pair: Mapping[str, str], rule: Rule) -> dict[str, str] | None:
    question, answer = rule(pair["question"]), rule(pair["answer"])
    if question is None or answer is None:
        return None
    return {**pair, "question": question, "answer": answer}


def _tokens(text: str) -> list[str]:
    """Return the words of a text, or the signs of Chinese, Japanese and Korean."""
    return [word.lower() for word in _TOKEN.findall(text)]


def _runs(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
