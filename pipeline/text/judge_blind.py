"""Answering questions blind: what a reader says who gets the words of the questions, no more."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field, create_model

from auricle.pipeline.llm.request import Request
from auricle.pipeline.text.asking import Answer, Share, read_task_prompt, tidy, validated
from auricle.pipeline.text.facts import Facts
from auricle.prompts import Prompt
from auricle.schemas.base import Record
from auricle.schemas.text import QA, Mark, QAPair, Written


class BlindAnswer(Record):
    """What a question was answered by without listening, and how sure that was."""

    answer: str
    confidence: float


class Blind(Written):
    """The blind answers to the questions of a clip, in their order."""

    answers: tuple[BlindAnswer, ...] = ()


class _Guess(Answer):
    answer: Annotated[str, Field(min_length=1)]
    confidence: Share


@dataclass(frozen=True)
class BlindTask:
    """The questions of one clip, to be answered from their words alone.

    Nothing else of the clip is in the request, whatever the prompt has places for.
    """

    name: ClassVar[str] = "blind"
    record: ClassVar[type[Blind]] = Blind
    prompt: Prompt
    qa: QA

    def request(self, facts: Facts) -> Request:
        """Return the questions without anything else."""
        questions = {name: pair.question for name, pair in numbered(self.qa).items()}
        user = self.prompt.user.replace("{questions}", as_json(questions))
        system = self.prompt.system
        told = ({"role": "system", "content": system},) if system else ()
        schema = _kind(len(questions)).model_json_schema()
        return Request(facts.clip_id, (*told, {"role": "user", "content": user}), schema)

    def read(self, facts: Facts, answer: Mapping[str, Any]) -> Blind:
        """Return the answers to all questions."""
        given = validated(_kind(len(self.qa.pairs)), answer)
        guesses: list[_Guess] = [getattr(given, name) for name in numbered(self.qa)]
        answers = (
            BlindAnswer(answer=tidy(guess.answer), confidence=guess.confidence) for guess in guesses
        )
        return Blind(clip_id=facts.clip_id, answers=tuple(answers))

    def check(self, facts: Facts, row: Blind) -> list[Mark]:
        """Return nothing: a wrong answer is as good as a right one here."""
        return []

    def place(self, row: Blind, where: str) -> str:
        """Return the name of a question."""
        return where


def read_blind_prompt(name: str) -> Prompt:
    """Return the prompt of the blind reader.

    Raises:
        UserError: there is no such prompt, or it does not say where the questions go.
    """
    return read_task_prompt(name, ("questions",))


def numbered(qa: QA) -> dict[str, QAPair]:
    """Return the pairs of a clip as q1, q2 ...; their own ids hold words from outside."""
    return {f"q{index}": pair for index, pair in enumerate(qa.pairs, 1)}


def as_json(material: Any) -> str:
    """Return texts from outside as one JSON object that no prompt takes for a place of its own.

    A line break or a quote in a text cannot end it, and `{evidence}` in a text stays words.
    """
    return _PLACE.sub(r"\\u007b", json.dumps(material, ensure_ascii=False, indent=1))


_PLACE = re.compile(r"\{(?=\w)")
"""A brace inside a text; those of the object itself stand before a quote or a line break."""


@cache
def _kind(questions: int) -> type[BaseModel]:
    fields: Any = {f"q{index}": (_Guess, ...) for index in range(1, questions + 1)}
    return create_model("Blind", __base__=Answer, **fields)
