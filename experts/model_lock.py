"""What models.toml says: the files of each model, their hashes and where they come from."""

import difflib
import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Self

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
        """The provenance; the hash of several files is that of their sorted "sha256  path"."""
        lines = sorted(f"{file.sha256}  {file.path}" for file in self.files)
        several = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return ModelUse(
            name=self.name,
            source=self.source,
            revision=self.revision,
            sha256=self.files[0].sha256 if len(self.files) == 1 else several,
            licence=self.licence,
        )


def locked(name: str) -> LockedModel:
    """Return what is pinned under a name.

    Raises:
        UserError: the lock file does not have it.
    """
    models = locked_models()
    if name not in models:
        close = difflib.get_close_matches(name, models, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UserError(f"{name} is not a model{hint} Known models: {', '.join(sorted(models))}")
    return models[name]


def locked_models() -> dict[str, LockedModel]:
    """Return every pinned model by name."""
    return _read(LOCK)


@cache
def _read(path: Path) -> dict[str, LockedModel]:
    tables = tomllib.loads(path.read_text("utf-8"))
    return {name: LockedModel(name=name, **table) for name, table in tables.items()}


def _origin(source: str) -> str:
    """Return what a pypi:// or hf:// address names as a whole, and other addresses as they are."""
    scheme, rest = source.split("://", 1)
    words = {"pypi": 1, "hf": 2}.get(scheme)
    return f"{scheme}://" + "/".join(rest.split("/")[:words])
