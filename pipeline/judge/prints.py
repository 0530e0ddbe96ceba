"""Prints: what finds the same sound, and the same words, again among millions of clips."""

import time
from dataclasses import dataclass
from typing import Any, ClassVar

from auricle.experts.sound import decode_flac, resample
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.judge.fingerprint import landmarks, sample_hash
from auricle.pipeline.judge.text_hash import bands
from auricle.pipeline.provenance import made_by
from auricle.schemas.decision import Print

_RATE = 16_000
_CLIPS = 32


@dataclass
class Prints:
    """Fingerprints of the sounds and of the general captions of a shard."""

    name: str = "print"
    reads: tuple[str, ...] = ("clips", "captions")
    writes: tuple[str, ...] = ("print",)
    by_row: ClassVar[bool] = True

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the table."""
        needed = {table: needs[table] for table in self.reads}
        return {"print": Fingerprint(provenance=_MADE, settings={}, needs=needed)}

    def load(self) -> None:
        """Nothing to get ready."""

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Take the prints of a shard."""
        begun = time.perf_counter()
        captions = data.table("captions", shard, ["clip_id", "long"]).to_pylist()
        rows: list[Print] = []
        for batch in data.batches("clips", shard, _CLIPS, ("clip_id", "duration", "audio")):
            clips = batch.to_pylist()
            texts = captions[len(rows) : len(rows) + len(clips)]
            rows += [_print(clip, text) for clip, text in zip(clips, texts, strict=True)]
            tell(Done(len(clips), sum(clip["duration"] for clip in clips)))
        data.write("print", shard, rows, _MADE, time.perf_counter() - begun)


def _print(clip: dict[str, Any], captions: dict[str, Any]) -> Print:
    clip_id = clip["clip_id"]
    assert captions["clip_id"] == clip_id
    try:
        sound, rate = decode_flac(clip["audio"])
    except Exception as error:  # a shard may hold anything
        return Print.failed(clip_id, "undecodable_clip", f"{type(error).__name__}: {error}")
    hashes, frames = landmarks(resample(sound, rate, _RATE), _RATE)
    long = captions["long"]
    return Print(
        clip_id=clip_id,
        sha256=sample_hash(sound, rate),
        hashes=tuple(hashes.tolist()),
        times=tuple(frames.tolist()),
        bands=bands(long[0]["text"]) if long else (),
    )


_MADE = made_by("print", "landmarks of three peaks")
