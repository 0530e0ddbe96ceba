"""Consistency: every text of a clip beside its sound, and texts of other clips for comparison."""

import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts.models import use
from auricle.experts.scorers import SCORERS, Scorer
from auricle.experts.sound import decode_flac, resample
from auricle.pipeline.dataset import Dataset, Fingerprint, digest
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.extras import install_command
from auricle.pipeline.judge.texts import Placed, placed
from auricle.pipeline.version import VERSION
from auricle.schemas.base import Provenance
from auricle.schemas.decision import Consistency, TextScore
from auricle.schemas.errors import UserError
from auricle.schemas.text import QA, Captions

Vectors = NDArray[np.float32]

_CLIPS = 32
_LABELS = 3
_LABEL_SCORE = 0.3


@dataclass
class Score:
    """A scorer over a shard.

    Controls are texts of the same kind of other clips of the same domain in the shard; where there
    are too few of the domain, of all its clips. They are drawn by the clip's id and the seed.
    """

    scorer: str
    settings: dict[str, Any]
    controls: int
    seed: int
    tagged: bool
    name: str = "score"
    writes: tuple[str, ...] = ("consistency",)
    by_row: ClassVar[bool] = False
    _loaded: Any = field(default=None, init=False, repr=False, compare=False)

    @property
    def reads(self) -> tuple[str, ...]:
        """The sound, the texts, the domains, and the tags where there are any."""
        return ("clips", "captions", "qa", "domain", *(("tags",) if self.tagged else ()))

    @property
    def uses_gpu(self) -> bool:
        """Whether the scorer does."""
        return self.settings.get("device") != "cpu"

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return self.made().models

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the scores."""
        return {"consistency": self._fingerprint({table: needs[table] for table in self.reads})}

    def load(self) -> None:
        """Load the scorer."""
        scorer = self.made()
        try:
            scorer.load()
        except ModuleNotFoundError as error:
            if error.name is None:
                raise
            raise UserError(
                f"score ({self.scorer}) needs {error.name}: {install_command(error.name)}"
            ) from None
        self._loaded = scorer

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Score the texts of a shard; sound is held for a few clips at a time."""
        begun = time.perf_counter()
        captions = data.rows(Captions, shard)
        texts = [placed(*rows) for rows in zip(captions, data.rows(QA, shard), strict=True)]
        codes = data.table("domain", shard, ["code"])["code"].to_pylist()
        ids = [row.clip_id for row in captions]
        labels = _labels(data, shard, len(ids)) if self.tagged else [None] * len(ids)
        heard = self._hear(data, shard, ids, tell)
        wanted = list(dict.fromkeys(t.text for clip in texts for t in clip))
        wanted += [label for label in dict.fromkeys(labels) if label]
        vectors = dict(zip(wanted, self._loaded.text(wanted), strict=True)) if wanted else {}
        drawn = draw(ids, codes, texts, self.controls, self.seed)
        rows = []
        for clip, own, against, label in zip(ids, texts, drawn, labels, strict=True):
            sound = heard.get(clip)
            if isinstance(sound, str):
                rows.append(Consistency.failed(clip, "undecodable_clip", sound))
            elif sound is None:
                rows.append(Consistency.skipped(clip, "empty_sound"))
            elif not own:
                rows.append(Consistency.skipped(clip, "no_texts"))
            else:
                scores = tuple(
                    _score(sound, text, others, vectors)
                    for text, others in zip(own, against, strict=True)
                )
                known = _cosine(sound, vectors[label]) if label else None
                rows.append(Consistency(clip_id=clip, texts=scores, label=known))
        told = self._fingerprint({}).provenance
        data.write("consistency", shard, rows, told, time.perf_counter() - begun)

    def _hear(
        self, data: Dataset, shard: int, ids: Sequence[str], tell: Tell
    ) -> dict[str, Vectors | str]:
        """Return the vector of each clip, or what is wrong with its sound; empty ones are left out.

        Raises:
            UserError: the texts are of other clips.
        """
        found: dict[str, Vectors | str] = {}
        order: list[str] = []
        for batch in data.batches("clips", shard, _CLIPS, ("clip_id", "duration", "audio")):
            waves: dict[str, Any] = {}
            for row in batch.to_pylist():
                order.append(row["clip_id"])
                try:
                    sound, rate = decode_flac(row["audio"])
                except Exception as error:  # a shard may hold anything
                    found[row["clip_id"]] = f"{type(error).__name__}: {error}"
                    continue
                if len(sound):
                    waves[row["clip_id"]] = resample(sound, rate, self._loaded.sample_rate)
            if waves:
                found.update(zip(waves, self._loaded.audio(list(waves.values())), strict=True))
            tell(Done(batch.num_rows, sum(batch["duration"].to_pylist())))
        if order != list(ids):
            raise UserError(f"shard {shard}: captions are of other clips than clips; redo caption")
        return found

    def made(self) -> Scorer:
        """Return the scorer of the settings, not loaded."""
        made: Scorer = SCORERS[self.scorer](**self.settings)
        return made

    def _fingerprint(self, needs: dict[str, str]) -> Fingerprint:
        scorer = self.made()
        told = {"controls": self.controls, "seed": self.seed}
        provenance = Provenance(
            stage="consistency",
            backend=self.scorer,
            version=VERSION,
            settings_hash=digest(told),
            models=tuple(use(ref) for ref in scorer.models),
            code_licence=scorer.code_licence,
        )
        return Fingerprint(provenance=provenance, settings=told, needs=needs)


def draw(
    ids: Sequence[str],
    codes: Sequence[str | None],
    texts: Sequence[Sequence[Placed]],
    count: int,
    seed: int,
) -> list[list[list[str]]]:
    """Return the control texts of each text of each clip: at most `count`, none of its own clip.

    They are of the same kind; of the same domain where that has enough clips, else of all.
    """
    pools: dict[tuple[str, str | None], list[tuple[int, str]]] = defaultdict(list)
    for index, own in enumerate(texts):
        for text in own:
            pools[text.kind, codes[index]].append((index, text.text))
            pools[text.kind, None].append((index, text.text))
    clips = {key: len({index for index, _ in pool}) for key, pool in pools.items()}
    made = []
    for index, own in enumerate(texts):
        dice = random.Random(f"{seed}:{ids[index]}")
        said = {text.text for text in own}
        drawn = []
        for text in own:
            near = (text.kind, codes[index])
            pool = pools[near if clips[near] > count else (text.kind, None)]
            drawn.append(_draw(pool, index, said, count, dice))
        made.append(drawn)
    return made


def _draw(
    pool: Sequence[tuple[int, str]], own: int, said: set[str], count: int, dice: random.Random
) -> list[str]:
    """Return texts of other clips, one a clip and none that the clip itself has."""
    found: dict[int, str] = {}
    tries = min(len(pool), 4 * count)
    for place in dice.sample(range(len(pool)), tries):
        index, text = pool[place]
        if index != own and index not in found and text not in said:
            found[index] = text
            if len(found) == count:
                break
    return list(found.values())


def _score(
    sound: Vectors, text: Placed, others: Sequence[str], vectors: dict[str, Vectors]
) -> TextScore:
    similarity = _cosine(sound, vectors[text.text])
    controls = tuple(_cosine(sound, vectors[other]) for other in others)
    margin = similarity - sum(controls) / len(controls) if controls else None
    rank = 1 + sum(other >= similarity for other in controls) if controls else None
    return TextScore(
        where=text.where, similarity=similarity, controls=controls, margin=margin, rank=rank
    )


def _cosine(sound: Vectors, text: Vectors) -> float:
    return round(float(sound @ text), 5)


def _labels(data: Dataset, shard: int, count: int) -> list[str | None]:
    """Return the bare labels of each clip, as a sentence that a caption should beat."""
    rows = data.table("tags", shard, ["labels"])["labels"].to_pylist()
    assert len(rows) == count
    return [_label(row) for row in rows]


def _label(labels: Sequence[dict[str, Any]] | None) -> str | None:
    """Return "The sound of Speech, Dog." for the surest labels of a clip."""
    sure = sorted(
        (each for each in labels or () if each["score"] >= _LABEL_SCORE),
        key=lambda each: -float(each["score"]),
    )
    names = ", ".join(each["label"] for each in sure[:_LABELS])
    return f"The sound of {names}." if names else None
