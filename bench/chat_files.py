"""The files of the chat server: uploaded as multipart forms, kept in memory, listed, deleted."""

import itertools
import time
from dataclasses import dataclass
from typing import Any

from chat_http import Request
from chat_plan import Plan, failure


class Refused(Exception):
    """A request that cannot be granted, with the answer that says so."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.plan = plan


@dataclass(frozen=True)
class File:
    """An uploaded file or the results of a batch."""

    ident: str
    name: str
    purpose: str
    content: bytes
    created: int

    def shown(self) -> dict[str, Any]:
        """Return the file as the API describes it."""
        return {
            "id": self.ident,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
            "expires_at": None,
        }


class Files:
    """All files by their id, in the order they came."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._numbers = itertools.count(1)

    def add(self, name: str, purpose: str, content: bytes) -> File:
        """Keep a file."""
        ident = f"file-{next(self._numbers):06d}"
        file = File(ident, name, purpose, content, int(time.time()))
        self._files[ident] = file
        return file

    def get(self, ident: str) -> File:
        """Return a file.

        Raises:
            Refused: there is none of that id.
        """
        if ident not in self._files:
            raise Refused(failure(404, f"No such File object: {ident}", param="id"))
        return self._files[ident]

    def answer(self, request: Request, parts: list[str]) -> dict[str, Any] | bytes:
        """Return what a request to /files gets.

        Raises:
            Refused: it asks for what is not there, or in the wrong form.
        """
        match request.method, parts:
            case "POST", []:
                return self._upload(request).shown()
            case "GET", []:
                wanted = request.query.get("purpose")
                shown = [file.shown() for file in self._files.values()]
                return page([file for file in shown if wanted in (None, file["purpose"])], request)
            case "GET", [ident]:
                return self.get(ident).shown()
            case "GET", [ident, "content"]:
                return self.get(ident).content
            case "DELETE", [ident]:
                del self._files[self.get(ident).ident]
                return {"id": ident, "object": "file", "deleted": True}
        raise Refused(failure(404, f"Invalid URL ({request.method} {request.path})"))

    def _upload(self, request: Request) -> File:
        fields = _form(request)
        if "purpose" not in fields or "file" not in fields:
            missing = "file" if "purpose" in fields else "purpose"
            message = f"'{missing}' is a required property"
            raise Refused(failure(400, message, param=missing))
        name, content = fields["file"]
        return self.add(name, fields["purpose"][1].decode(), content)


def page(shown: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """Return one page of a list, newest first, after the id that the request names."""
    newest = shown[::-1]
    after = request.query.get("after")
    idents = [one["id"] for one in newest]
    start = idents.index(after) + 1 if after in idents else 0
    most = int(request.query.get("limit", 20))
    cut = newest[start : start + most]
    return {
        "object": "list",
        "data": cut,
        "first_id": cut[0]["id"] if cut else None,
        "last_id": cut[-1]["id"] if cut else None,
        "has_more": start + most < len(newest),
    }


def _form(request: Request) -> dict[str, tuple[str, bytes]]:
    """Return the fields of a multipart form: the file name of each, if any, and its content."""
    kind, _, about = request.headers.get("content-type", "").partition("boundary=")
    if "multipart/form-data" not in kind:
        raise Refused(failure(400, "We expect a multipart/form-data request."))
    boundary = b"\r\n--" + about.partition(";")[0].strip().strip('"').encode()
    fields = {}
    for part in (b"\r\n" + request.body).split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        fields[_told(head, "name")] = _told(head, "filename"), content
    return fields


def _told(head: bytes, what: str) -> str:
    """Return a parameter of a content-disposition."""
    text = head.decode()
    return text.partition(f' {what}="')[2].partition('"')[0]
