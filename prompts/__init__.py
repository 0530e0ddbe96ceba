"""Versioned prompt files; a released version is never edited."""

import difflib
import hashlib
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auricle.schemas.errors import UserError

FOLDER = Path(__file__).parent


class Prompt(BaseModel):
    """What a model is told. `hash` is the sha256 of the file, for provenance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    notes: Annotated[str, Field(min_length=1)]
    """Why this version exists."""
    system: str | None = None
    user: str
    """Empty for models that are told nothing."""
    hash: str


def read_prompt(name: str) -> Prompt:
    """Return a prompt by its name, `describe_v1`, or by the path of a YAML file.

    Raises:
        UserError: there is no such prompt, or the file is not one.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    try:
        content = path.read_bytes()
        fields = yaml.safe_load(content)
    except OSError:
        raise UserError(_unknown(name)) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(fields, dict) or "hash" in fields:
        raise UserError(f"{path}: a prompt has the keys notes, system and user")
    try:
        return Prompt(**fields, hash=hashlib.sha256(content).hexdigest())
    except (TypeError, ValidationError) as error:
        problem = error.errors()[0] if isinstance(error, ValidationError) else None
        where = ".".join(map(str, problem["loc"])) if problem else "keys"
        what = problem["msg"] if problem else str(error)
        raise UserError(f"{path}: {where}: {what}; a prompt has notes, system and user") from None


def _unknown(name: str) -> str:
    known = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"prompt: {name} is not a prompt{hint} Known prompts: {', '.join(known)}, or a YAML file"
