"""Questions and answers by a language model, after a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from auricle.pipeline.llm.request import Request
from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.asking import (
    Answer,
    Share,
    confidence,
    ids,
    messages,
    read_task_prompt,
    tidy,
    validated,
)
from auricle.pipeline.text.checks import check_qa
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.qa_plan import PAIRS, plan
from auricle.pipeline.text.rules.draft import bare
from auricle.pipeline.text.rules.questions import qa_id
from auricle.pipeline.text.wanted import Wanted
from auricle.prompts import Prompt
from auricle.schemas.text import QA, Difficulty, Mark, QACategory, QAPair


class _Pair(Answer):
    category: QACategory
    difficulty: Difficulty
    question: str
    answer: str
    support: list[str]
    confidence: Share


class _Pairs(Answer):
    pairs: Annotated[list[_Pair], Field(min_length=PAIRS, max_length=PAIRS)]


_SCHEMA = _Pairs.model_json_schema()


@dataclass(frozen=True)
class QATask:
    """Five questions with answers, of the kinds that the plan wants."""

    name: ClassVar[str] = "qa"
    record: ClassVar[type[QA]] = QA
    settings: QASettings

    @cached_property
    def prompt(self) -> Prompt:
        """What the model is told."""
        return read_task_prompt(self.settings.prompt, ("plan", "evidence"))

    def request(self, facts: Facts) -> Request:
        """Return what is asked of a clip."""
        told = messages(self.prompt, facts, plan=_told(plan(facts.clip_id, self.settings)))
        return Request(facts.clip_id, told, _SCHEMA)

    def read(self, facts: Facts, answer: Mapping[str, Any]) -> QA:
        """Return the questions that an answer makes."""
        given: _Pairs = validated(_Pairs, answer)
        pairs = tuple(
            QAPair(
                qa_id=qa_id(facts.clip_id, index),
                category=pair.category,
                difficulty=pair.difficulty,
                question=tidy(pair.question),
                answer=tidy(pair.answer),
                support=ids(pair.support),
                confidence=confidence(pair.confidence, ids(pair.support), facts),
            )
            for index, pair in enumerate(given.pairs)
        )
        return QA(clip_id=facts.clip_id, pairs=pairs)

    def check(self, facts: Facts, row: QA) -> list[Mark]:
        """Return the rules that the questions break."""
        return check_qa(row, facts, plan(facts.clip_id, self.settings))

    def place(self, row: QA, where: str) -> str:
        """Return what the place of a mark is called in the answer."""
        names = {pair.qa_id: f"pair {index}" for index, pair in enumerate(row.pairs, 1)}
        return names.get(where, where)


def repeats(rows: Sequence[QA]) -> dict[int, list[Mark]]:
    """Return, by the index of the row, the questions that an earlier row has asked already."""
    asked: set[str] = set()
    found: dict[int, list[Mark]] = {}
    for index, row in enumerate(rows):
        for pair in row.pairs:
            if bare(pair.question) in asked:
                detail = (
                    f'"{pair.question}" is asked of another clip too: '
                    "name something that only this clip has"
                )
                mark = Mark(where=pair.qa_id, check="repeated_question", detail=detail)
                found.setdefault(index, []).append(mark)
        asked.update(bare(pair.question) for pair in row.pairs)
    return found


def marked_repeats(rows: Sequence[QA]) -> list[QA]:
    """Return the rows with a mark at each question that an earlier row has asked already."""
    found = repeats(rows)
    return [
        row.model_copy(
            update={
                "marks": (
                    *(mark for mark in row.marks if mark.check != "repeated_question"),
                    *found.get(index, ()),
                )
            }
        )
        for index, row in enumerate(rows)
    ]


def _told(wanted: Sequence[Wanted]) -> str:
    forms = {None: "open", True: "yes", False: "no"}
    return "\n".join(
        f"{index}. {kind.category}, {kind.difficulty}, {forms[kind.polar]}"
        for index, kind in enumerate(wanted, 1)
    )
