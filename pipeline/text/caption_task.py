"""Captions by a language model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field, create_model

from auricle.pipeline.llm.request import Request
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
from auricle.pipeline.text.checks import check_captions
from auricle.pipeline.text.facts import Facts
from auricle.prompts import Prompt
from auricle.schemas.text import CaptionCategory, Captions, Mark, Text


class _Variant(Answer):
    text: str
    support: list[str]
    confidence: Share


_Variants = Annotated[list[_Variant], Field(min_length=3, max_length=3)]


@dataclass(frozen=True)
class CaptionTask:
    """Six kinds of caption, as far as the clip has them, three variants each."""

    name: ClassVar[str] = "caption"
    record: ClassVar[type[Captions]] = Captions
    prompt_name: str

    @cached_property
    def prompt(self) -> Prompt:
        """What the model is told."""
        return read_task_prompt(self.prompt_name, ("categories", "evidence"))

    def request(self, facts: Facts) -> Request:
        """Return what is asked of a clip."""
        wanted = categories(facts)
        told = messages(self.prompt, facts, categories=", ".join(wanted))
        return Request(facts.clip_id, told, _schema(wanted))

    def read(self, facts: Facts, answer: Mapping[str, Any]) -> Captions:
        """Return the captions that an answer makes."""
        wanted = categories(facts)
        given = validated(_kind(wanted), answer)
        texts: dict[str, Any] = {
            category: tuple(_text(variant, facts) for variant in getattr(given, category))
            for category in wanted
        }
        return Captions(clip_id=facts.clip_id, **texts)

    def check(self, facts: Facts, row: Captions) -> list[Mark]:
        """Return the rules that the captions break."""
        return check_captions(row, facts)

    def place(self, row: Captions, where: str) -> str:
        """Return what the place of a mark is called in the answer."""
        category, _, index = where.partition("/")
        return f"{category}, variant {int(index) + 1}" if index.isdecimal() else where


def categories(facts: Facts) -> tuple[CaptionCategory, ...]:
    """Return the categories a clip has: by its domain, and environment if anything is known."""
    code = facts.code or "000"
    names: tuple[CaptionCategory, ...] = ("speech", "music", "sound")
    there = [name for name, letter in zip(names, code, strict=True) if letter != "0"]
    place = any(fact.topic == "environment" for fact in facts.all)
    return ("short", "long", *there, *(("environment",) if place else ()))


@cache
def _kind(wanted: tuple[CaptionCategory, ...]) -> type[BaseModel]:
    fields: Any = {category: (_Variants, ...) for category in wanted}
    return create_model("Captions", __base__=Answer, **fields)


@cache
def _schema(wanted: tuple[CaptionCategory, ...]) -> dict[str, Any]:
    return _kind(wanted).model_json_schema()


def _text(variant: _Variant, facts: Facts) -> Text:
    support = ids(variant.support)
    sure = confidence(variant.confidence, support, facts)
    return Text(text=tidy(variant.text), support=support, confidence=sure)
