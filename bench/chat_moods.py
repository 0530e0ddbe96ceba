"""The moods of the chat server: each turns a good answer into one of the bad ones that occur.

A mood is a name of `MOODS` or `ERRORS`, or a number: an HTTP status.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chat_errors import ERRORS, PAGE
from chat_plan import Body, Plan, schema_of, token_limit
from chat_schema import resolve

Mood = str | int
Change = Callable[[Plan, Body], Plan]

THOUGHT = "The user wants JSON.\nIs it a dog? Perhaps {not} yet."
SORRY = "I'm sorry, but I can't assist with that request."
PROSE = "A dog barks twice, then a car drives by."
_MOST_BLANKS = 8000
"""How many letters an endless answer that is not streamed has, where the request sets no limit."""


def apply(mood: Mood | None, plan: Plan, body: Body) -> Plan:
    """Return the answer that a mood makes of a good one; one that is an error changes nothing.

    Raises:
        ValueError: there is nothing in this answer that the mood could spoil.
    """
    change = MOODS.get(mood) if isinstance(mood, str) else None
    return change(plan, body) if change else plan


def check(mood: Mood) -> None:
    """See that there is such a mood.

    Raises:
        ValueError: there is not.
    """
    if isinstance(mood, str) and mood not in MOODS and mood not in ERRORS:
        names = ", ".join([*MOODS, *ERRORS])
        raise ValueError(f"{mood} is no mood; there are {names}, and HTTP statuses as numbers")


def _set(**changes: Any) -> Change:
    return lambda plan, _: replace(plan, **changes)


def _say(write: Callable[[str], str], **changes: Any) -> Change:
    return lambda plan, _: replace(plan, text=write(plan.text or ""), **changes)


def _spoil(how: Callable[[dict[str, Any], dict[str, Any]], Any]) -> Change:
    """Change the JSON of an answer, with the schema at hand ({} where the request has none)."""

    def change(plan: Plan, body: Body) -> Plan:
        said = json.loads(plan.text or "{}")
        how(said, schema_of(body) or {})
        return replace(plan, text=json.dumps(said, ensure_ascii=False))

    return change


def _drop_key(said: dict[str, Any], schema: dict[str, Any]) -> None:
    wanted = resolve(schema, schema).get("required") or list(said)
    if not wanted:
        raise ValueError("an answer without keys cannot lose one")
    said.pop(wanted[0], None)


def _break_enum(said: Any, schema: dict[str, Any]) -> None:
    if not _foreign(said, schema, schema):
        raise ValueError("wrong enum: the answer holds nothing that the schema has an enum for")


def _foreign(said: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Put a value that is not allowed where the first enum is; False where there is none."""
    schema = resolve(schema, root)
    for option in schema.get("anyOf", ()):
        if _foreign(said, option, root):
            return True
    if isinstance(said, list):
        return any(_foreign(item, schema.get("items", {}), root) for item in said)
    if not isinstance(said, dict):
        return False
    for name, about in schema.get("properties", {}).items():
        about = resolve(about, root)
        if "enum" in about or "enum" in about.get("items", {}):
            said[name] = "none of these" if "enum" in about else ["none of these"]
            return True
        if _foreign(said.get(name), about, root):
            return True
    return False


def _half(text: str) -> str:
    return text[: max(1, len(text) // 2)]


def _endless(plan: Plan, body: Body) -> Plan:
    if body.get("stream"):
        return replace(plan, fault="endless")
    limit = token_limit(body)
    text = "{" + "\n" * (limit * 4 - 1 if limit else _MOST_BLANKS)
    return replace(plan, text=text, finish="length")


MOODS: dict[str, Change] = {
    "fine": _set(),
    # slow, or broken on the way
    "slow first token": _set(fault="slow"),
    "keep-alive": _set(fault="alive"),
    "drip": _set(fault="drip"),
    "stall": _set(fault="stall"),
    "reset": _set(fault="reset"),
    "reset midway": _set(fault="reset midway"),
    "cut off": _set(fault="cut off"),
    "error midway": _set(fault="error midway"),
    "endless whitespace": _endless,
    "wrong content type": _set(content_type="text/plain; charset=utf-8"),
    "html page": _set(page=PAGE.format("Welcome")),
    "no usage": _set(counted=False),
    # the wrong answer
    "truncated": _say(_half, finish="length"),
    "content_filter": _say(_half, finish="content_filter"),
    "code fence": _say(lambda text: f"```json\n{text}\n```"),
    "prose around": _say(lambda text: f"Sure! Here is it:\n\n{text}\n\nLet me know!"),
    "extra keys": _spoil(lambda said, _: said.update(made_with="care", further_remarks=[1])),
    "missing key": _spoil(_drop_key),
    "wrong enum": _spoil(_break_enum),
    "not json": _say(lambda _: PROSE),
    "broken json": _say(lambda text: text.rstrip().removesuffix("}") + ',, "'),
    "empty": _set(text=""),
    "null content": _set(text=None),
    "no choices": _set(choices=False),
    "refusal field": _set(text=None, refusal=SORRY),
    "refusal in prose": _set(text=SORRY),
    # what the model thinks
    "reasoning_content": _set(reason=THOUGHT),
    "reasoning": _set(reason=THOUGHT, reason_key="reasoning"),
    "think": _say(lambda text: f"<think>\n{THOUGHT}\n</think>\n\n{text}"),
    "only </think>": _say(lambda text: f"{THOUGHT}\n</think>\n\n{text}"),
    "unclosed <think>": _say(lambda text: f"<think>\n{THOUGHT} So I write {text}"),
}
