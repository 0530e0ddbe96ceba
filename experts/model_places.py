"""Where models are looked for, which of their files are there, and whether those are right."""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from auricle.experts import model_hub
from auricle.experts.model_lock import (
    FolderModel,
    HandModel,
    HubModel,
    LockedModel,
    Model,
    ModelFile,
)
from auricle.experts.model_sources import split_hub


def store() -> Path:
    """Return the folder that models are fetched into."""
    return Path(os.environ.get("AURICLE_STORE") or model_hub.cache_home() / "auricle" / "models")


def search(model: Model, fresh: bool = False) -> tuple[Path | None, list[str]]:
    """Return the first place that has it all, and what was wrong in the others.

    A place with none of the files is no problem; `fresh` reads pinned files again.
    """
    problems: list[str] = []
    for place in places(model):
        if isinstance(model, LockedModel):
            faults = [fault for file in model.files if (fault := _fault(place, file, fresh))]
        elif isinstance(model, HubModel | HandModel):
            lacks = model_hub.lacks(place, model.files_wanted)
            faults = [f"{place / name} is missing" for name in lacks]
        else:
            faults = [] if files_in(model, place) else ["no files"]
        if not faults:
            return place, []
        if files_in(model, place):
            problems += faults
    return None, problems


def files_in(model: Model, place: Path) -> list[Path]:
    """Return the files of a model that a place has."""
    if isinstance(model, LockedModel):
        return [path for file in model.files if (path := place / file.path).is_file()]
    return model_hub.weights_in(place, () if isinstance(model, FolderModel) else model.files_wanted)


def places(model: Model) -> Iterator[Path]:
    """Yield where a model may lie, best first."""
    if isinstance(model, FolderModel):
        yield model.folder
        return
    if isinstance(model, LockedModel) and model.module is not None:
        spec = importlib.util.find_spec(model.module)
        yield from map(Path, spec.submodule_search_locations or () if spec else ())
        return
    for folder in folders():
        yield folder / model.name
        if isinstance(model, LockedModel):  # its hashes tell its files among those of others
            yield folder
    yield store() / model.name
    if isinstance(model, HubModel):
        yield model_hub.snapshot(model.hub, model.revision)
    elif isinstance(model, LockedModel):
        yield from _hub_snapshots(model)


def folders() -> list[Path]:
    """Return the folders that AURICLE_MODELS names."""
    return [Path(name) for name in os.environ.get("AURICLE_MODELS", "").split(os.pathsep) if name]


def sha256_of(path: Path, fresh: bool) -> str:
    """Return the hash of a file; it is read once and remembered until size or time change."""
    path = path.absolute()
    stat = path.stat()
    seen = [str(path), stat.st_size, stat.st_mtime_ns]
    stamp = store() / ".verified" / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"
    if not fresh:
        # No stamp, or one that a crash cut short: the file is read.
        with suppress(OSError, ValueError):
            *stamped, sha256 = json.loads(stamp.read_text("utf-8"))
            if stamped == seen:
                return str(sha256)
    with path.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    # A store that cannot be written still finds models; it only reads them each time.
    with suppress(OSError):
        stamp.parent.mkdir(parents=True, exist_ok=True)
        part = stamp.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps([*seen, sha256]), "utf-8")
        part.replace(stamp)
    return sha256


def _hub_snapshots(model: LockedModel) -> Iterator[Path]:
    """Yield where the hub's cache keeps the files of a pinned model."""
    first = model.files[0]
    for source in first.sources:
        if source.startswith("hf://"):
            repo, revision, file = split_hub(source)
            yield model_hub.snapshot(repo, revision) / file.removesuffix(first.path)


def _fault(place: Path, file: ModelFile, fresh: bool) -> str | None:
    """Return how a file differs from what is pinned, or None."""
    path = place / file.path
    if not path.is_file():
        return f"{path} is missing"
    if (size := path.stat().st_size) != file.size:
        return f"{path} has {size} bytes, expected {file.size}"
    if (sha256 := sha256_of(path, fresh)) != file.sha256:
        return f"{path} has sha256 {sha256}, expected {file.sha256}"
    return None
