"""The settings of a run, from a YAML file and the command line."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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
