"""Hints: title and description of the source, and the impression that one listener wrote down."""

from auricle.pipeline.text.addresses import is_only_addresses
from auricle.pipeline.text.fact import Fact, Kind
from auricle.pipeline.text.foreign import clean, cut
from auricle.pipeline.text.testimony import Testimony

_LONGEST: dict[Kind, int] = {"title": 120, "description": 240, "impression": 480}
_HINT = 0.3
_IMPRESSION = 0.4
"""Somebody listened, but in words of their own that nothing backs: never asserted by itself."""


def source_facts(said: Testimony) -> list[Fact]:
    """Return one line for each hint, shortened and unable to pass for other evidence."""
    facts = []
    if said.description is not None:
        safe = _safe(said.description.text, "impression")
        text = f'hint, one listener\'s impression in their own words, unconfirmed: "{safe}"'
        facts += [Fact("impression", "source", safe, text, _IMPRESSION)] if safe else []
    if said.recording is None:
        return facts
    given: tuple[tuple[Kind, str | None], ...] = (
        ("title", said.recording.title),
        ("description", said.recording.description),
    )
    for kind, words in given:
        safe = _safe(words, kind)
        if safe:
            text = f'hint, not heard: the {kind} given by the uploader is "{safe}"'
            facts.append(Fact(kind, "source", safe, text, _HINT))
    return facts


def _safe(words: str | None, kind: Kind) -> str:
    safe = clean(words or "", addresses=False)
    return "" if is_only_addresses(safe) else cut(safe, _LONGEST[kind])
