"""Who made a table, where it was not a model: the code of this version with some settings."""

from typing import Any

from auricle.pipeline.dataset import digest
from auricle.pipeline.version import VERSION
from auricle.schemas.base import Provenance


def made_by(table: str, backend: str, settings: Any = None) -> Provenance:
    """Return the provenance of a table that our own code made with these settings."""
    return Provenance(
        stage=table,
        backend=backend,
        version=VERSION,
        settings_hash=digest(settings or {}),
        code_licence="Apache-2.0",
    )
