"""What a server understands of the protocol, found out once and written down."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.llm.request import Request
from auricle.pipeline.llm.settings import LlmSettings

Output = Literal["json_schema", "json_object", "text"]
_NEXT: dict[Output, Output] = {"json_schema": "json_object", "json_object": "text"}
_ABOUT_FORM = (
    "response_format",
    "json",
    "schema",
    "grammar",
    "guided",
    "structured",
    "not support",
)


@dataclass(frozen=True)
class Dialect:
    """How a server takes the shape of the answer, its length, the temperature and the count."""

    output: Output = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True
    counts: bool = True

    def without(self, complaint: str) -> "Dialect | None":
        """Return how to ask a server that refused a request, or None if nothing is left to try.

        Args:
            complaint: what the server said of the request (HTTP 400 or 422).
        """
        said = complaint.lower()
        if "max_completion_tokens" in said and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        if ("stream_options" in said or "include_usage" in said) and self.counts:
            return replace(self, counts=False)
        if "temperature" in said and "response_format" not in said and self.temperature:
            return replace(self, temperature=False)
        if self.output in _NEXT and any(word in said for word in _ABOUT_FORM):
            return replace(self, output=_NEXT[self.output])
        return None

    def body(self, request: Request, settings: LlmSettings) -> dict[str, Any]:
        """Return the request as the server wants it; whether it streams is added elsewhere."""
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": list(request.messages),
            self.limit: request.max_tokens(settings),
        }
        if settings.temperature is not None and self.temperature:
            body["temperature"] = settings.temperature
        if settings.seed is not None:
            body["seed"] = settings.seed + request.attempt
        if self.output == "json_schema":
            schema = {"name": "answer", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.output == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body


_FILE = "journals/servers.json"


def known_dialect(storage: Storage, settings: LlmSettings) -> Dialect | None:
    """Return what is written down of a server and its model."""
    told = json.loads(storage.read(_FILE) or b"{}").get(_server(settings))
    try:
        return Dialect(**told) if told else None
    except TypeError:  # written by another version
        return None


def write_dialect(storage: Storage, settings: LlmSettings, dialect: Dialect) -> None:
    """Write down what was found out."""
    known = json.loads(storage.read(_FILE) or b"{}")
    if known.get(_server(settings)) != asdict(dialect):
        known[_server(settings)] = asdict(dialect)
        storage.write(_FILE, json.dumps(known, indent=1).encode())


def _server(settings: LlmSettings) -> str:
    return f"{settings.base_url} {settings.model}"
