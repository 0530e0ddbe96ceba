"""A local chat server that hears; it lives as long as the test process."""

from pathlib import Path
from typing import Any

from servers import MODEL, AudioChatServer


def audio_server(folder: Path) -> dict[str, Any]:
    """Start a server and return the settings that lead to it."""
    server = AudioChatServer()
    server.start()
    return {"base_url": server.url, "model": MODEL}
