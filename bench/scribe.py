"""A writer for the chat server: it answers what the stages ask with texts made by rules.

So the server's answers are valid, true to the evidence and the same every time, and what is
measured or tested is everything around the model.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.asking import Task
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.qa_plan import plan
from auricle.pipeline.text.rules.captions import captions_of
from auricle.pipeline.text.rules.questions import qa_of
from auricle.schemas.text import CATEGORIES, QAPair, Text


def scribe(known: Iterable[Facts], *tasks: Task[Any]) -> dict[str, str]:
    """Return the answer to what each task asks of each clip, by the question."""
    answers = {"caption": captions_answer, "qa": qa_answer}
    return {
        task.request(facts).messages[-1]["content"]: json.dumps(answers[task.name](facts))
        for facts in known
        if facts.code and facts.all
        for task in tasks
    }


def answering(answers: dict[str, str]) -> Callable[[dict[str, Any]], str]:
    """Return what the chat server asks for an answer: it looks for the first question."""

    def answer(body: dict[str, Any]) -> str:
        question = next(m["content"] for m in body["messages"] if m["role"] == "user")
        return answers[question]

    return answer


def captions_answer(facts: Facts) -> dict[str, Any]:
    """Return captions by rules in the form that a model is asked for."""
    row = captions_of(facts)
    return {name: _texts(getattr(row, name)) for name in CATEGORIES if getattr(row, name)}


def qa_answer(facts: Facts) -> dict[str, Any]:
    """Return questions by rules, turned to the kinds that the plan wants."""
    settings = QASettings()
    pairs = zip(qa_of(facts, settings).pairs, plan(facts.clip_id, settings), strict=True)
    return {"pairs": [_pair(pair, *kind) for pair, kind in pairs]}


def _texts(texts: Sequence[Text]) -> list[dict[str, Any]]:
    return [text.model_dump() for text in texts]


def _pair(pair: QAPair, category: str, difficulty: str, polar: bool | None) -> dict[str, Any]:
    told = pair.answer.removeprefix("Yes, ").removeprefix("No, ")
    begin = {None: "", True: "Yes, ", False: "No, "}[polar]
    kind = {"category": category, "difficulty": difficulty, "answer": f"{begin}{told}"}
    return {**pair.model_dump(exclude={"qa_id"}), **kind}
