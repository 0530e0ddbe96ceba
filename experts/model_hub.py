"""Models of the Hugging Face hub: where its cache keeps them, and how they are fetched into it.

The cache's layout is public (https://huggingface.co/docs/huggingface_hub/guides/manage-cache), so
that looking needs neither the hub's library nor a network.
"""

import fnmatch
import importlib.util
import io
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import yaml

from auricle.experts.model_lock import HubModel
from auricle.experts.model_sources import Meter, Progress, SourceError
from auricle.schemas.errors import MissingModel

COMMIT = ".commit"
"""A file beside copied weights that says of which commit they are."""

_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".tflite", ".gguf")
_INDEX = ".index.json"
_FOREIGN = ("*.msgpack", "*.h5", "*.ot", "*.onnx", "*.gguf", "*.tflite", "flax_*", "tf_*", "onnx/*")
"""Files of other runtimes than torch, left out where the repository has torch's too."""


def hub_cache() -> Path:
    """Return the folder of the hub's cache."""
    home = os.environ.get("HF_HOME") or cache_home() / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def cache_home() -> Path:
    """Return the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def snapshot(repo: str, revision: str) -> Path:
    """Return where the cache keeps a repository at a revision, there or not."""
    folder = hub_cache() / f"models--{repo.replace('/', '--')}"
    commit = revision
    with suppress(OSError):  # a commit has no such file, nor has what was never fetched
        commit = (folder / "refs" / revision).read_text("utf-8").strip()
    return folder / "snapshots" / commit


def commit_of(place: Path) -> str | None:
    """Return the commit that files are of, or None where nothing says it."""
    if place.parent.name == "snapshots":
        return place.name
    with suppress(OSError):
        return (place / COMMIT).read_text("utf-8").strip()
    return None


def licence_in(place: Path) -> str:
    """Return the licence that the front matter of a README.md states, or "unknown"."""
    with suppress(OSError, yaml.YAMLError):
        parts = (place / "README.md").read_text("utf-8", "replace").split("---", 2)
        told = yaml.safe_load(parts[1]) if len(parts) == 3 else None
        if isinstance(told, dict) and isinstance(told.get("license"), str):
            other = told.get("license_name") if told["license"] == "other" else None
            return str(other or told["license"])
    return "unknown"


def weights_in(place: Path, wanted: Iterable[str]) -> list[Path]:
    """Return the files of a model in a folder, sorted: those wanted, else all but texts."""
    found = sorted(
        path
        for path in place.rglob("*")
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(place).parts)
    )
    patterns = tuple(wanted)
    if not patterns:
        return [path for path in found if path.suffix != ".md"]
    names = {path: path.relative_to(place).as_posix() for path in found}
    return [path for path in found if _any_match(names[path], patterns)]


def lacks(place: Path, wanted: Iterable[str]) -> list[str]:
    """Return what a folder lacks of a model: files that are wanted, weights, parts of an index."""
    patterns = tuple(wanted)
    found = weights_in(place, patterns)
    names = [path.relative_to(place).as_posix() for path in found]
    missing = [pattern for pattern in patterns if not any(_match(name, pattern) for name in names)]
    if not patterns and not any(name.endswith(_WEIGHTS) for name in names):
        missing.append("weights")
    for path in found:
        if path.name.endswith(_INDEX):
            parts = set(json.loads(path.read_text("utf-8")).get("weight_map", {}).values())
            missing += sorted(part for part in parts if not (path.parent / part).is_file())
    return missing


def download(model: HubModel, progress: Progress) -> None:
    """Fetch a model into the hub's cache.

    Raises:
        MissingModel: its terms were not accepted, or there is no such repository or revision.
        SourceError: the hub did not deliver.
    """
    if importlib.util.find_spec("huggingface_hub") is None:
        raise SourceError('this needs huggingface_hub: pip install "auricle[full]"')
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    where: dict[str, Any] = {
        "revision": model.revision,
        "cache_dir": hub_cache(),
        "endpoint": os.environ.get("HF_ENDPOINT") or None,
        "token": os.environ.get("HF_TOKEN") or None,
    }
    network = cast(type[Exception], HfHubHTTPError.__bases__[0])  # of the HTTP library of the day
    try:
        listed = snapshot_download(
            model.hub,
            allow_patterns=list(model.files_wanted) or None,
            dry_run=True,
            tqdm_class=_bars(None),
            **where,
        )
        names = [file.filename for file in listed]
        if not model.files_wanted:
            names = chosen(names)
        meter = Meter(sum(f.file_size for f in listed if f.filename in names), progress)
        snapshot_download(model.hub, allow_patterns=names, tqdm_class=_bars(meter), **where)
        meter.at(meter.total)
    except (OSError, ValueError, network) as error:
        raise _in_words(model, error) from error


def account_needed(model: HubModel) -> str:
    """Return what a user has to do who is not let in."""
    account = "set HF_TOKEN to a token of that account"
    if model.gated:
        return (
            "the hub does not give it out before its terms are accepted: accept them on "
            f"{model.page}, and {account}"
        )
    return (
        f"the hub has no {model.hub}, or it is private: check the name, or get access on "
        f"{model.page} and {account}"
    )


def chosen(names: Iterable[str]) -> list[str]:
    """Return which files of an unknown repository are worth fetching: one kind of weights."""
    names = [name for name in names if not name.startswith(".")]
    if any(name.endswith((".safetensors", ".bin", ".pt", ".pth", ".ckpt")) for name in names):
        names = [name for name in names if not _any_match(name, _FOREIGN)]
    if any(name.endswith(".safetensors") and "/" not in name for name in names):
        names = [name for name in names if not _any_match(name, ("pytorch_model*",))]
    return names


def _bars(meter: Meter | None) -> Any:
    """Return a class of progress bars that show nothing, and tell a meter of the bytes."""
    from tqdm.auto import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **given: Any) -> None:
            given.pop("name", None)
            super().__init__(*args, **{**given, "file": io.StringIO(), "disable": False})

        def display(self, *args: Any, **given: Any) -> None:
            if self.unit == "B" and meter is not None:
                meter.at(int(self.n))

    return Bar


def _in_words(model: HubModel, error: Exception) -> MissingModel | SourceError:
    """Return the one line for what the hub's library raised, whatever it wrapped it in."""
    causes: list[BaseException] = [error]
    while following := causes[-1].__cause__:
        causes.append(following)
    kinds = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    status = {getattr(getattr(cause, "response", None), "status_code", None) for cause in causes}
    gated = model.model_copy(update={"gated": "GatedRepoError" in kinds or model.gated})
    if "RevisionNotFoundError" in kinds:
        return MissingModel(f"{model.name}: {model.hub} has no revision {model.revision}")
    if {"RepositoryNotFoundError", "GatedRepoError"} & kinds or status & {401, 403}:
        return MissingModel(f"{model.name}: {account_needed(gated)}")
    told = str(causes[-1]).strip() or type(causes[-1]).__name__
    return SourceError(f"{model.source}: {told.splitlines()[0]}")


def _any_match(name: str, patterns: Iterable[str]) -> bool:
    return any(_match(name, pattern) for pattern in patterns)


def _match(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern)
