"""Checking the texts of a clip against its evidence, claim by claim, by a second model.

A question needs no listening if a reader answered it from its words alone, said the same as the
set, and was sure enough that this was not luck. How sure is enough depends on how far luck goes:

- An open question has so many answers that luck hardly helps. `SURE` is 0.5: the reader thinks
  itself more likely right than wrong.
- A yes or no is right by luck half of the time. A reader that knows with chance k, and tosses a
  coin otherwise, states c = k + (1 - k) / 2, so k = 2c - 1, and of its right answers the share
  k / c was known. At 0.5 that is none; at 0.8, which is `SURE_OF_YES_OR_NO`, it is three of four.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field, create_model

from auricle.pipeline.llm.request import Request
from auricle.pipeline.text.asking import Answer, messages, read_task_prompt, tidy, validated
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.judge_blind import BlindAnswer, as_json, numbered
from auricle.pipeline.text.telltales import polar
from auricle.prompts import Prompt
from auricle.schemas.judgement import Fault, JudgedQuestion, Judgement, UnsupportedClaim
from auricle.schemas.text import CATEGORIES, QA, CaptionCategory, Captions, Mark, QAPair, Text

SURE = 0.5
"""The blind confidence from which an open question that was answered right needs no listening."""

SURE_OF_YES_OR_NO = 0.8
"""The same for a question that is answered by yes or no."""


class _Objection(Answer):
    claim: Annotated[str, Field(min_length=1)]
    why: str
    fault: Fault


class _Checked(Answer):
    claims: Annotated[int, Field(ge=0)]
    unsupported: list[_Objection]


class _Question(_Checked):
    same: bool


@dataclass(frozen=True)
class JudgeTask:
    """The texts of one clip, to be held against its evidence. What is missing is None."""

    name: ClassVar[str] = "judge"
    record: ClassVar[type[Judgement]] = Judgement
    prompt: Prompt
    captions: Captions | None
    qa: QA | None
    blind: tuple[BlindAnswer, ...] = ()

    def request(self, facts: Facts) -> Request:
        """Return what is asked of a clip: its evidence, its texts, and the blind answers."""
        told = messages(self.prompt, facts, texts=as_json(self._texts()))
        return Request(facts.clip_id, told, self._kind().model_json_schema())

    def read(self, facts: Facts, answer: Mapping[str, Any]) -> Judgement:
        """Return the judgement that an answer makes."""
        given = validated(self._kind(), answer)
        claims = 0
        unsupported: list[UnsupportedClaim] = []
        questions: list[JudgedQuestion] = []
        for category, texts in self._captions().items():
            checked: list[_Checked] = getattr(given.captions, category)
            for index, (text, one) in enumerate(zip(texts, checked, strict=True)):
                claims += _count(one)
                unsupported += _objections(f"{category}/{index}", None, text.text, one)
        for name, pair, blind in self._questions():
            judged: _Question = getattr(given.questions, name)
            claims += _count(judged)
            unsupported += _objections(pair.qa_id, name, f"{pair.question} {pair.answer}", judged)
            questions.append(_judged(pair, blind, judged.same))
        return Judgement(
            clip_id=facts.clip_id,
            claims=claims,
            unsupported=tuple(unsupported),
            questions=tuple(questions),
        )

    def check(self, facts: Facts, row: Judgement) -> list[Mark]:
        """Return nothing: nobody judges the judge."""
        return []

    def place(self, row: Judgement, where: str) -> str:
        """Return the name of a text."""
        return where

    def _captions(self) -> dict[CaptionCategory, tuple[Text, ...]]:
        found = {name: getattr(self.captions, name, None) for name in CATEGORIES}
        return {name: texts for name, texts in found.items() if texts}

    def _questions(self) -> list[tuple[str, QAPair, BlindAnswer]]:
        if self.qa is None:
            return []
        pairs = numbered(self.qa).items()
        return [(*named, blind) for named, blind in zip(pairs, self.blind, strict=True)]

    def _texts(self) -> dict[str, Any]:
        captions = {name: [text.text for text in texts] for name, texts in self._captions().items()}
        questions = {
            name: {"question": pair.question, "answer": pair.answer, "blind": blind.answer}
            for name, pair, blind in self._questions()
        }
        told = {"captions": captions, "questions": questions}
        return {kind: texts for kind, texts in told.items() if texts}

    def _kind(self) -> type[BaseModel]:
        variants = tuple((name, len(texts)) for name, texts in self._captions().items())
        return _answer(variants, len(self._questions()))


def read_judge_prompt(name: str) -> Prompt:
    """Return the prompt of the judge.

    Raises:
        UserError: there is no such prompt, or it does not say where the evidence or the texts go.
    """
    return read_task_prompt(name, ("texts", "evidence"))


def needs_listening(answer: str, same: bool, confidence: float) -> bool:
    """Tell whether a question needs listening, by its answer and by how a blind answer fared."""
    enough = SURE if polar(answer) is None else SURE_OF_YES_OR_NO
    return not (same and confidence >= enough)


@cache
def _answer(variants: tuple[tuple[str, int], ...], questions: int) -> type[BaseModel]:
    """Return the form of an answer: one entry for each text."""
    captions: Any = {
        name: (Annotated[list[_Checked], Field(min_length=count, max_length=count)], ...)
        for name, count in variants
    }
    pairs: Any = {f"q{index}": (_Question, ...) for index in range(1, questions + 1)}
    fields: Any = {
        kind: (create_model(kind.capitalize(), __base__=Answer, **entries), ...)
        for kind, entries in (("captions", captions), ("questions", pairs))
        if entries
    }
    return create_model("Judgement", __base__=Answer, **fields)


def _count(checked: _Checked) -> int:
    return max(checked.claims, len(checked.unsupported))


def _objections(
    where: str, name: str | None, text: str, checked: _Checked
) -> list[UnsupportedClaim]:
    """Return what is objected to in a text.

    Raises:
        ValueError: a claim is not in the words of the text.
    """
    for objection in checked.unsupported:
        if not _quotes(objection.claim, text):
            raise ValueError(
                f'{name or where}: the text does not say "{tidy(objection.claim)}"; '
                "copy the words of the text, or leave the claim out"
            )
    return [
        UnsupportedClaim(where=where, claim=tidy(each.claim), fault=each.fault, why=tidy(each.why))
        for each in checked.unsupported
    ]


def _quotes(claim: str, text: str) -> bool:
    """Tell whether a claim is made of the words of a text; some may be left out between them."""
    said, there = (" ".join(re.findall(r"\w+", tidy(words).lower())) for words in (claim, text))
    return bool(said) and (said in there or set(said.split()) <= set(there.split()))


def _judged(pair: QAPair, blind: BlindAnswer, same: bool) -> JudgedQuestion:
    """Return the verdict on a question; who could not know has not given the same answer."""
    same = same and not _CANNOT.match(blind.answer)
    return JudgedQuestion(
        qa_id=pair.qa_id,
        blind_answer=blind.answer,
        blind_confidence=blind.confidence,
        same=same,
        needs_listening=needs_listening(pair.answer, same, blind.confidence),
    )


_CANNOT = re.compile(r"\W*cannot (be )?know", re.IGNORECASE)
