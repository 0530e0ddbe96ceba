"""Records as Arrow: schemas, tables, and the column tables of the docs.

Their JSON Schema is pydantic's own: `Record.model_json_schema()`.
"""

import types
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import pyarrow as pa
from pydantic import BaseModel

from auricle.schemas.base import Record

T = TypeVar("T", bound=Record)

_SCALARS: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
}


@cache
def arrow_schema(record: type[Record]) -> pa.Schema:
    """Return the Arrow schema of a record, one field a column, with its meaning and unit.

    Raises:
        TypeError: a field has a type with no Arrow counterpart.
    """
    return pa.schema([_field(record, name) for name in record.model_fields])


def to_table(record: type[T], rows: Sequence[T]) -> pa.Table:
    """Return rows as an Arrow table, in order."""
    return pa.Table.from_pylist([row.model_dump() for row in rows], schema=arrow_schema(record))


def from_table(record: type[T], table: pa.Table) -> list[T]:
    """Return the rows of a table as records; columns that the record does not have are refused."""
    return [record.model_validate(row) for row in table.to_pylist()]


def columns_markdown(records: Iterable[type[Record]]) -> str:
    """Return a Markdown table of columns for each record."""
    parts = []
    for record in records:
        parts += [f"## {record.__name__}", "", (record.__doc__ or "").strip(), ""]
        parts += ["| column | type | unit | meaning |", "|---|---|---|---|"]
        for name, field in record.model_fields.items():
            unit, meaning = _unit(field.json_schema_extra), field.description or ""
            kind = type_name(field.annotation)
            parts.append(f"| `{name}` | {kind} | {unit or ''} | {meaning} |".replace("  ", " "))
        parts.append("")
    return "\n".join(parts)


def type_name(annotation: Any) -> str:
    """Return a type as a reader of the docs would write it."""
    inner, nullable = _unwrap(annotation)
    if get_origin(inner) is Literal:
        name = ", ".join(f"`{value}`" for value in get_args(inner))
    elif get_origin(inner) is tuple:
        name = f"list of {type_name(get_args(inner)[0])}"
    elif isinstance(inner, type) and issubclass(inner, BaseModel):
        fields = ((key, type_name(f.annotation)) for key, f in inner.model_fields.items())
        name = "{" + ", ".join(f"{key}: {kind}" for key, kind in fields) + "}"
    else:
        name = inner.__name__
    return f"{name} or null" if nullable else name


def _field(record: type[BaseModel], name: str) -> pa.Field:
    field = record.model_fields[name]
    inner, nullable = _unwrap(field.annotation)
    about = {"meaning": field.description, "unit": _unit(field.json_schema_extra)}
    metadata = {key: value for key, value in about.items() if value}
    return pa.field(name, _type(inner), nullable=nullable, metadata=metadata or None)


def _type(annotation: Any) -> pa.DataType:
    inner, _ = _unwrap(annotation)
    origin = get_origin(inner)
    if origin is Literal:
        return pa.string()
    if origin is tuple:
        return pa.list_(pa.field("item", _type(get_args(inner)[0]), nullable=False))
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return pa.struct([_field(inner, name) for name in inner.model_fields])
    if inner in _SCALARS:
        return _SCALARS[inner]
    raise TypeError(f"no Arrow type for {annotation!r}")


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    """Return the type inside Annotated and Optional, and whether it may be null."""
    if get_origin(annotation) is Annotated:
        return _unwrap(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        options = [option for option in get_args(annotation) if option is not types.NoneType]
        if len(options) != 1:
            raise TypeError(f"a column has one type: {annotation!r}")
        return _unwrap(options[0])[0], len(options) < len(get_args(annotation))
    return annotation, False


def _unit(extra: Any) -> str | None:
    return extra.get("unit") if isinstance(extra, dict) else None
