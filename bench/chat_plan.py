"""What the chat server is about to send: a completion, or an error in its place."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

Body = dict[str, Any]
"""A request for a chat completion, as it was sent."""

Fault = Literal[
    "slow", "drip", "stall", "endless", "reset", "reset midway", "cut off", "error midway", "alive"
]

to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True)
class Plan:
    """One answer.

    With an `error` (JSON) or a `page` (not JSON) nothing else of the completion is sent. `reason`
    is what the model thinks, sent under `reason_key`. `fault` is what goes wrong on the way.
    """

    text: str | None = None
    status: int = 200
    error: dict[str, Any] | None = None
    page: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None
    reason: str = ""
    reason_key: str = "reasoning_content"
    refusal: str | None = None
    finish: str = "stop"
    choices: bool = True
    counted: bool = True
    fault: Fault | None = None

    @property
    def whole(self) -> bool:
        """Whether a completion comes, and not something in its place."""
        return self.error is None and self.page is None

    def message(self) -> dict[str, Any]:
        """Return the answer as the message of an assistant."""
        said: dict[str, Any] = {"role": "assistant", "content": self.text, "refusal": self.refusal}
        if self.reason:
            said[self.reason_key] = self.reason
        return said


def failure(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    code: str | int | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> Plan:
    """Return an error in the form of OpenAI."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return Plan(status=status, error={"error": error}, headers=headers or {})


def tokens(letters: int) -> int:
    """Return about how many tokens a text of so many letters has: four letters a token."""
    return -(-letters // 4)


def prompt_letters(body: Body) -> int:
    """Return how long the messages of a request are."""
    letters = 0
    for message in body.get("messages", ()):
        content = message.get("content") or ""
        if isinstance(content, str):
            letters += len(content)
        else:
            letters += sum(len(part.get("text", "")) for part in content)
    return letters


def token_limit(body: Body) -> int | None:
    """Return how many tokens the answer to a request may have."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    return limit if isinstance(limit, int) else None


def schema_of(body: Body) -> dict[str, Any] | None:
    """Return the JSON Schema that a request wants the answer to keep to."""
    wanted = body.get("response_format") or {}
    schema = (wanted.get("json_schema") or {}).get("schema") or wanted.get("schema")
    return schema if isinstance(schema, dict) else None
