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
        return (
            f"{self.subject} may be {self.gerund}"
            if self.gerund
            else f"there may be {self.subject}"
        )

    @property
    def definite(self) -> str:
        """As something that was met before: `the barking`, `the rain`, `the train`."""
        doing = _NAMED.get(self.gerund) or (self.gerund.split() or [""])[0]
        if self.subject in ("someone", "something") and doing == "being":
            return f"the sound of {self.noun}"
        if self._by_deed:
            return f"the {doing}"
        return f"the {re.sub(r'^(an?|the) ', '', self.subject)}"

    @property
    def _by_deed(self) -> bool:
        """Whether one speaks of what is done rather than of who does it."""
        vague = self.subject in ("someone", "something")
        voiced = self.group in ("person", "animal", "audience")
        return bool(self.gerund) and (vague or (voiced and self.gerund not in _PLAIN))

    @property
    def plural(self) -> bool:
        """Whether `definite` takes a plural verb."""
        return is_plural(self.verb) and not self._by_deed


@cache
def sound(label: str) -> Sound:
    """Return a label in words; a label that is not in the table is named as it stands."""
    if label in _BY_LABEL:
        return _BY_LABEL[label]
    name = re.sub(r"\s*\(.*?\)", "", label).split(",")[0].lower()
    name = " ".join(re.findall(r"[^\W\d_]+", name))[:_LONGEST].strip()
    return Sound(label, None, f"the sound of {name or 'something'}", "", "is heard")


_LONGEST = 30

_BY_LABEL = {
    label: Sound(label, group, *entry)
    for group, entries in SOUND_WORDS.items()
    for label, entry in entries.items()
}

_PLAIN = ("calling", "singing", "playing", "calling out")

_NAMED = {
    "clearing their throat": "throat clearing",
    "brushing teeth": "tooth brushing",
    "springing back": "springing",
}
