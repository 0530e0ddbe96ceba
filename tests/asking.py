"""Asking a chat server as the stages do, but without a dataset."""

import asyncio
from typing import Any

from chat_server import ChatServer

from auricle.pipeline.llm.client import Client
from auricle.pipeline.llm.dialect import Dialect
from auricle.pipeline.llm.governor import LocalGovernor, Spent
from auricle.pipeline.llm.request import Reply, Request
from auricle.pipeline.llm.settings import LlmSettings

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"sound": {"type": "string"}},
    "required": ["sound"],
    "additionalProperties": False,
}


def settings(server: ChatServer, **changes: Any) -> LlmSettings:
    """Return settings for a server, with short waits."""
    quick = {"first_token_seconds": 5.0, "total_seconds": 10.0, "retries": 3, "max_tokens": 1000}
    given = {"base_url": server.url, "model": "test/pen", **quick, **changes}
    return LlmSettings.model_validate(given)


def request(words: str = "What is heard? Answer in JSON.", clip: str = "clip") -> Request:
    """Return a question about a clip."""
    return Request(clip, ({"role": "user", "content": words},), SCHEMA)


def ask(
    llm: LlmSettings,
    requests: list[Request],
    dialect: Dialect | None = None,
    before: Spent = Spent(),  # noqa: B008
) -> tuple[list[Reply | Exception], Client]:
    """Return what came of some requests, sent side by side, and the client."""
    client = Client(llm, dialect)
    client.begin(LocalGovernor(llm, before))

    async def all_of_them() -> list[Any]:
        client.open()
        try:
            sent = (client.ask(each) for each in requests)
            return await asyncio.gather(*sent, return_exceptions=True)
        finally:
            await client.close()

    return asyncio.run(all_of_them()), client


def answer(llm: LlmSettings, one: Request | None = None) -> Reply:
    """Return the answer to one request; what is wrong is raised."""
    ((reply,), _) = ask(llm, [one or request()])
    if isinstance(reply, Exception):
        raise reply
    return reply
