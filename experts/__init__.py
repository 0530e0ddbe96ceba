"""Things that listen. `EXPERTS` is the table of them: role, then backend."""

from typing import Any

from auricle.experts.base import Expert

EXPERTS: dict[str, dict[str, type[Expert[Any]]]] = {}
