"""Sounds: an AudioSet label as plain English."""

import re
from dataclasses import dataclass
from functools import cache

from auricle.pipeline.text.english import is_plural
from auricle.pipeline.text.sound_words import SOUND_WORDS, Group


@dataclass(frozen=True)
class Sound:
    """A sound in words: who or what, doing what (`barking`), and the same in the present tense."""

    label: str
    group: Group | None
    subject: str
    gerund: str
    verb: str

    @property
    def noun(self) -> str:
        """As a noun phrase: `a dog barking`, `applause`, `the sound of a train`."""
        if not self.gerund and self.group in ("animal", "vehicle", "household"):
            return f"the sound of {self.subject}"
        return f"{self.subject} {self.gerund}".strip()

    @property
    def clause(self) -> str:
        """As a clause: `a dog barks`, `applause is heard`."""
        return f"{self.subject} {self.verb}"

    @property
    def maybe(self) -> str:
        """As a noun phrase that leaves room for doubt."""
        return f"what may be {self.noun}"

    @property
    def maybe_clause(self) -> str:
        """As a clause that leaves room for doubt."""
        return f"{self.subject} may be {self.gerund}" if self.gerund else f"there may be {self.subject}"

    @property
    def definite(self) -> str:
        """As something that was met before: `the dog`, `the coughing`."""
        if self.subject in ("someone", "something"):
            doing = _NAMED.get(self.gerund) or self.gerund.split()[0]
            return f"the sound of {self.noun}" if doing == "being" else f"the {doing}"
        bare = re.sub(r"^(an?|the) ", "", self.subject)
        return f"the {bare}"

    @property
    def plural(self) -> bool:
        """Whether the subject takes a plural verb."""
        return is_plural(self.verb)


@cache
def sound(label: str) -> Sound:
    """Return a label in words; a label that is not in the table is named as it stands."""
    if label in _BY_LABEL:
        return _BY_LABEL[label]
    name = re.sub(r"\s*\(.*?\)", "", label).split(",")[0].strip().lower()
    return Sound(label, None, f"the sound of {name or 'something'}", "", "is heard")


_BY_LABEL = {
    label: Sound(label, group, *entry)
    for group, entries in SOUND_WORDS.items()
    for label, entry in entries.items()
}

_NAMED = {
    "clearing their throat": "throat clearing",
    "brushing teeth": "tooth brushing",
    "springing back": "springing",
}
