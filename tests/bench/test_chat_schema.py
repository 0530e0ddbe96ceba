"""The smallest value of a JSON Schema keeps to the schema."""

from typing import Annotated, Literal

import jsonschema
import pytest
from chat_schema import Unwritable, smallest
from pydantic import BaseModel, Field


class Part(BaseModel):
    ids: list[Annotated[str, Field(pattern=r"^E[1-9][0-9]*$")]] = Field(min_length=2)
    part: "Part | None"
    kind: Literal["long", "b"] | None
    score: float = Field(gt=0, le=1)


class Whole(BaseModel):
    parts: list[Part] = Field(min_length=1)
    by_name: dict[str, int]
    left_out: str = "x"


@pytest.mark.parametrize(
    ("schema", "want"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {}),
        ({"enum": ["long", "b"]}, "b"),
        ({"const": 7}, 7),
        ({"type": ["null", "string"]}, ""),
        ({"type": "string", "minLength": 3}, "aaa"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3, "multipleOf": 2}, 4),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "array", "items": {"enum": [1, 2]}, "minItems": 2, "uniqueItems": True}, [1, 2]),
        ({"anyOf": [{"type": "string", "minLength": 9}, {"type": "null"}]}, None),
        (
            {
                "allOf": [
                    {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
                    {"properties": {"b": {"const": 2}}, "required": ["b"]},
                ]
            },
            {"a": 1, "b": 2},
        ),
    ],
)
def test_a_value_is_allowed_and_small(schema, want):
    jsonschema.validate(want, schema)
    assert smallest(schema) == want


@pytest.mark.parametrize(
    "pattern",
    [r"^E\d+$", r"^[^a0]{2}$", r"^(yes|no)?-\w\s\S$", r"a.b", r"^[A-F_]{4}(?=x)x$", r"^\D[^\d]$"],
)
def test_a_text_matches_its_pattern(pattern):
    schema = {"type": "string", "pattern": pattern}
    jsonschema.validate(smallest(schema), schema)


def test_a_model_with_references_to_itself_is_written():
    value = smallest(Whole.model_json_schema())
    assert Whole.model_validate(value).parts[0].part is None
    assert "left_out" not in value


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}},
        {"type": "integer", "minimum": 2, "maximum": 1},
    ],
)
def test_what_has_no_value_says_so(schema):
    if "$defs" in schema:
        schema["$defs"]["a"]["minItems"] = 1
    with pytest.raises(Unwritable):
        smallest(schema)
