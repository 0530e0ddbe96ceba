"""One clip's texts by a language model: asked, read, repaired, checked, written anew once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from auricle.pipeline.llm.client import NoAnswer
from auricle.pipeline.llm.json_text import read_object
from auricle.pipeline.llm.request import Reply, Request
from auricle.pipeline.llm.settings import Price
from auricle.pipeline.text.asking import Task
from auricle.pipeline.text.facts import Facts
from auricle.schemas.text import Mark, Written

R = TypeVar("R", bound=Written)
Ask = Callable[[Request], Awaitable[Reply]]

_MOST_TOLD = 12
"""Broken rules that are told to the writer at once."""


class Generation(Generic[R]):
    """The texts of one clip in the making, with all that was asked for them.

    An answer that is cut short, empty or endless is asked for once more. One that is not valid
    gets one repair turn. One that breaks rules is written anew once, with the reasons told; the
    better of the two is kept, and the rules that it still breaks are marked.
    """

    def __init__(self, task: Task[R], facts: Facts, ask: Ask, price: Price | None) -> None:
        self.task, self.facts, self.price = task, facts, price
        self.row: R | None = None
        self._ask = ask
        self._replies: list[Reply] = []
        self._request = task.request(facts)
        self._rewritten = False

    async def write(self) -> R:
        """Return the row: ok, or an error with a typed reason."""
        self.row = await self._write(self._request)
        marks = self.task.check(self.facts, self.row) if self.row.status == "ok" else []
        return await self.rewrite(marks) if marks else self._finished()

    async def rewrite(self, marks: Sequence[Mark]) -> R:
        """Return the row after its texts were written anew for more reasons, if that can be.

        It is done once. If the new texts break no fewer rules, the old ones stay, marked.
        """
        assert self.row is not None
        marks = (*self.row.marks, *marks)
        if not self._rewritten and self.row.status == "ok":
            self._rewritten = True
            complaint = _complaint([(self.task.place(self.row, m.where), m.detail) for m in marks])
            new = await self._write(self._request.then(self._replies[-1].text, complaint))
            left = self.task.check(self.facts, new) if new.status == "ok" else marks
            if len(left) < len(marks):
                self.row, marks = new, tuple(left)
        self.row = self.row.model_copy(update={"marks": tuple(marks)})
        return self._finished()

    async def _write(self, request: Request) -> R:
        """Return the row that a request ends in."""
        record, clip_id = self.task.record, self.facts.clip_id
        try:
            reply = await self._whole(request)
            if reply.flaw:
                return record.failed(clip_id, reply.flaw, reply.detail or "")
            try:
                return self._read(request, reply)
            except ValueError as error:
                repair = request.then(reply.text, _REPAIR.format(problem=error))
                reply = await self._whole(repair)
                return self._read(repair, reply)
        except NoAnswer as error:
            return record.failed(clip_id, error.reason, error.detail)
        except ValueError as error:
            return record.failed(clip_id, "invalid_answer", str(error))

    def _read(self, request: Request, reply: Reply) -> R:
        if reply.flaw:
            raise ValueError(f"{reply.flaw}: {reply.detail}")
        row = self.task.read(self.facts, read_object(reply.text))
        self._request = request
        return row

    async def _whole(self, request: Request) -> Reply:
        """Return the answer; one that is cut short or empty is asked for once more."""
        reply = await self._count(request)
        if reply.flaw == "truncated":
            reply = await self._count(request.again(longer=2))
        elif reply.flaw in ("empty_answer", "endless_answer"):
            reply = await self._count(request.again())
        return reply

    async def _count(self, request: Request) -> Reply:
        reply = await self._ask(request)
        self._replies.append(reply)
        return reply

    def _finished(self) -> R:
        """Return the row with what it took."""
        assert self.row is not None
        thoughts = [reply.reasoning for reply in self._replies if reply.reasoning]
        costs = [reply.usage.cost(self.price) for reply in self._replies]
        self.row = self.row.model_copy(
            update={
                "model": next((reply.model for reply in self._replies if reply.model), None),
                "reasoning": "\n\n".join(thoughts) or None,
                "requests": len(self._replies),
                "prompt_tokens": sum(reply.usage.prompt for reply in self._replies),
                "completion_tokens": sum(reply.usage.completion for reply in self._replies),
                "cost": None if self.price is None else sum(cost or 0.0 for cost in costs),
            }
        )
        return self.row


_REPAIR = (
    "That is not a valid answer: {problem}. "
    "Answer again with the whole JSON object, in the form that was asked for, and nothing else."
)


def _complaint(problems: Sequence[tuple[str, str]]) -> str:
    lines = [f"- {place}: {detail}" for place, detail in problems[:_MOST_TOLD]]
    return "\n".join([_ANEW, *lines, _WHOLE])


_ANEW = "Some of these texts cannot be used:"
_WHOLE = (
    "Write them anew so that they keep to the rules and to the evidence, and leave the others as "
    "they are. Answer with the whole JSON object and nothing else."
)
