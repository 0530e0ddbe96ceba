"""How a run is asked to end: Ctrl-C, or the signal that schedulers send before they kill."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Terminated(BaseException):
    """Somebody asked the process to end."""


@contextmanager
def noticed() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM sets once `listen` was called, and put the old handler back."""
    before = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL
    try:
        yield threading.Event()
    finally:
        if _is_main():
            signal.signal(signal.SIGTERM, before)


def listen(asked: threading.Event) -> None:
    """Let SIGTERM set an event, whatever else it was to do."""
    if _is_main():
        signal.signal(signal.SIGTERM, lambda *_: asked.set())


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
