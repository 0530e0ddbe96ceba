"""What every record is, and what every row of a stage says of itself."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["ok", "skipped", "error"]


def about(meaning: str, unit: str | None = None) -> Any:
    """Describe a column: its meaning and, for a number, its unit. Use inside `Annotated`."""
    return Field(description=meaning, json_schema_extra={"unit": unit} if unit else None)


class Record(BaseModel):
    """An immutable value. Numbers are finite: NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Row(Record):
    """One clip in one stage. A clip that is out keeps its row, with the reason."""

    clip_id: Annotated[str, about("which clip; the key of every stage")]
    status: Annotated[Status, about("ok, skipped by a gate, or error")] = "ok"
    reason: Annotated[str | None, about("why the clip is out, as a code")] = None
    detail: Annotated[str | None, about("the same in words, for a person")] = None

    @classmethod
    def skipped(cls, clip_id: str, reason: str, detail: str | None = None) -> Self:
        """Return the row of a clip that a gate kept out."""
        return cls(clip_id=clip_id, status="skipped", reason=reason, detail=detail)

    @classmethod
    def failed(cls, clip_id: str, reason: str, detail: str) -> Self:
        """Return the row of a clip that could not be worked on."""
        return cls(clip_id=clip_id, status="error", reason=reason, detail=detail)


class ModelUse(Record):
    """Weights that took part: enough to fetch the same bytes again."""

    name: str
    source: str
    revision: str
    sha256: str
    licence: str


class Provenance(Record):
    """Who made the values of a stage; stored once, in the Parquet file's metadata."""

    stage: str
    backend: str
    version: str
    settings_hash: str
    models: tuple[ModelUse, ...] = ()
    code_licence: str | None = None
    prompt_hash: str | None = None
