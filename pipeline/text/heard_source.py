"""Heard from the source: its title and description, as hints that nobody has listened to."""

from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.heard_speech import clean
from auricle.pipeline.text.testimony import Testimony

_LONGEST = {"title": 120, "description": 240}


def source_facts(said: Testimony) -> list[Fact]:
    """Return title and description: one line each, shortened, unable to pass for evidence."""
    if said.recording is None:
        return []
    told = (("title", said.recording.title), ("description", said.recording.description))
    facts = []
    for kind, text in told:
        safe = clean(text or "").replace("[", "(").replace("]", ")")
        if safe:
            most = _LONGEST[kind]
            safe = safe if len(safe) <= most else safe[:most].rstrip() + "…"
            sentence = f'hint, not heard: the {kind} given by the uploader is "{safe}"'
            facts.append(Fact(kind, "source", safe, sentence, 0.3))  # type: ignore[arg-type]
    return facts
