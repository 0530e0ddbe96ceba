"""The batches of the chat server: checked, worked on while they are asked after, ended as told."""

import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_files import Files, Refused, page
from chat_http import Request
from chat_plan import Body, failure, to_json
from chat_settings import Settings

Fate = Literal["completed", "expired", "failed", "stuck"]
"""How a batch ends: `expired` with half of its results, `failed` for too many tokens in the queue,
`stuck` not at all."""
Complete = Callable[[Body], tuple[int, dict[str, Any]]]
"""Answers one request: the status, and the body of the response."""

ENDPOINT = "/v1/chat/completions"
_DAY = 24 * 3600
_ENDS = {"completed", "failed", "expired", "cancelled"}
_EXPIRED = "This request could not be executed before the completion window expired."
_CANCELLED = "This request was cancelled before it was executed."
_QUEUE_FULL = (
    "Enqueued token limit reached for this model. Limit: 90,000 enqueued tokens. "
    "Please try again once some in_progress batches have been completed."
)


@dataclass
class Batch:
    """A batch: what was asked, what the API says of it, and how often it was asked after."""

    shown: dict[str, Any]
    fate: Fate
    since: float
    polls: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)


class Batches:
    """All batches by their id. They outlive their clients, not the server."""

    def __init__(self, settings: Settings, fates: list[Fate], complete: Complete) -> None:
        self.files = Files()
        self._settings, self._fates, self._complete = settings, fates, complete
        self._batches: dict[str, Batch] = {}
        self._numbers = itertools.count(1)

    def answer(self, request: Request, parts: list[str]) -> dict[str, Any]:
        """Return what a request to /batches gets.

        Raises:
            Refused: it asks for what is not there, or in the wrong form.
        """
        match request.method, parts:
            case "POST", []:
                return self._create(json.loads(request.body))
            case "GET", []:
                for batch in self._batches.values():
                    self._move(batch)
                return page([batch.shown for batch in self._batches.values()], request)
            case "GET", [ident]:
                batch = self._get(ident)
                batch.polls += 1
                self._move(batch)
                return batch.shown
            case "POST", [ident, "cancel"]:
                return self._cancel(self._get(ident))
        raise Refused(failure(404, f"Invalid URL ({request.method} {request.path})"))

    def _get(self, ident: str) -> Batch:
        if ident not in self._batches:
            raise Refused(failure(404, f"No batch found with id '{ident}'.", param="batch_id"))
        return self._batches[ident]

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        for name in ("input_file_id", "endpoint", "completion_window"):
            if not asked.get(name):
                message = f"Missing required parameter: '{name}'."
                raise Refused(failure(400, message, code="missing_required_parameter", param=name))
        if self.files.get(asked["input_file_id"]).purpose != "batch":
            message = "The input file must have been uploaded with the purpose 'batch'."
            raise Refused(failure(400, message, param="input_file_id"))
        now, ident = int(time.time()), f"batch_{next(self._numbers):06d}"
        times = ("in_progress", "finalizing", "completed", "failed", "expired")
        shown: dict[str, Any] = {
            "id": ident,
            "object": "batch",
            "endpoint": asked["endpoint"],
            "errors": None,
            "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": now,
            "expires_at": now + _DAY,
            **{f"{name}_at": None for name in (*times, "cancelling", "cancelled")},
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": asked.get("metadata"),
        }
        fate = self._fates.pop(0) if self._fates else "completed"
        self._batches[ident] = Batch(shown, fate, time.monotonic())
        return shown

    def _cancel(self, batch: Batch) -> dict[str, Any]:
        self._move(batch)
        status = batch.shown["status"]
        if status in _ENDS:
            raise Refused(failure(409, f"Cannot cancel a batch with status '{status}'."))
        _enter(batch, "cancelling")
        return batch.shown

    def _move(self, batch: Batch) -> None:
        """Bring a batch to where it is by now."""
        status = batch.shown["status"]
        done = self._done(batch)
        if status in _ENDS or done == 0.0:
            return
        if status == "cancelling":
            self._end(batch, "cancelled", len(batch.lines) // 2)
            return
        if status == "validating" and not self._validate(batch):
            return
        if done < 1 or batch.fate == "stuck":
            _enter(batch, "in_progress")
            batch.shown["request_counts"]["completed"] = int(len(batch.lines) * min(done, 0.99))
        elif batch.fate == "expired":
            self._end(batch, "expired", len(batch.lines) // 2)
        else:
            self._end(batch, "completed", len(batch.lines))

    def _done(self, batch: Batch) -> float:
        """Return which part of its time is over: by the clock, or by how often it was asked for."""
        seconds = self._settings.batch_seconds
        if seconds is None:
            return batch.polls / max(1, self._settings.batch_polls)
        return (time.monotonic() - batch.since) / seconds if seconds else 1.0

    def _validate(self, batch: Batch) -> bool:
        content = self.files.get(batch.shown["input_file_id"]).content
        batch.lines, errors = _read(content, batch.shown["endpoint"])
        if batch.fate == "failed":
            errors = [_error("token_limit_exceeded", _QUEUE_FULL)]
        if errors:
            batch.shown["errors"] = {"object": "list", "data": errors}
            _enter(batch, "failed")
            return False
        batch.shown["request_counts"]["total"] = len(batch.lines)
        _enter(batch, "in_progress")
        return True

    def _end(self, batch: Batch, status: str, count: int) -> None:
        """Answer so many of the requests, in another order than they came in."""
        shown, ident = batch.shown, batch.shown["id"]
        order = batch.lines[::-1]
        random.Random(ident).shuffle(order)
        if order == batch.lines:
            order.reverse()
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []
        for number, line in enumerate(order):
            result = {"id": f"batch_req_{ident}_{number}", "custom_id": line["custom_id"]}
            if number < count:
                code, body = self._complete(line["body"])
                reply = {"status_code": code, "request_id": f"req_{ident}_{number}", "body": body}
                (good if code == 200 else bad).append({**result, "response": reply, "error": None})
            else:
                message = _EXPIRED if status == "expired" else _CANCELLED
                error = {"code": f"batch_{status}", "message": message}
                bad.append({**result, "response": None, "error": error})
        for name, lines in (("output", good), ("error", bad)):
            if lines:
                content = "".join(f"{to_json(line)}\n" for line in lines).encode()
                file = self.files.add(f"{ident}_{name}.jsonl", "batch_output", content)
                shown[f"{name}_file_id"] = file.ident
        shown["request_counts"] = {
            "total": len(order),
            "completed": len(good),
            "failed": len(bad),
        }
        _enter(batch, status)


def _enter(batch: Batch, status: str) -> None:
    batch.shown["status"] = status
    batch.shown[f"{status}_at"] = batch.shown.get(f"{status}_at") or int(time.time())


def _error(code: str, message: str, line: int | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "param": None, "line": line}


def _read(content: bytes, endpoint: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the requests of an input file, and what is wrong with it."""
    lines: list[dict[str, Any]] = []
    errors, known, models = [], set(), set()
    for number, text in enumerate(content.splitlines(), 1):
        try:
            line = json.loads(text)
            ident, body = line["custom_id"], line["body"]
            models.add(body["model"])
        except ValueError:
            errors.append(_error("invalid_json_line", "This line is not valid JSON.", number))
            continue
        except (KeyError, TypeError) as error:
            message = f"Missing required parameter: {error}."
            errors.append(_error("missing_required_parameter", message, number))
            continue
        if ident in known:
            message = f"The custom_id '{ident}' is a duplicate of another request's."
            errors.append(_error("duplicate_custom_id", message, number))
        elif line.get("method") != "POST" or line.get("url") != endpoint:
            message = "The method or url of this request is not that of the batch."
            errors.append(_error("invalid_url", message, number))
        elif len(models) > 1:
            message = "All requests of a batch must be for the same model."
            errors.append(_error("mismatched_model", message, number))
        known.add(ident)
        lines.append(line)
    if not content.strip():
        errors.append(_error("empty_file", "The batch input file is empty."))
    return lines, errors
