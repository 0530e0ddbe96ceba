"""The settings of each stage of a run."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from auricle.pipeline.licences import check_licences
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.settings import Settings
from auricle.schemas.text import Difficulty, QACategory

OFF = "off"
"""The backend of a role that is not asked: it has no rows and no table."""
Licences = Annotated[tuple[str, ...], AfterValidator(check_licences)]
"""SPDX ids."""


class IngestSettings(Settings):
    """How recordings become clips.

    `store` is the folder of downloads where the files of a list of video ids are looked for.
    """

    clip_seconds: float = Field(default=10.0, gt=0)
    min_seconds: float = Field(default=1.0, ge=0)
    sample_rate: int = Field(default=16_000, ge=8_000)
    recording_id: Literal["path", "stem"] = "path"
    shard_clips: int = Field(default=512, ge=1)
    store: str | None = None


class CaptionSettings(Settings):
    """How captions are asked for."""

    prompt: str = "caption_v1"


class QASettings(Settings):
    """Which questions are wanted, and how they are asked for.

    `categories` and `difficulties` are the shares over the set; `yes_no` is the share of questions
    that are answered by yes or no, half of them by no, where a model writes.
    """

    prompt: str = "qa_v1"
    categories: dict[QACategory, Annotated[float, Field(ge=0)]] = {
        "direct_perception": 0.20,
        "sound_characteristics": 0.17,
        "quality_assessment": 0.17,
        "environment_reasoning": 0.17,
        "inference_judgement": 0.17,
        "application_context": 0.12,
    }
    difficulties: dict[Difficulty, Annotated[float, Field(ge=0)]] = {
        "basic": 0.25,
        "intermediate": 0.35,
        "advanced": 0.25,
        "complex": 0.15,
    }
    yes_no: float = Field(default=0.16, ge=0, le=1)

    @field_validator("categories", "difficulties")
    @classmethod
    def _is_a_whole(cls, shares: dict[str, float]) -> dict[str, float]:
        if abs(sum(shares.values()) - 1) > 1e-6:
            raise ValueError(f"the shares add up to {sum(shares.values()):g}, not to 1")
        return shares


class JudgeSettings(Settings):
    """Which second model reads the texts, and what it is told. Without a model there is none."""

    llm: LlmSettings = LlmSettings()
    prompt: str = "judge_v1"
    blind_prompt: str = "blind_v1"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        named = {"base_url": self.llm.base_url, "model": self.llm.model}
        missing = [name for name, value in named.items() if not value]
        if len(missing) == 1:
            raise ValueError(f"llm.{missing[0]} is not set; a judge has a base_url and a model")
        return self


class ScoreSettings(Settings):
    """Which model holds the texts against the sound, if one does."""

    scorer: Literal["off", "clap", "laion-clap", "glap"] = "off"
    model: str | None = None
    device: str = "auto"
    controls: int = Field(default=16, ge=2)
    seed: int = 0

    @field_validator("scorer", mode="before")
    @classmethod
    def _off_is_a_word(cls, given: Any) -> Any:
        """YAML reads `scorer: off` as False."""
        return OFF if given is False else given


class VerifySettings(Settings):
    """What puts a clip or a text out.

    `licenses` are the SPDX ids that are allowed; with none, every source is. `false_accept` is the
    share of texts of other clips that may pass for a clip's own. `rule` is `margin`, over texts of
    other clips, or `label`: short and long captions must be nearer to the sound than its labels.
    """

    licenses: Licences = ()
    max_silence: float = Field(default=0.98, ge=0, le=1)
    max_clipped: float = Field(default=0.05, ge=0, le=1)
    false_accept: float = Field(default=0.05, gt=0, lt=1)
    rule: Literal["margin", "label"] = "margin"


class SplitSettings(Settings):
    """How recordings are dealt to train and benchmark.

    `licenses` are the SPDX ids that the benchmark takes; with none, all that passed. `quota` names
    how many clips of a domain, a language or a category (speech, music, sound) it takes at most.
    """

    benchmark: float = Field(default=0.1, ge=0, le=1)
    seed: int = 0
    by_uploader: bool = False
    licenses: Licences = ()
    quota: dict[Literal["domain", "language", "category"], dict[str, int]] = {}


class PrivacySettings(Settings):
    """What of people's words leaves with exports: `pipeline/export/privacy.py` does it.

    With `mask` names, numbers and addresses become words in brackets; with `drop` there are no
    transcripts, and no texts that quote.
    """

    transcripts: Literal["keep", "mask", "drop"] = "keep"
    titles: Literal["keep", "drop"] = "keep"


class ExportSettings(Settings):
    """What the export writes."""

    file_megabytes: float = Field(default=256, gt=0)


class PoolSettings(Settings):
    """What one worker of a stage takes of a cluster. None leaves it to the engine."""

    cpus: float | None = Field(default=None, gt=0)
    gpus: float | None = Field(default=None, ge=0)
    resources: dict[str, Annotated[float, Field(gt=0)]] = {}


class EngineSettings(Settings):
    """Where the work runs. Nothing here changes a row.

    `gigabytes` and `gpu_gigabytes` are what a worker may take; a chain that needs more is dealt
    to several workers. None means that a chain is never divided. `pools` says what a worker of a
    chain, or of another stage, takes of a Ray cluster. `patience` is how many seconds a worker may
    show no progress before the speed of its stage is known.
    """

    kind: Literal["local", "ray"] = "local"
    address: str | None = None
    threads: int = Field(default=2, ge=1)
    batch_clips: int = Field(default=16, ge=1)
    gigabytes: float | None = Field(default=None, gt=0)
    gpu_gigabytes: float | None = Field(default=None, gt=0)
    pools: dict[str, PoolSettings] = {}
    patience: float = Field(default=600.0, gt=0)
