"""Settings of backends whose own weights are too large to test with.

Each function saves a small random checkpoint of the same architecture into a folder, laid out as
the model hub lays it out, and returns the settings that make the expert load it; or it starts a
local server and returns its address.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

CHECKPOINTS: dict[tuple[str, str], Callable[[Path], dict[str, Any]]] = {}
"""Role and backend, then what makes its settings."""
