"""The smallest JSON that a JSON Schema allows, for a model that says no more than it must."""

import importlib
import json
import math
import re
from typing import Any

_DEEPEST = 24
"""Schemas that nest deeper refer to themselves without end."""
_LETTERS = "a0A_- .,:;é"


class Unwritable(ValueError):
    """A schema that this module finds no value for."""


def smallest(schema: dict[str, Any]) -> Any:
    """Return the smallest value that a schema allows: only required keys, no more items than asked.

    Raises:
        Unwritable: it has a form that is not understood.
    """
    return _value(schema, schema, 0)


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without `$ref` and `allOf` at its top."""
    merged = dict(schema)
    while reference := merged.pop("$ref", None):
        target: Any = root
        for part in reference.removeprefix("#").strip("/").split("/"):
            target = target[part] if part else target
        merged = {**target, **merged}
    for part in merged.pop("allOf", ()):
        part = resolve(part, root)
        merged["properties"] = {**merged.get("properties", {}), **part.get("properties", {})}
        merged["required"] = [*merged.get("required", []), *part.get("required", [])]
        merged = {**part, **merged}
    return merged


def _value(schema: Any, root: dict[str, Any], depth: int) -> Any:
    if depth > _DEEPEST:
        raise Unwritable("the schema has no end")
    if not isinstance(schema, dict):
        return None
    schema = resolve(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return min(schema["enum"], key=_size)
    options = schema.get("anyOf") or schema.get("oneOf")
    kind = schema.get("type")
    if isinstance(kind, list):
        options = [{**schema, "type": one} for one in kind]
    if options:
        return _shortest(options, root, depth)
    if kind is None:
        kind = "object" if "properties" in schema else "null"
    return _WRITERS[kind](schema, root, depth)


def _shortest(options: list[Any], root: dict[str, Any], depth: int) -> Any:
    values = []
    for option in options:
        try:
            values.append(_value(option, root, depth + 1))
        except Unwritable:
            continue
    if not values:
        raise Unwritable("none of the alternatives has an end")
    return min(values, key=_size)


def _object(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    names = [name for name in properties if name in required]
    names += sorted(required - set(properties))
    return {name: _value(properties.get(name, {}), root, depth + 1) for name in names}


def _array(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    count = schema.get("minItems", 0)
    first = [_value(one, root, depth + 1) for one in schema.get("prefixItems", ())][:count]
    rest = count - len(first)
    items = schema.get("items", {})
    if rest > 1 and schema.get("uniqueItems") and isinstance(items, dict):
        allowed = resolve(items, root).get("enum")
        if allowed is None:
            raise Unwritable("uniqueItems of what is no enum")
        return first + list(allowed[:rest])
    return first + [_value(items, root, depth + 1) for _ in range(rest)]


def _string(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    text = _matching(schema["pattern"]) if "pattern" in schema else ""
    if len(text) < schema.get("minLength", 0):
        if text:
            raise Unwritable(f"a text of {schema['minLength']} letters like {schema['pattern']}")
        text = "a" * schema["minLength"]
    return text


def _number(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    whole = schema["type"] == "integer"
    step = schema.get("multipleOf", 1 if whole else None)
    low = schema.get("minimum", -math.inf)
    over = schema.get("exclusiveMinimum", -math.inf)
    high = schema.get("maximum", math.inf)
    under = schema.get("exclusiveMaximum", math.inf)
    bounds = [bound for bound in (low, over, high, under) if math.isfinite(bound)]
    between = [sum(bounds) / len(bounds)] if bounds else []
    steps = [bound + add for bound in bounds for add in (0, 1, -1)]
    for wanted in (0, *steps, *between):
        value = wanted if step is None else math.ceil(wanted / step) * step
        if max(low, value) == value and over < value < under and value <= high:
            return int(value) if whole else value
    raise Unwritable(f"no number fits {schema}")


_WRITERS = {
    "object": _object,
    "array": _array,
    "string": _string,
    "number": _number,
    "integer": _number,
    "boolean": lambda *_: True,
    "null": lambda *_: None,
}


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _matching(pattern: str) -> str:
    """Return a short text that a regular expression matches."""
    parser: Any = importlib.import_module("re._parser")  # the only parser there is, of re itself
    text = "".join(map(_one, parser.parse(pattern)))
    if not re.search(pattern, text):
        raise Unwritable(f"no text was found that matches {pattern}")
    return text


def _one(node: Any) -> str:
    """Return the shortest text for one node of a parsed expression."""
    name, value = str(node[0]), node[1]
    if name == "LITERAL":
        return chr(value)
    if name in ("NOT_LITERAL", "ANY", "IN"):
        return _letter(name, value)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return "".join(map(_one, value[2])) * int(value[0])
    if name == "SUBPATTERN":
        return "".join(map(_one, value[3]))
    if name == "BRANCH":
        return min(("".join(map(_one, branch)) for branch in value[1]), key=len)
    if name in ("AT", "ASSERT", "ASSERT_NOT"):
        return ""
    raise Unwritable(f"a pattern with {name}")


def _letter(name: str, value: Any) -> str:
    if name == "ANY":
        return "a"
    if name == "NOT_LITERAL":
        return next(letter for letter in _LETTERS if ord(letter) != value)
    kinds = [(str(kind), what) for kind, what in value]
    for kind, what in kinds:
        if kind in ("LITERAL", "RANGE") and kinds[0][0] != "NEGATE":
            return chr(what if kind == "LITERAL" else what[0])
    negated = kinds[0][0] == "NEGATE"
    for letter in _LETTERS:
        if any(_is(letter, kind, what) for kind, what in kinds if kind != "NEGATE") != negated:
            return letter
    raise Unwritable("a pattern with a rare letter")


def _is(letter: str, kind: str, what: Any) -> bool:
    if kind == "LITERAL":
        return letter == chr(what)
    if kind == "RANGE":
        return int(what[0]) <= ord(letter) <= int(what[1])
    code = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
    name = str(what).removeprefix("CATEGORY_")
    inside = re.fullmatch(code[name.removeprefix("NOT_")], letter) is not None
    return inside != name.startswith("NOT_")
