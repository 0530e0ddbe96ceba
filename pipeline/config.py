"""The settings of a run, from a profile, a YAML file and the command line."""

import copy
import dataclasses
import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError, field_validator

from auricle.experts.base import Expert
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.settings import Settings
from auricle.pipeline.stage_settings import (
    OFF,
    CaptionSettings,
    EngineSettings,
    ExportSettings,
    IngestSettings,
    JudgeSettings,
    PrivacySettings,
    QASettings,
    ScoreSettings,
    SplitSettings,
    VerifySettings,
)
from auricle.schemas.errors import UserError


class Config(Settings):
    """Everything a run is made of. `experts` maps a role to its backend and its settings."""

    profile: str = "lite"
    source: str | None = None
    ingest: IngestSettings = IngestSettings()
    experts: dict[str, dict[str, Any]] = {}
    writer: Literal["rules", "llm"] = "rules"
    llm: LlmSettings = LlmSettings()
    caption: CaptionSettings = CaptionSettings()
    qa: QASettings = QASettings()
    judge: JudgeSettings = JudgeSettings()
    score: ScoreSettings = ScoreSettings()
    verify: VerifySettings = VerifySettings()
    split: SplitSettings = SplitSettings()
    privacy: PrivacySettings = PrivacySettings()
    export: ExportSettings = ExportSettings()
    engine: EngineSettings = EngineSettings()

    @field_validator("experts", mode="before")
    @classmethod
    def _off_is_a_word(cls, given: Any) -> Any:
        """YAML reads `backend: off` as False."""
        if not isinstance(given, dict):
            return given
        return {
            role: {**told, "backend": OFF}
            if isinstance(told, dict) and told.get("backend") is False
            else told
            for role, told in given.items()
        }

    def backend(self, role: str) -> str:
        """Return the backend a role is set to: a name, `off`, or `auto` (see `pipeline.plan`)."""
        from auricle.experts.catalogue import PROFILES

        default = next(roles[role] for roles in PROFILES[self.profile].values() if role in roles)
        return str(self.experts.get(role, {}).get("backend", default))

    def chains(self) -> dict[str, dict[str, str]]:
        """Return the chains of the run: the roles that are on, in order, with their backends."""
        from auricle.experts.catalogue import PROFILES

        chains = {
            chain: {role: self.backend(role) for role in roles if self.backend(role) != OFF}
            for chain, roles in PROFILES[self.profile].items()
        }
        return {chain: roles for chain, roles in chains.items() if roles}

    def roles(self) -> dict[str, str]:
        """Return the roles that are on, in the order of the run, with their backends."""
        return {
            role: backend for roles in self.chains().values() for role, backend in roles.items()
        }

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


def make_expert(role: str, backend: str, settings: Mapping[str, Any]) -> Expert[Any]:
    """Return an expert with these settings, not loaded.

    Raises:
        UserError: a setting is unknown or has a bad value; the message begins with its name.
    """
    from auricle.experts.catalogue import EXPERTS

    kind = EXPERTS[role][backend]
    assert dataclasses.is_dataclass(kind)
    hints = get_type_hints(kind)
    known = {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}
    values = {}
    for name, value in settings.items():
        if name not in known:
            raise UserError(f"{name}: {_unknown(name, known, 'setting')}")
        try:  # as JSON, where a list may be a tuple
            values[name] = TypeAdapter(known[name]).validate_json(json.dumps(value), strict=True)
        except (ValidationError, TypeError):
            raise UserError(f"{name}: {value!r} is not {_article(known[name])}") from None
    return kind(**values)


def _check_experts(config: Config, where: str) -> None:
    from auricle.experts.catalogue import AUTO, EXPERTS, PROFILES

    if config.profile not in PROFILES:
        raise UserError(f"{where}: profile: {_unknown(config.profile, PROFILES, 'profile')}")
    roles = {role for chain in PROFILES[config.profile].values() for role in chain}
    for role, given in config.experts.items():
        place = f"{where}: experts.{role}"
        if role not in roles:
            raise UserError(f"{place}: {_unknown(role, roles, 'role')}")
        backend = config.backend(role)
        if backend not in (*EXPERTS[role], OFF, *(["auto"] if role in AUTO else ())):
            raise UserError(f"{place}.backend: {_unknown(backend, EXPERTS[role], 'backend')}")
        if backend == OFF and given and "backend" not in given:
            choice = ", ".join(EXPERTS[role])
            raise UserError(f"{place}: {role} is off; to have it, add a backend: {choice}")
        if backend not in (OFF, "auto"):
            try:
                make_expert(role, backend, config.expert_settings(role))
            except UserError as error:
                raise UserError(f"{place}.{error}") from None
    _check_needs(config, where)


def _check_needs(config: Config, where: str) -> None:
    from auricle.experts.catalogue import AUTO, EXPERTS

    on = config.roles()
    for role, backend in on.items():
        for each in AUTO[role] if backend == "auto" else (backend,):
            for need in EXPERTS[role][each].needs:
                if need not in on and need in EXPERTS and need != "signal":
                    raise UserError(
                        f"{where}: experts.{role}: {role} ({each}) needs {need}, which is off"
                    )


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        group: Any = Config
        for part in problem["loc"][:-1]:
            fields = getattr(group, "model_fields", {})
            group = fields[str(part)].annotation if part in fields else get_args(group)[-1]
        return f"{place}: {_unknown(str(problem['loc'][-1]), group.model_fields, 'setting')}"
    if problem["type"] == "value_error":
        return f"{place}: {problem['ctx']['error']}"
    return f"{place}: {problem['msg'].lower()}, not {problem['input']!r}"


def _article(hint: Any) -> str:
    """Return what a type is called in a message."""
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    return f"a {getattr(hint, '__name__', None) if isinstance(hint, type) else hint}"


def _unknown(name: str, known: Any, kind: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
    return f"{name} is not a {kind}; {hint}"
