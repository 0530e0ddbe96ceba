"""JSON out of what a model wrote: in a code fence, between prose, or as it should be."""

import json
import re
from typing import Any

_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_BEGIN = re.compile(r"^\s*\{", re.MULTILINE)


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object in a text.

    A fenced object wins, then the text as a whole, then the first object that stands in it.

    Raises:
        ValueError: there is none; the message says what is wrong with the JSON, for the writer.
    """
    problem = ""
    for fenced in _FENCE.findall(text):
        found = _load(fenced)
        if isinstance(found, dict):
            return found
    begins = [match.end() - 1 for match in _BEGIN.finditer(text)] or [text.find("{")]
    if begins == [-1]:
        raise ValueError("there is no JSON object in the answer")
    for begin in begins:
        try:
            found, _ = _DECODER.raw_decode(text, begin)
        except json.JSONDecodeError as error:
            problem = problem or f"the JSON breaks at character {error.pos - begin}: {error.msg}"
        except RecursionError:
            problem = problem or "the JSON is nested too deeply"
        else:
            return dict(found)
    raise ValueError(problem)


_DECODER = json.JSONDecoder(strict=False)  # a line break inside a string is forgiven


def _load(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError):
        return None
