"""What models.toml says: the files of each model, their hashes and where they come from.

A model of a hub may be listed without hashes: then the files that are found say what was used.
"""

import difflib
import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from auricle.schemas.base import ModelUse, Record
from auricle.schemas.errors import UserError

LOCK = Path(__file__).with_name("models.toml")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(gt=0)]


class Part(Record):
    """A run of bytes and the addresses that have it, tried in turn."""

    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    sha256: Sha256
    size: Bytes


class ModelFile(Record):
    """A file of a model: from `sources`, or from `parts` laid end to end."""

    path: str
    sha256: Sha256
    size: Bytes
    sources: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def pieces(self) -> tuple[Part, ...]:
        """What has to be fetched, in order."""
        return self.parts or (Part(sources=self.sources, sha256=self.sha256, size=self.size),)


class LockedModel(Record):
    """A model whose bytes are pinned. With `module` it lies inside an installed `package`."""

    name: str
    about: str
    licence: str
    revision: str
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1)]
    module: str | None = None
    package: str | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.module is None) != (self.package is None):
            raise ValueError("`module` and `package` go together")
        for file in self.files:
            if bool(file.sources) + bool(file.parts) != (self.module is None):
                raise ValueError(f"{file.path} needs `sources` or `parts`, or the model a `module`")
        return self

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def source(self) -> str:
        """Where it comes from, in one line: the first address of each piece, repeats left out."""
        if self.package is not None:
            return f"pypi://{self.package}=={self.revision}"
        pieces = [piece for file in self.files for piece in file.pieces]
        return " + ".join(dict.fromkeys(_origin(piece.sources[0]) for piece in pieces))

    @property
    def use(self) -> ModelUse:
        """The provenance."""
        return ModelUse(
            name=self.name,
            source=self.source,
            revision=self.revision,
            sha256=hash_of({file.path: file.sha256 for file in self.files}),
            licence=self.licence,
        )


class HubModel(Record):
    """A repository of the model hub, taken as it is at a revision: its bytes are not pinned.

    `files_wanted` are names or globs; none means that the repository's own files decide. Of a
    `gated` one the terms have to be accepted on its page.
    """

    name: str
    about: str = ""
    licence: str = "unknown"
    hub: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: str = "main"
    files_wanted: tuple[str, ...] = ()
    gated: bool = False

    @property
    def source(self) -> str:
        """The address of the repository."""
        return f"hf://{self.hub}"

    @property
    def page(self) -> str:
        """The web page of the repository."""
        return f"https://huggingface.co/{self.hub}"


class HandModel(Record):
    """Weights that are never fetched: whoever accepts their terms puts them into place."""

    name: str
    about: str
    licence: str
    page: str
    files_wanted: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def source(self) -> str:
        """Where they can be had."""
        return self.page


class FolderModel(Record):
    """A folder of the user, taken as it is."""

    name: str
    folder: Path
    about: str = ""
    licence: str = "unknown"

    @property
    def source(self) -> str:
        """The address of the folder."""
        return self.folder.as_uri()


Model = LockedModel | HubModel | HandModel | FolderModel

_HUB_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


def model_of(ref: str) -> Model:
    """Return the model that a reference means.

    It is a name of models.toml, else a folder that is there, else an id of the model hub
    ("owner/name", "owner/name@revision").

    Raises:
        UserError: it is none of them.
    """
    models = locked_models()
    if ref in models:
        return models[ref]
    folder = Path(ref).expanduser()
    if ref and folder.is_dir():
        return FolderModel(name=ref, folder=folder.absolute())
    if ref[:1] not in "./~" and (match := _HUB_ID.fullmatch(ref)):
        return HubModel(name=ref, hub=match[1], revision=match[2] or "main")
    if "/" in ref:
        raise UserError(f"{ref}: no such folder, nor an id of the model hub (owner/name)")
    close = difflib.get_close_matches(ref, models, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise UserError(f"{ref} is not a model{hint} Known models: {', '.join(sorted(models))}")


def locked_models() -> dict[str, LockedModel | HubModel | HandModel]:
    """Return every model of models.toml by name."""
    return _read(LOCK)


def hash_of(files: dict[str, str]) -> str:
    """Return the hash of a model from the sha256 of its files by path.

    That of one file is its own; of several it is the sha256 of their sorted "sha256  path".
    """
    lines = sorted(f"{sha256}  {path}" for path, sha256 in files.items())
    several = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return next(iter(files.values())) if len(files) == 1 else several


@cache
def _read(path: Path) -> dict[str, LockedModel | HubModel | HandModel]:
    tables = tomllib.loads(path.read_text("utf-8"))
    return {name: _entry(name, table) for name, table in tables.items()}


def _entry(name: str, table: dict[str, Any]) -> LockedModel | HubModel | HandModel:
    if "hub" in table:
        return HubModel(name=name, **table)
    return HandModel(name=name, **table) if "page" in table else LockedModel(name=name, **table)


def _origin(source: str) -> str:
    """Return what a pypi:// or hf:// address names as a whole, and other addresses as they are."""
    scheme, rest = source.split("://", 1)
    words = {"pypi": 1, "hf": 2}.get(scheme)
    return f"{scheme}://" + "/".join(rest.split("/")[:words])
