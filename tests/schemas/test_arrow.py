"""Records keep their values through Arrow, and their schemas say what columns mean."""

from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from auricle.pipeline.tables import TABLES
from auricle.schemas.annotation import Domain, LabelScore, Tags, TagWindow
from auricle.schemas.arrow import arrow_schema, columns_markdown, from_table, to_table
from auricle.schemas.base import Record, Row
from auricle.schemas.clip import Signal
from auricle.schemas.text import Captions, Text


def test_nested_records_survive_the_way_through_arrow() -> None:
    window = TagWindow(start=0.0, end=2.0, labels=(LabelScore(label="Dog", score=0.75),))
    rows = [Tags(clip_id="a", windows=(window,), labels=window.labels), Tags(clip_id="b")]
    assert from_table(Tags, to_table(Tags, rows)) == rows


def test_an_absent_list_and_an_empty_one_stay_different() -> None:
    text = Text(text="A dog barks.", support=("E1",), confidence=0.5)
    rows = [
        Captions(clip_id="a", sound=(text,)),
        Captions(clip_id="b", sound=()),
        Captions(clip_id="c"),
    ]
    table = to_table(Captions, rows)
    assert table["sound"].is_null().to_pylist() == [False, False, True]
    assert from_table(Captions, table) == rows


def test_optional_columns_are_nullable_and_others_are_not() -> None:
    schema = arrow_schema(Domain)
    assert schema.field("code").nullable
    assert not schema.field("clip_id").nullable
    assert schema.field("code").type == pa.string()


def test_a_column_says_its_meaning_and_unit() -> None:
    metadata = arrow_schema(Signal).field("peak").metadata
    assert metadata[b"unit"] == b"dBFS"
    assert b"largest sample" in metadata[b"meaning"]


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValidationError):
        Signal(clip_id="a", peak=float("nan"))


def test_a_label_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(ValidationError):
        Domain(clip_id="a", code="XYZ")  # type: ignore[arg-type]


def test_a_type_without_an_arrow_counterpart_is_named() -> None:
    class Odd(Record):
        anything: dict[str, Any]

    with pytest.raises(TypeError, match="no Arrow type for"):
        arrow_schema(Odd)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_an_arrow_schema_a_json_schema_and_a_column_table(name: str) -> None:
    record = TABLES[name].record
    assert len(arrow_schema(record)) == len(record.model_fields)
    assert record.model_json_schema()["properties"].keys() == record.model_fields.keys()
    written = columns_markdown([record])
    assert all(f"| `{column}` |" in written for column in record.model_fields)


def test_every_stage_row_says_its_clip_its_status_and_its_reason() -> None:
    for table in TABLES.values():
        if issubclass(table.record, Row):
            assert {"clip_id", "status", "reason"} <= table.record.model_fields.keys()
