"""What the tasks of a writing model have in common: words for the clip, texts with support."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auricle.pipeline.llm.request import Request
from auricle.pipeline.text.evidence import render
from auricle.pipeline.text.facts import Facts
from auricle.prompts import Prompt, read_prompt
from auricle.schemas.errors import UserError
from auricle.schemas.text import Mark, Written

R = TypeVar("R", bound=Written)

Share = Annotated[float, Field(ge=0, le=1)]


class Answer(BaseModel):
    """A part of a model's answer. Keys that nobody asked for are passed over."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})


class Task(Protocol[R]):
    """One thing that a model writes of a clip: what it is asked, and what makes a good answer."""

    @property
    def name(self) -> str:
        """As in journals and on the command line."""

    @property
    def record(self) -> type[R]:
        """The row it makes."""

    @property
    def prompt(self) -> Prompt:
        """What the model is told."""

    def request(self, facts: Facts) -> Request:
        """Return what is asked of a clip."""

    def read(self, facts: Facts, answer: Mapping[str, Any]) -> R:
        """Return the row that an answer makes.

        Raises:
            ValueError: says what is wrong with the answer, in words for the model.
        """

    def check(self, facts: Facts, row: R) -> list[Mark]:
        """Return the rules that the row breaks."""

    def place(self, row: R, where: str) -> str:
        """Return what the place of a mark is called in the answer."""


DOMAINS = {
    "000": "silence: neither speech nor music nor any other sound",
    "00A": "sounds that are neither speech nor music",
    "0M0": "music, and neither speech nor other sounds",
    "0MA": "music and other sounds, and no speech",
    "S00": "speech, and neither music nor other sounds",
    "S0A": "speech and other sounds, and no music",
    "SM0": "speech and music, and no other sounds",
    "SMA": "speech, music and other sounds",
}


def read_task_prompt(name: str, places: Iterable[str]) -> Prompt:
    """Return the prompt of a task.

    Raises:
        UserError: it does not say where the evidence goes, or another part of the question.
    """
    prompt = read_prompt(name)
    missing = [place for place in places if f"{{{place}}}" not in prompt.user]
    if missing:
        raise UserError(f"prompt {name}: user has no place {{{missing[0]}}}")
    return prompt


def messages(prompt: Prompt, facts: Facts, **more: str) -> tuple[dict[str, str], ...]:
    """Return the messages of a prompt with what is known of a clip in their places.

    Evidence is put in last, so that no words from outside can be taken for a place.
    """
    seconds = f"{facts.duration:.1f}".removesuffix(".0")
    known = {"domain": DOMAINS[facts.code or "000"], "seconds": f"{seconds} seconds", **more}
    user = prompt.user
    for place, words in known.items():
        user = user.replace(f"{{{place}}}", words)
    user = user.replace("{evidence}", render(tuple(fact.evidence for fact in facts.all)))
    system = ({"role": "system", "content": prompt.system},) if prompt.system else ()
    return (*system, {"role": "user", "content": user})


def validated(kind: type[BaseModel], answer: Mapping[str, Any]) -> Any:
    """Return an answer as a model of its parts.

    Raises:
        ValueError: names the first parts that are wrong, in words for the writer.
    """
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        problems = error.errors()[:5]
        told = [f"{'.'.join(map(str, p['loc'])) or 'the answer'}: {p['msg']}" for p in problems]
        raise ValueError("; ".join(told)) from None


def confidence(stated: float, support: Iterable[str], facts: Facts) -> float:
    """Return how sure a text is: no surer than its writer, and than the weakest of its support."""
    sure = {fact.id: fact.confidence for fact in facts.all}
    return round(min([stated, *(sure[id] for id in support if id in sure)]), 3)


def tidy(text: str) -> str:
    """Return a text on one line, with straight quotes."""
    return " ".join(text.translate(_STRAIGHT).split())


_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'"})


def ids(support: Iterable[str]) -> tuple[str, ...]:
    """Return evidence ids, each once, without the brackets that models like to keep."""
    return tuple(dict.fromkeys(id.strip().strip("[]") for id in support))
