"""The settings of a run, from a profile, a YAML file and the command line."""

import copy
import dataclasses
import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auricle.schemas.errors import UserError


class Settings(BaseModel):
    """A group of settings. A name that is not one of them is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IngestSettings(Settings):
    """How recordings become clips."""

    clip_seconds: float = Field(default=10.0, gt=0)
    min_seconds: float = Field(default=1.0, ge=0)
    sample_rate: int = Field(default=16_000, ge=8_000)
    recording_id: Literal["path", "stem"] = "path"
    shard_clips: int = Field(default=512, ge=1)


class SplitSettings(Settings):
    """How recordings are dealt to train and benchmark."""

    benchmark: float = Field(default=0.1, ge=0, le=1)
    seed: int = 0


class ExportSettings(Settings):
    """What the export writes."""

    file_megabytes: float = Field(default=256, gt=0)


class EngineSettings(Settings):
    """Where the work runs. Nothing here changes a row."""

    kind: Literal["local", "ray"] = "local"
    address: str | None = None
    threads: int = Field(default=2, ge=1)
    batch_clips: int = Field(default=16, ge=1)


class Config(Settings):
    """Everything a run is made of. `experts` maps a role to its backend and its settings."""

    profile: str = "lite"
    source: str | None = None
    ingest: IngestSettings = IngestSettings()
    experts: dict[str, dict[str, Any]] = {}
    writer: Literal["rules"] = "rules"
    split: SplitSettings = SplitSettings()
    export: ExportSettings = ExportSettings()
    engine: EngineSettings = EngineSettings()

    def backend(self, role: str) -> str:
        """Return the backend a role is set to; `auto` is decided by `pipeline.plan`."""
        from auricle.experts.catalogue import PROFILES

        default = next(roles[role] for roles in PROFILES[self.profile].values() if role in roles)
        return str(self.experts.get(role, {}).get("backend", default))

    def expert_settings(self, role: str) -> dict[str, Any]:
        """Return the settings of a role's expert, without its backend."""
        given = self.experts.get(role, {})
        return {name: value for name, value in given.items() if name != "backend"}


def load_config(
    path: str | None = None,
    changes: Mapping[str, Any] | None = None,
    base: Mapping[str, Any] | None = None,
) -> Config:
    """Return the configuration of a YAML file with changes laid over it.

    Args:
        path: a YAML file, or None for the defaults.
        changes: settings by dotted name, for example `{"ingest.clip_seconds": 5}`.
        base: settings to start from where there is no file.

    Raises:
        UserError: the file is missing or is not YAML, or a setting is unknown or has a bad value.
    """
    where = path or "the command line"
    content: Any = copy.deepcopy(dict(base or {}))
    if path:
        try:
            content = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: cannot read this configuration: {error}") from None
        except yaml.YAMLError as error:
            raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(content, dict):
            raise UserError(f"{path}: a configuration is a mapping of settings")
    for dotted, value in (changes or {}).items():
        *groups, name = dotted.split(".")
        place = content
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = value
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{where}: {_first_problem(error)}") from None
    _check_experts(config, where)
    return config


def dump_config(config: Config) -> bytes:
    """Return a configuration as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False).encode()


def _check_experts(config: Config, where: str) -> None:
    from auricle.experts.catalogue import EXPERTS, PROFILES

    if config.profile not in PROFILES:
        raise UserError(f"{where}: profile: {_unknown(config.profile, PROFILES, 'profile')}")
    roles = {role for chain in PROFILES[config.profile].values() for role in chain}
    for role, given in config.experts.items():
        if role not in roles:
            raise UserError(f"{where}: experts.{role}: {_unknown(role, roles, 'role')}")
        backend = config.backend(role)
        if backend == "auto":
            continue
        if backend not in EXPERTS[role]:
            problem = _unknown(backend, EXPERTS[role], "backend")
            raise UserError(f"{where}: experts.{role}.backend: {problem}")
        known = expert_fields(role, backend)
        for name, value in given.items():
            if name == "backend":
                continue
            if name not in known:
                problem = _unknown(name, known, "setting")
                raise UserError(f"{where}: experts.{role}.{name}: {problem}")
            if type(value) is not type(known[name]) and not (
                isinstance(known[name], float) and isinstance(value, int)
            ):
                kind = type(known[name]).__name__
                raise UserError(f"{where}: experts.{role}.{name}: {value!r} is not a {kind}")


def expert_fields(role: str, backend: str) -> dict[str, Any]:
    """Return the settings of an expert with their defaults."""
    from auricle.experts.catalogue import EXPERTS

    expert = EXPERTS[role][backend]()
    assert dataclasses.is_dataclass(expert)
    return {f.name: getattr(expert, f.name) for f in dataclasses.fields(expert) if f.init}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        group: Any = Config
        for part in problem["loc"][:-1]:
            group = group.model_fields[str(part)].annotation
        return f"{place}: {_unknown(str(problem['loc'][-1]), group.model_fields, 'setting')}"
    return f"{place}: {problem['msg'].lower()}, not {problem['input']!r}"


def _unknown(name: str, known: Any, kind: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
    return f"{name} is not a {kind}; {hint}"
