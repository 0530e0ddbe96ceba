"""A real local server that speaks S3 (moto), and can be told to fail."""

import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import responses
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

from werkzeug.serving import make_server

RESET = 0
"""The status of an answer that is a connection reset."""

Trouble = Callable[[str, str], int | None]
"""Given the method and the path with its query, the status to fail with, or None to work."""


@dataclass
class S3Server:
    """A server; `trouble` looks at every request, and `asked` holds them all."""

    endpoint: str = ""
    trouble: Trouble = lambda method, path: None
    strict: bool = False
    """Whether it lets nobody in: no key is known to it."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    """What a process needs to be let in; the own process has it while the server runs."""

    def uri(self, place: str, **query: str) -> str:
        """Return the URI of a place, such as `bucket/set`."""
        told = urlencode({"endpoint_override": self.endpoint, "scheme": "http", **query})
        return f"s3://{quote(place)}?{told}"

    def keys(self, bucket: str) -> list[str]:
        """Return the keys of all objects in a bucket, those that mark a folder too."""
        return sorted(_backend().buckets[bucket].keys.keys())

    def uploads(self, bucket: str) -> int:
        """Return how many uploads have begun and not ended."""
        return len(_backend().buckets[bucket].multiparts)


@contextmanager
def s3_server(buckets: Sequence[str] = ("bucket",)) -> Iterator[S3Server]:
    """Run a server that has these empty buckets."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = S3Server()
    inner = DomainDispatcherApplication(create_backend_app)
    http = make_server("127.0.0.1", 0, _failing(inner, server), threaded=True)
    server.endpoint = f"127.0.0.1:{http.server_port}"
    server.environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        with mock.patch.dict(os.environ, server.environment):
            for bucket in buckets:
                _backend().create_bucket(bucket, "us-east-1")
            yield server
    finally:
        http.shutdown()
        http.server_close()
        _backend().reset()


def _backend() -> Any:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _failing(inner: Any, server: S3Server) -> Any:
    def app(environ: dict[str, Any], start: Any) -> Any:
        method, query = environ["REQUEST_METHOD"], environ["QUERY_STRING"]
        path = environ["PATH_INFO"] + (f"?{query}" if query else "")
        server.asked.append((method, path))
        code, status = "", server.trouble(method, path)
        if server.strict:
            status = 403
            code = "InvalidAccessKeyId" if "HTTP_AUTHORIZATION" in environ else "AccessDenied"
        if status is None:
            return inner(environ, start)
        if status == RESET:
            connection = environ["werkzeug.socket"]
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        code = code or {403: "AccessDenied", 503: "SlowDown"}.get(status, "InternalError")
        body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
        headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        start(f"{status} {responses[status]}", headers)
        return [body]

    return app
