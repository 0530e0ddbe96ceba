"""A real chat server in OpenAI's protocol, for tests and benches: fast, and bad on demand.

    with chat_server(moods=["429 seconds", "truncated"], latency=0.1) as server:
        client = openai.AsyncOpenAI(base_url=server.url, api_key="none")

`ChatServer` says what can be read from it, `chat_settings.Settings` what can be set, and
`chat_moods.MOODS` and `chat_errors.ERRORS` which moods there are.
"""

import argparse
import asyncio
import dataclasses
import importlib
import json
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chat_batches import Fate
from chat_http import Connections, Request, Wire
from chat_moods import Mood
from chat_plan import Body
from chat_routes import route
from chat_service import Answer, Asked, ChatServer, Moods, plain_answer
from chat_settings import Settings

__all__ = ["Asked", "ChatServer", "Settings", "chat_server", "plain_answer"]


@contextmanager
def chat_server(
    moods: Moods = (),
    answer: Answer = plain_answer,
    port: int = 0,
    fates: Sequence[Fate] = (),
    batch_moods: Sequence[Mood] = (),
    **settings: Any,
) -> Iterator[ChatServer]:
    """Run a server in a thread of its own; see ChatServer and Settings.

    Raises:
        Exception: what `answer` or `moods` raised while it ran.
    """
    server = ChatServer(
        Settings(**settings), moods, answer, fates=list(fates), batch_moods=list(batch_moods)
    )
    loop, end, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    def run() -> None:
        try:
            loop.run_until_complete(serve(server, port, ready.set, end))
        except Exception as error:
            server.failures.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="chat server", daemon=True)
    thread.start()
    ready.wait()
    try:
        if server.url:
            yield server
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()
    if server.failures:
        raise server.failures[0]


async def serve(
    server: ChatServer, port: int, ready: Callable[[], None], end: asyncio.Event
) -> None:
    """Serve until told to end; `ready` is called when `server.url` is known."""

    async def handle(request: Request, wire: Wire) -> None:
        await route(server, request, wire)

    connections = Connections(handle)
    listening = await connections.listen("127.0.0.1", port)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    ready()
    await end.wait()
    listening.close()
    await connections.close()


def main() -> None:
    """Serve until the process that started this one is gone, or a signal comes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--answer", help="module:function, from the request to the text")
    parser.add_argument("--text", type=Path, help="a file with the text of every answer")
    parser.add_argument("--moods", default="", help="names, separated by commas")
    parser.add_argument("--share", type=float, default=0.0, help="of requests, in one of the moods")
    parser.add_argument("--seed", type=int, default=0)
    fields = [field for field in dataclasses.fields(Settings) if field.name != "record"]
    for setting in fields:
        name = setting.name.replace("_", "-")
        parser.add_argument(f"--{name}", type=_value, default=setting.default)
    asked = parser.parse_args()
    settings = {setting.name: getattr(asked, setting.name) for setting in fields}
    server = ChatServer(
        Settings(**settings, record=False),
        _some(asked.moods.split(","), asked.share, random.Random(asked.seed)),
        _answer(asked.answer, asked.text),
    )

    async def run() -> None:
        end = asyncio.Event()
        parent = os.getppid()
        task = asyncio.create_task(
            serve(server, asked.port, lambda: print(server.url, flush=True), end)
        )
        while os.getppid() == parent and not task.done():
            await asyncio.wait([task], timeout=0.5)
        end.set()
        await task

    asyncio.run(run())


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _answer(name: str | None, text: Path | None) -> Answer:
    if text is not None:
        content = text.read_text()
        return lambda _: content
    if name is None:
        return plain_answer
    module, _, function = name.partition(":")
    found: Answer = getattr(importlib.import_module(module), function)
    return found


def _some(moods: list[str], share: float, dice: random.Random) -> Moods:
    """Give a share of the requests one of the moods, by chance."""

    def pick(_: Body) -> Mood | None:
        return dice.choice(moods) if dice.random() < share else None

    return pick if share else []


if __name__ == "__main__":
    main()
