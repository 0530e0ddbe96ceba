"""The exports of a dataset: which there are, and which are up to date."""

import json
from collections.abc import Sequence
from typing import Any

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset, digest
from auricle.pipeline.export import (
    flac,
    lhotse,
    mdl,
    mecat,
    meralion,
    nemo,
    parquet,
    swift,
    webdataset,
)
from auricle.pipeline.export.card import write_card
from auricle.pipeline.export.counts import read_counts
from auricle.pipeline.export.rows import SPLITS, Count, bytes_of, rows
from auricle.pipeline.status import status
from auricle.pipeline.tables import TABLES
from auricle.schemas.errors import UserError

_WRITERS: dict[str, Any] = {
    "webdataset": webdataset.write,
    "mecat": mecat.write,
    "mdl": mdl.write,
    "swift": swift.write,
    "nemo": nemo.write,
    "lhotse": lhotse.write,
    "meralion": meralion.write,
}
FORMATS = ("parquet", *_WRITERS)
_FROM = (
    "clips",
    "captions",
    "qa",
    "domain",
    "language",
    "transcript",
    "verdict",
    "split",
    "reviews",
)
_MEGABYTE = 1_000_000


def export_all(
    data: Dataset, config: Config, formats: Sequence[str]
) -> dict[str, dict[str, Count]]:
    """Write exports, each in `exports/FORMAT`, and return what each holds by split.

    Clips that the split gives to no side stay out. An export that is up to date is left as it is.

    Raises:
        UserError: there is no such format, or the dataset is not finished.
    """
    for name in formats:
        if name not in FORMATS:
            raise UserError(f"--format {name}: no such format; there are {', '.join(FORMATS)}, all")
    behind = [line.table for line in status(data) if line.pending]
    if behind:
        raise UserError(f"{data.storage.uri}: {', '.join(behind)} not finished: run it first")
    if data.fingerprint("split") is None or data.fingerprint("captions") is None:
        raise UserError(f"{data.storage.uri}: no captions or no split yet: run those stages first")
    settings = [each.model_dump(mode="json") for each in (config.export, config.privacy)]
    state = digest([_files(data), *settings])
    if _state(data, flac.FOLDER) != state:  # a clip may have changed sides
        data.storage.delete_folder(flac.FOLDER)
        _sign(data, config, flac.FOLDER, state)
    return {name: _export(data, config, name, state) for name in formats}


def _export(data: Dataset, config: Config, name: str, state: str) -> dict[str, Count]:
    folder = f"exports/{name}"
    if _state(data, folder) == state:
        return read_counts(data.storage, folder)
    data.storage.delete_folder(folder)
    splits = {split: rows(data, split, config.privacy) for split in SPLITS}
    counts: dict[str, Count]
    if name == "parquet":
        sizes = {split: bytes_of(data, split) for split in SPLITS}
        target = config.export.file_megabytes * _MEGABYTE
        counts = parquet.write(data.storage, folder, splits, sizes, target)
        if any(count.clips for count in counts.values()):
            write_card(data, config)
    else:
        counts = _WRITERS[name](data.storage, folder, splits)
    _sign(data, config, folder, state)
    return counts


def _state(data: Dataset, folder: str) -> str | None:
    """Return what an export was made from, or None if it is not whole."""
    told = json.loads(data.storage.read(f"{folder}/stage.json") or b"{}")
    return str(told["state"]) if "state" in told else None


def _sign(data: Dataset, config: Config, folder: str, state: str) -> None:
    told = {"state": state, "privacy": config.privacy.model_dump(mode="json")}
    data.storage.write(f"{folder}/stage.json", json.dumps(told).encode())


def _files(data: Dataset) -> list[Any]:
    """Return what tells whether a file that an export is made from has changed."""
    return [[table, data.storage.changes(TABLES[table].folder)] for table in _FROM]
