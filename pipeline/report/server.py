"""The server of `auricle report --serve`: on this machine alone, straight from the Parquet.

It answers requests whose Host is this machine's own name, so that no page of another site can
reach it by a name that points here. It takes marks only from its own page, by their Origin and by
the token that the page was given.
Ids are looked up in the index and nowhere else: no path comes from a request.
"""

import json
import re
import secrets
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.reviews import mark
from auricle.pipeline.report.clip import known_data
from auricle.pipeline.report.index import FILTERS, Index
from auricle.pipeline.report.spectrogram import png
from auricle.pipeline.show import known_clips
from auricle.schemas.errors import UserError
from auricle.schemas.review import Fix, Judged

TOKEN = "__TOKEN__"
"""What stands in a page where the token belongs."""
_HOST = "127.0.0.1"
_LARGEST = 1_000_000
"""Bytes of a request's body."""
_MOST = 500
"""Clips of one answer."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_HERE = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]+)?")
_NUMBER = re.compile(r"[0-9]{1,15}")


class _Said(BaseModel):
    """What a reviewer sends."""

    model_config = ConfigDict(extra="forbid")

    mark: Judged | None = None
    note: str | None = Field(default=None, max_length=10_000)
    fixes: list[Fix] = Field(default=[], max_length=100)


class _Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Server(ThreadingHTTPServer):
    """A server at which many requests may wait: a list of clips asks for all at once."""

    request_queue_size = 128


def serve(data: Dataset, port: int, page: bytes) -> ThreadingHTTPServer:
    """Return a server of a dataset on 127.0.0.1 that is bound and not yet running.

    Args:
        data: the dataset.
        port: 0 takes a free one.
        page: what `/` answers; `TOKEN` in it becomes the token that marks must bring.

    Raises:
        UserError: the port is taken.
    """
    index = Index(data)
    index.refresh()
    token = secrets.token_urlsafe(24)
    handler = partial(_Handler, data, index, page.replace(TOKEN.encode(), token.encode()), token)
    try:
        return _Server((_HOST, port), handler)
    except OSError as error:
        raise UserError(f"--port {port}: {error.strerror}; name another, or 0 for any") from None


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def __init__(
        self, data: Dataset, index: Index, page: bytes, token: str, *of_server: Any
    ) -> None:
        self._data, self._index, self._page, self._token = data, index, page, token
        super().__init__(*of_server)

    def do_GET(self) -> None:  # noqa: N802
        """Answer with the page, clips, sound or a picture."""
        self._guarded(self._get)

    def do_POST(self) -> None:  # noqa: N802
        """Take a review."""
        self._guarded(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a page asks for hundreds of things."""

    def _guarded(self, answer: Callable[[str], None]) -> None:
        try:
            self._check_host()
            answer(unquote(urlsplit(self.path).path))
        except _Refused as refused:
            self.close_connection = True  # its body may not have been read
            self._json({"error": str(refused)}, refused.status)
        except UserError as error:
            self._json({"error": str(error)}, HTTPStatus.NOT_FOUND)
        except ConnectionError:
            self.close_connection = True  # the browser has gone on to another clip
        except Exception:
            told = {"error": "that failed here; the terminal of the server says why"}
            self._json(told, HTTPStatus.INTERNAL_SERVER_ERROR)
            raise

    def _check_host(self) -> None:
        if not _HERE.fullmatch(self.headers.get("Host") or ""):
            raise _Refused(HTTPStatus.FORBIDDEN, "this server answers to 127.0.0.1 alone")

    def _check_sender(self) -> None:
        kind, _, host = (self.headers.get("Origin") or "").partition("://")
        token = (self.headers.get("X-Auricle-Token") or "").encode()
        foreign = bool(kind) and not (kind == "http" and host == self.headers.get("Host"))
        if foreign or not secrets.compare_digest(token, self._token.encode()):
            raise _Refused(HTTPStatus.FORBIDDEN, "marks come from this server's own page")

    def _get(self, path: str) -> None:
        what, _, name = path.removeprefix("/").partition("/")
        if path == "/":
            self._send(self._page, "text/html; charset=utf-8")
        elif path == "/api/clips":
            self._clips()
        elif path.startswith("/api/clip/"):
            shard, at = self._place(path.removeprefix("/api/clip/"))
            self._json(known_data(known_clips(self._data, shard, [at])[0]))
        elif what == "audio":
            self._part(self._flac(name), "audio/flac")
        elif what == "spectrogram":
            self._send(png(self._flac(name.removesuffix(".png"))), "image/png")
        else:
            raise _Refused(HTTPStatus.NOT_FOUND, f"there is no {path}")

    def _clips(self) -> None:
        self._index.refresh()
        asked = dict(parse_qsl(urlsplit(self.path).query))
        numbers = [asked.pop("offset", "0"), asked.pop("limit", "50")]
        if not all(map(_NUMBER.fullmatch, numbers)):
            raise _Refused(HTTPStatus.BAD_REQUEST, "offset and limit are numbers")
        offset, limit = map(int, numbers)
        if unknown := set(asked) - {*FILTERS, "q"}:
            raise _Refused(HTTPStatus.BAD_REQUEST, f"no filter {', '.join(sorted(unknown))}")
        found = self._index.find(asked, offset, min(max(1, limit), _MOST))
        self._json({**found._asdict(), "facets": self._index.facets()})

    def _place(self, clip_id: str) -> tuple[int, int]:
        self._index.refresh()
        return self._index.place(clip_id)

    def _flac(self, clip_id: str) -> bytes:
        shard, at = self._place(clip_id)
        sounds = self._data.table("clips", shard, ["audio"])["audio"]
        return bytes(sounds[at].as_py())

    def _post(self, path: str) -> None:
        body = self._body()
        self._check_sender()
        if not path.startswith("/api/review/"):
            raise _Refused(HTTPStatus.NOT_FOUND, f"there is no {path}")
        try:
            said = _Said.model_validate_json(body)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            told = f"{where}: {first['msg']}" if where else first["msg"]
            raise _Refused(HTTPStatus.BAD_REQUEST, told) from None
        shard, at = self._place(path.removeprefix("/api/review/"))
        review = mark(self._data, shard, at, said.mark, said.note, said.fixes)
        self._json(review.model_dump(mode="json"))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length") or ""
        if not _NUMBER.fullmatch(length):
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "a mark comes with its Content-Length")
        if int(length) > _LARGEST:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {_LARGEST:,} bytes")
        return self.rfile.read(int(length))

    def _json(self, told: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        content = json.dumps(told, ensure_ascii=False).encode()
        self._send(content, "application/json; charset=utf-8", status)

    def _part(self, content: bytes, kind: str) -> None:
        """Send a file, or the part of it that is asked for: browsers seek so."""
        asked = _RANGE.fullmatch(self.headers.get("Range") or "")
        if asked is None or asked.groups() == ("", ""):
            self._send(content, kind, more={"Accept-Ranges": "bytes"})
            return
        size = len(content)
        first, last = asked.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        if start > end:
            told = {"Content-Range": f"bytes */{size}"}
            self._send(b"", kind, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, told)
            return
        told = {"Content-Range": f"bytes {start}-{end}/{size}", "Accept-Ranges": "bytes"}
        self._send(content[start : end + 1], kind, HTTPStatus.PARTIAL_CONTENT, told)

    def _send(
        self,
        content: bytes,
        kind: str,
        status: HTTPStatus = HTTPStatus.OK,
        more: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        length = {"Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in {**_HEADERS, **length, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
