"""A real local server that speaks the OpenAI chat protocol with sound, and can misbehave."""

import base64
import io
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import soundfile

MODEL = "test/ear"


@dataclass
class Asked:
    """A chat request as the server understood it."""

    model: str
    prompt: str | None
    system: str | None
    rate: int
    seconds: float
    peak: float
    audio_first: bool
    authorization: str | None
    at: float = field(default_factory=time.monotonic)


@dataclass
class AudioChatServer:
    """Hears the sound it is sent and says how long and loud it is.

    `moods` are taken one a request, in order of arrival; when they are used up it answers. A mood
    is a status code (429 says Retry-After), or one of refusal, filter, sorry, empty, length,
    think, no choices, not json, slow.
    """

    moods: list[int | str] = field(default_factory=list)
    key: str | None = None
    lists_models: bool = True
    work: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    busiest: int = 0
    url: str = ""
    _busy: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: threading.Event = field(default_factory=threading.Event)

    def start(self) -> ThreadingHTTPServer:
        """Serve on a free local port until the process or the server ends."""
        chat = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                chat.get(self)

            def do_POST(self) -> None:
                chat.post(self)

            def log_message(self, *_: Any) -> None:
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        http.daemon_threads = True
        self.url = f"http://127.0.0.1:{http.server_port}/v1"
        threading.Thread(target=http.serve_forever, daemon=True).start()
        return http

    def get(self, to: BaseHTTPRequestHandler) -> None:
        if not self.let_in(to):
            return
        if to.path != "/v1/models" or not self.lists_models:
            say(to, 404, {"error": {"message": "not found"}})
            return
        say(to, 200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def post(self, to: BaseHTTPRequestHandler) -> None:
        body = to.rfile.read(int(to.headers["Content-Length"]))
        if not self.let_in(to):
            return
        try:
            asked = hear(json.loads(body), to.headers.get("Authorization"))
        except Exception as error:  # a client's mistake is told to the client
            say(to, 400, {"error": {"message": f"{type(error).__name__}: {error}"}})
            return
        with self._lock:
            self.asked.append(asked)
            mood = self.moods.pop(0) if self.moods else "well"
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        self._closed.wait(20 if mood == "slow" else self.work)
        with self._lock:
            self._busy -= 1
        self.answer(to, asked, mood)

    def answer(self, to: BaseHTTPRequestHandler, asked: Asked, mood: int | str) -> None:
        if isinstance(mood, int):
            headers = {"Retry-After": "1"} if mood == 429 else {}
            say(to, mood, {"error": {"message": f"mood {mood}"}}, headers)
            return
        if mood == "not json":
            say(to, 200, b"<html>gateway</html>")
            return
        text = f"{asked.seconds:.2f} s at {asked.rate} Hz, peak {asked.peak:.2f}"
        message: dict[str, Any] = {"role": "assistant", "content": text}
        finish = {"length": "length", "filter": "content_filter"}.get(mood, "stop")
        if mood == "refusal":
            message |= {"content": None, "refusal": "I will not listen to this."}
        elif mood == "sorry":
            message["content"] = "I'm sorry, but I can't listen to audio files."
        elif mood == "empty":
            message["content"] = "  "
        elif mood == "think":
            message["content"] = f"<think>A tone?\nPerhaps.</think>\n{text}"
        elif mood == "length":
            message["content"] = "A tone that goes on and"
        elif mood not in ("well", "slow", "filter", "no choices"):
            message["content"] = mood  # any other mood is what it says
        choice = {"index": 0, "message": message, "finish_reason": finish}
        say(
            to,
            200,
            {
                "id": "chat-1",
                "object": "chat.completion",
                "created": 0,
                "model": asked.model,
                "choices": [] if mood == "no choices" else [choice],
            },
        )

    def let_in(self, to: BaseHTTPRequestHandler) -> bool:
        if self.key and to.headers.get("Authorization") != f"Bearer {self.key}":
            say(to, 401, {"error": {"message": "wrong key"}})
            return False
        return True


def hear(request: dict[str, Any], authorization: str | None) -> Asked:
    """Return what a chat request holds; raise if its sound is not a file of sound."""
    *before, user = request["messages"]
    (sound,) = [part["input_audio"] for part in user["content"] if part["type"] == "input_audio"]
    texts = [part["text"] for part in user["content"] if part["type"] == "text"]
    file = io.BytesIO(base64.b64decode(sound["data"], validate=True))
    info = soundfile.info(file)
    file.seek(0)
    samples, rate = soundfile.read(file, dtype="float32")
    if info.format.lower() != sound["format"] or info.channels != 1 or not len(samples):
        raise ValueError(f"{sound['format']} was promised, {info.format} came")
    return Asked(
        model=request["model"],
        prompt=texts[0] if texts else None,
        audio_first=user["content"][0]["type"] == "input_audio",
        system=before[0]["content"] if before else None,
        rate=rate,
        seconds=len(samples) / rate,
        peak=float(abs(samples).max()),
        authorization=authorization,
    )


def say(
    to: BaseHTTPRequestHandler,
    status: int,
    body: dict[str, Any] | bytes,
    headers: dict[str, str] | None = None,
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        to.send_response(status)
        to.send_header("Content-Type", "application/json")
        to.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            to.send_header(name, value)
        to.end_headers()
        to.wfile.write(content)
    except (BrokenPipeError, ConnectionResetError):
        to.close_connection = True  # the client gave up waiting


@contextmanager
def audio_chat_server(moods: Sequence[int | str] = (), **about: Any) -> Iterator[AudioChatServer]:
    """Run a server with these moods; see AudioChatServer."""
    server = AudioChatServer(list(moods), **about)
    http = server.start()
    try:
        yield server
    finally:
        server._closed.set()
        http.shutdown()
        http.server_close()
