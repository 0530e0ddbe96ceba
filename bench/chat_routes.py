"""Which request goes where, and who may ask."""

from chat_errors import error_of
from chat_files import Refused
from chat_http import JSON, Request, Wire
from chat_plan import failure, to_json
from chat_refusals import unauthorized
from chat_service import ChatServer, say


async def route(server: ChatServer, request: Request, wire: Wire) -> None:
    """Answer a request."""
    settings = server.settings
    if settings.key is not None:
        denied = unauthorized(settings.key, request.headers.get("authorization"))
        if denied:
            say(wire, denied)
            return
    match request.method, request.path.removeprefix("/v1/").split("/"):
        case "POST", ["chat", "completions"]:
            await server.chat(request, wire)
        case _, ["files" | "batches" as what, *parts]:
            await _store(server, request, wire, what, parts)
        case "GET", ["models"] if settings.lists_models:
            models = [
                {"id": name, "object": "model", "created": 0, "owned_by": "test"}
                for name in settings.models
            ]
            wire.send(200, to_json({"object": "list", "data": models}).encode())
        case "GET", ["", "counts"]:
            wire.send(200, to_json(server.counts()).encode())
        case _:
            say(wire, failure(404, f"Invalid URL ({request.method} {request.path})"))


async def _store(
    server: ChatServer, request: Request, wire: Wire, what: str, parts: list[str]
) -> None:
    """Answer a request about files or batches."""
    mood = server.batch_moods.pop(0) if server.batch_moods else None
    error = error_of(mood, {}, server.settings.retry_after)
    if error is not None:
        say(wire, error)
        return
    try:
        stored = server.batches.files if what == "files" else server.batches
        found = stored.answer(request, parts)
    except Refused as refused:
        say(wire, refused.plan)
        return
    except (ValueError, KeyError) as error:
        say(wire, failure(400, f"{type(error).__name__}: {error}"))
        return
    if mood == "reset":
        await wire.reset()
    if isinstance(found, bytes):
        wire.send(200, found, "application/octet-stream")
    else:
        wire.send(200, to_json(found).encode(), JSON)
