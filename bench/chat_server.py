"""A real chat server in OpenAI's protocol, for tests and benches: fast, and bad on demand.

    with chat_server(moods=["429 seconds", "truncated"], latency=0.1) as server:
        client = openai.AsyncOpenAI(base_url=server.url, api_key="none")

`ChatServer` says what can be read from it, `chat_settings.Settings` what can be set, and
`chat_moods.MOODS` and `chat_errors.ERRORS` which moods there are.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chat_batches import Fate
from chat_service import Answer, Asked, ChatServer, Moods, plain_answer
from chat_settings import Settings

__all__ = ["Asked", "ChatServer", "chat_server", "plain_answer"]


@contextmanager
def chat_server(
    moods: Moods = (),
    answer: Answer = plain_answer,
    port: int = 0,
    fates: Sequence[Fate] = (),
    **settings: Any,
) -> Iterator[ChatServer]:
    """Run a server in a thread of its own; see ChatServer and Settings.

    Raises:
        Exception: what `answer` or `moods` raised while it ran.
    """
    server = ChatServer(Settings(**settings), moods, answer, fates=list(fates))
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    end = asyncio.Event()

    def run() -> None:
        try:
            loop.run_until_complete(server.serve(port, ready.set, end))
        except Exception as error:
            server.failures.append(error)
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=run, name="chat server", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(end.set)
        thread.join()
    if server.failures:
        raise server.failures[0]
