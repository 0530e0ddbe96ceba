"""A dataset of many clips made from one of a few: the same rows under other ids, no sound."""

from pathlib import Path

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.tables import CLIP_TABLES, TABLES
from auricle.schemas.base import Provenance
from auricle.schemas.clip import Recording, Source

_MADE = Provenance(stage="clones", backend="bench", version="0", settings_hash="")


def clone(source: Dataset, folder: Path, clips: int, shard_clips: int = 512) -> Dataset:
    """Write a dataset of so many clips, each a copy of one of the source's, and return it.

    What was written about the clips is left out, and so is their sound.
    """
    data = Dataset(str(folder))
    (shard,) = source.shards("clips")
    tables = [name for name in CLIP_TABLES if source.has(name, shard)]
    tables = tables[: tables.index("captions")] if "captions" in tables else tables
    rows = {name: source.rows(TABLES[name].record, shard, name) for name in tables}
    recordings = {row.recording_id: row for row in source.rows(Recording, shard)}
    originals = rows["clips"]
    for number, start in enumerate(range(0, clips, shard_clips)):
        here = range(start, min(start + shard_clips, clips))
        names = [f"{i:07d}" for i in here]
        for name in tables:
            copies = [
                rows[name][i % len(originals)].model_copy(update=_ids(name, f"{i:07d}"))
                for i in here
            ]
            data.write(name, number, copies, _MADE)
        sources = [
            recordings[originals[i % len(originals)].recording_id].model_copy(
                update={"recording_id": name, "clips": 1}
            )
            for i, name in zip(here, names, strict=True)
        ]
        data.write("recordings", number, sources, _MADE)
        fields = Source.model_fields
        data.write(
            "sources",
            number,
            [Source(**row.model_dump(include=set(fields))) for row in sources],
            _MADE,
        )
    data.storage.write("dataset.yaml", source.storage.read("dataset.yaml") or b"")
    return data


def _ids(table: str, name: str) -> dict[str, object]:
    ids: dict[str, object] = {"clip_id": f"{name}_0_10"}
    return {**ids, "recording_id": name, "audio": b""} if table == "clips" else ids
