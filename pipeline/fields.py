"""What columns, or the fields of JSON, say of a recording under the names that people use."""

import math
import re
from collections.abc import Iterable
from typing import Any

VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
VIDEO_IDS = frozenset({"ytid", "youtubeid", "youtubevideoid", "ytvideoid", "videoid"})
STARTS = frozenset({"start", "startseconds", "startsecond", "startsec", "starttime"})
ENDS = frozenset({"end", "endseconds", "endsecond", "endsec", "endtime"})


def find(names: Iterable[str], wanted: frozenset[str]) -> str | None:
    """Return the first name that is wanted, whatever its capitals, spaces and underscores."""
    return next((name for name in names if _plain(name) in wanted), None)


def take_video_id(row: dict[str, Any]) -> str | None:
    """Return the YouTube id of a row, and take it out of the row."""
    name = find(row, VIDEO_IDS)
    if name and isinstance(row[name], str) and VIDEO_ID.fullmatch(row[name]):
        return str(row.pop(name))
    return None


def take_excerpt(row: dict[str, Any]) -> tuple[float, float | None]:
    """Return where an excerpt begins and how long it is, and take both out of the row.

    Without a start that is a number from 0 up there is no excerpt: `end` and `duration` say other
    things then and stay in the row.
    """
    begin, close = find(row, STARTS), find(row, ENDS)
    start = _number(row.get(begin)) if begin else None
    if begin is None or start is None:
        return 0.0, None
    del row[begin]
    end = _number(row.get(close)) if close else None
    if close and end is not None and end > start:
        del row[close]
        return start, end - start
    duration = _number(row.get("duration"))
    if duration:
        del row["duration"]
    return start, duration or None


def _number(value: Any) -> float | None:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
    return number + 0.0 if math.isfinite(number) and number >= 0 else None


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
