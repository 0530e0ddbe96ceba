"""The stage of the second reader: another model that answers blind, then checks every text."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.work import Done, Tell, errors_in
from auricle.pipeline.testimonies import testimonies
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.generate import Ask, Generation
from auricle.pipeline.text.judge_blind import Blind, BlindTask, read_blind_prompt
from auricle.pipeline.text.judge_task import JudgeTask, read_judge_prompt
from auricle.pipeline.writing import ModelWork, too_little
from auricle.prompts import Prompt
from auricle.schemas.errors import UserError
from auricle.schemas.judgement import Judgement
from auricle.schemas.text import QA, Captions, Written


@dataclass
class Judge(ModelWork):
    """Judgements of captions and questions by a model of its own, with a budget of its own."""

    prompt: str
    blind_prompt: str
    paid_with: ClassVar[tuple[str, ...]] = ("judge",)

    @cached_property
    def prompts(self) -> tuple[Prompt, ...]:
        """What the judge is told, and what the blind reader is told."""
        return (read_judge_prompt(self.prompt), read_blind_prompt(self.blind_prompt))

    @property
    def reads(self) -> tuple[str, ...]:
        """All that was said of a clip, and what was written of it."""
        return (*super().reads, "captions", "qa")

    def load(self) -> None:
        """Get ready as every stage that asks a model.

        Raises:
            UserError: as there, with the names of the judge's settings.
        """
        with _own_names():
            super().load()

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Write the judgements of a shard. Several threads may each have one.

        Raises:
            UserError: nothing more can be asked.
            Stopped: the run was stopped.
        """
        with _own_names():
            super().run(data, shard, tell)

    async def _rows(self, data: Dataset, shard: int, ask: Ask, tell: Tell) -> list[Written]:
        cases = await asyncio.to_thread(self._cases, data, shard)

        async def one(facts: Facts, captions: Captions, qa: QA) -> Written:
            row = await self._judged(facts, captions, qa, ask)
            tell(Done(1, facts.duration, errors_in(row)))
            return row

        return await self._all(one(*case) for case in cases)

    def _cases(self, data: Dataset, shard: int) -> Iterator[tuple[Facts, Captions, QA]]:
        """Return what is known and what was written of each clip; the ids are checked."""
        said = testimonies(data, shard, (*self.heard, "captions", "qa"))
        return zip(map(learn, said), data.rows(Captions, shard), data.rows(QA, shard), strict=True)

    async def _judged(self, facts: Facts, captions: Captions, qa: QA, ask: Ask) -> Judgement:
        """Return the judgement of one clip. Its questions are answered before texts are shown."""
        told, asked = captions.status == "ok", qa.status == "ok" and bool(qa.pairs)
        reason = too_little(facts) if told or asked else "no_texts"
        if reason:
            return Judgement.skipped(facts.clip_id, reason)
        judge_prompt, blind_prompt = self.prompts
        blind = Blind(clip_id=facts.clip_id)
        if asked:
            guess = Generation(BlindTask(blind_prompt, qa), facts, ask, self.llm.price)
            blind = await guess.write()
            if blind.status != "ok":
                detail = f"asked blind: {blind.detail or ''}"
                row = Judgement.failed(facts.clip_id, blind.reason or "", detail)
                return _with_cost(row, blind)
        task = JudgeTask(
            judge_prompt, captions if told else None, qa if asked else None, blind.answers
        )
        row = await Generation(task, facts, ask, self.llm.price).write()
        return _with_cost(row, blind) if asked else row


def must_be_on(config: Config) -> None:
    """See that a configuration names a judge.

    Raises:
        UserError: it does not.
    """
    if not config.judge.llm.model:
        raise UserError("judge.llm.model is not set; docs/judge.md shows how to name a judge")


def _with_cost(row: Judgement, blind: Blind) -> Judgement:
    """Return a judgement with what the blind answers took, too."""
    costs = [each.cost for each in (blind, row) if each.cost is not None]
    thoughts = [each.reasoning for each in (blind, row) if each.reasoning]
    return row.model_copy(
        update={
            "model": row.model or blind.model,
            "reasoning": "\n\n".join(thoughts) or None,
            "requests": blind.requests + row.requests,
            "prompt_tokens": blind.prompt_tokens + row.prompt_tokens,
            "completion_tokens": blind.completion_tokens + row.completion_tokens,
            "cost": sum(costs) if costs else None,
        }
    )


@contextmanager
def _own_names() -> Iterator[None]:
    """Have a mistake in `judge.llm` not be taken for one in `llm`."""
    try:
        yield
    except UserError as error:
        told = str(error)
        raise UserError(f"judge.{told}" if told.startswith("llm.") else f"judge: {told}") from None
