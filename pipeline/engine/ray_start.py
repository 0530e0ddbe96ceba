"""Joining a Ray cluster, or starting one on this machine."""

import logging
import socket

from auricle.pipeline.stage_settings import EngineSettings
from auricle.schemas.errors import UserError


def connect(settings: EngineSettings) -> bool:
    """Join the cluster of the settings, or start one on this machine; True if either was done.

    Raises:
        UserError: the cluster cannot be reached.
    """
    import ray

    if ray.is_initialized():
        return False
    where = settings.address or "this machine"
    try:
        if settings.address and settings.address != "auto":
            _knock(settings.address)
        ray.init(
            address=settings.address or "local",
            include_dashboard=False if settings.address is None else None,
            log_to_driver=False,
            logging_level=logging.ERROR if settings.address is None else logging.WARNING,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"ray: cannot start on or reach {where}: {error}") from None
    return True


def _knock(address: str) -> None:
    """Raise soon if nothing listens at `host:port`; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("an address is host:port, ray://host:port or auto")
    with socket.create_connection((host, int(port)), timeout=10):
        pass
