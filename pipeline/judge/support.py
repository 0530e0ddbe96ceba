"""Support: how much of what a text claims the evidence says too. Nobody listens for it."""

import time
from dataclasses import dataclass
from typing import ClassVar

from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.judge.texts import Placed, placed
from auricle.pipeline.provenance import made_by
from auricle.pipeline.testimonies import testimonies
from auricle.pipeline.text.checks import stated
from auricle.pipeline.text.claims import Known, Said, claims
from auricle.pipeline.text.facts import Facts, learn
from auricle.schemas.decision import Support, TextSupport
from auricle.schemas.text import QA, Captions


@dataclass
class Supported:
    """Counts the claims of every text of a shard, and those that evidence supports."""

    heard: tuple[str, ...]
    name: str = "support"
    writes: tuple[str, ...] = ("support",)
    by_row: ClassVar[bool] = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The texts and all that was said of a clip."""
        return ("recordings", "clips", *self.heard, "captions", "qa")

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the counts."""
        needed = {table: needs[table] for table in self.reads}
        return {"support": Fingerprint(provenance=_MADE, settings={}, needs=needed)}

    def load(self) -> None:
        """Nothing to get ready."""

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Count the claims of a shard."""
        begun = time.perf_counter()
        written = zip(data.rows(Captions, shard), data.rows(QA, shard), strict=True)
        rows = []
        said = testimonies(data, shard, self.heard)
        for testimony, (captions, qa) in zip(said, written, strict=True):
            rows.append(support_of(captions, qa, learn(testimony)))
            tell(Done(1, testimony.duration))
        data.write("support", shard, rows, _MADE, time.perf_counter() - begun)


def support_of(captions: Captions, qa: QA, facts: Facts) -> Support:
    """Return how much of what the texts of a clip claim its evidence supports.

    A claim is a guarded word: a source of sound, an instrument, a genre, a mood, a language, a
    number of people, a degree of noise or of reverberation (docs/checks.md). Quotes, denials and
    words that claim nothing are not counted.
    """
    known = Known(facts)
    texts = tuple(_count(text, known) for text in placed(captions, qa, stated))
    if not texts:
        return Support.skipped(facts.clip_id, "no_texts")
    total = sum(text.claims for text in texts)
    share = sum(text.supported for text in texts) / total if total else None
    return Support(clip_id=facts.clip_id, texts=texts, share=share)


def _count(text: Placed, known: Known) -> TextSupport:
    found = dict(claims(Said(text.text), known))
    supported = sum(sure > 0 for sure in found.values())
    return TextSupport(where=text.where, claims=len(found), supported=supported)


_MADE = made_by("support", "claims")
