"""The base of every group of settings."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A group of settings. A name that is not one of them is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
