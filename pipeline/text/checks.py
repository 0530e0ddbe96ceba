"""The checks: what captions and questions must keep to, each with a named reason (docs/checks.md).

They look at texts and at the evidence, never at who wrote. A mark's detail is worded so that a
writer who gets it back knows what to change.
"""

import re
from collections.abc import Iterator, Sequence

from auricle.pipeline.text import telltales
from auricle.pipeline.text.checks_form import (
    alike,
    caption_length,
    hint_words,
    not_english,
    pair_length,
    unknown_quotes,
    wrong_domain,
    wrong_order,
)
from auricle.pipeline.text.claims import Known, Said, unsupported
from auricle.pipeline.text.fact import TOLD
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.wanted import Wanted
from auricle.schemas.text import CATEGORIES, QA, CaptionCategory, Captions, Check, Mark, QAPair

_LETTERS: dict[CaptionCategory, int] = {"speech": 0, "music": 1, "sound": 2}
_OF_ONE_KIND = ("short", "speech", "music", "sound")
Problem = tuple[Check, str]


def check_captions(captions: Captions, facts: Facts) -> list[Mark]:
    """Return the rules that captions break, by category and variant."""
    known = Known(facts)
    marks: list[Mark] = []
    for category in CATEGORIES:
        texts = getattr(captions, category)
        problem = _presence(category, texts is not None, facts)
        if problem:
            marks.append(Mark(where=category, check="domain", detail=problem))
        if texts is None:
            continue
        if len(texts) != 3:
            detail = f"three variants are wanted, there are {len(texts)}"
            marks.append(Mark(where=category, check="length", detail=detail))
        same = alike([text.text for text in texts])
        for index, text in enumerate(texts):
            problems = [
                *caption_length(category, text.text),
                *_about_text(Said(text.text), known, absence=category in _OF_ONE_KIND),
                *_about_support(text.support, text.confidence, facts),
            ]
            if index in same:
                problems.append(("duplicate", "says the same words as another variant: reword it"))
            where = f"{category}/{index}"
            marks += [Mark(where=where, check=check, detail=told) for check, told in problems]
    return marks


def check_qa(qa: QA, facts: Facts, wanted: Sequence[Wanted] | None = None) -> list[Mark]:
    """Return the rules that questions and answers break; `wanted` is the plan, if there was one."""
    known = Known(facts)
    marks: list[Mark] = []
    same = alike([pair.question for pair in qa.pairs])
    for index, pair in enumerate(qa.pairs):
        problems = [
            *pair_length(pair),
            *_about_text(Said(stated(pair)), known, absence=False),
            *_about_support(pair.support, pair.confidence, facts),
        ]
        if index in same:
            problems.append(("duplicate", "asks the same as another question of the clip"))
        if wanted is not None and index < len(wanted):
            problems += _against_plan(pair, wanted[index])
        marks += [Mark(where=pair.qa_id, check=check, detail=told) for check, told in problems]
    if wanted is not None and len(qa.pairs) != len(wanted):
        detail = f"{len(wanted)} pairs are wanted, there are {len(qa.pairs)}"
        marks.append(Mark(where="", check="plan", detail=detail))
    return marks


def stated(pair: QAPair) -> str:
    """Return what a pair states: the answer, and what the question takes for granted.

    What a question asks about it does not state: how many, how noisy, and whether something is so
    when the answer is no.
    """
    if telltales.polar(pair.answer) is False:
        return pair.answer
    return f"{_ASKED.sub('', pair.question)} {pair.answer}"


_ASKED = re.compile(
    r"\bhow (?:many |much )?(?:background )?\w+\b|\b(?:what|which) (?!sounds|may)\w+\b"
    r"|\bthe (?:background )?noise\b",
    re.IGNORECASE,
)


def _presence(category: CaptionCategory, there: bool, facts: Facts) -> str | None:
    if category in _LETTERS and facts.code is not None:
        wanted = facts.code[_LETTERS[category]] != "0"
        if wanted != there:
            return "it is missing" if wanted else f"there is no {category} in the clip"
    elif category != "environment" and not there:
        return "it is missing"
    return None


def _about_text(said: Said, known: Known, absence: bool) -> Iterator[Problem]:
    """Yield what is wrong with a text, whatever it is for."""
    if not_english(said):
        yield "language", "is not English: only quoted words may be in another language"
        return
    for told in unsupported(said, known):
        yield "unsupported_claim", told
    for told in wrong_domain(said, known.facts.code):
        yield "domain", told
    for found in telltales.expert_talk(said.text)[:2]:
        yield "expert_talk", f'says "{found}": never speak of models, labels, scores or metadata'
    for found in telltales.raw_numbers(said.text)[:2]:
        yield "raw_number", f'gives a number ("{found}"): say it in words or leave it out'
    if absence and telltales.absences(said.text):
        yield "absence", "says what is not there: say only what is heard"
    for told in unknown_quotes(said, known.facts):
        yield "quote", told
    for told in wrong_order(said, known):
        yield "order", told
    for told in hint_words(said, known):
        yield "hint", told


def _about_support(support: Sequence[str], sure: float, facts: Facts) -> Iterator[Problem]:
    kinds = {fact.id: fact.topic for fact in facts.all}
    unknown = [id for id in support if id not in kinds]
    if not support:
        yield "unknown_evidence", "names no evidence: give the lines it leans on"
    elif unknown:
        yield "unknown_evidence", f"leans on {', '.join(unknown[:3])}, and there is no such line"
    elif all(kinds[id] == "source" for id in support):
        yield "unknown_evidence", "leans on a hint alone: give a line that was heard, or drop it"
    if sure < TOLD:
        yield "low_confidence", "is too unsure to be said: build on surer evidence"


def _against_plan(pair: QAPair, wanted: Wanted) -> Iterator[Problem]:
    if pair.category != wanted.category:
        yield "plan", f"is {pair.category}, the plan wants {wanted.category}"
    if pair.difficulty != wanted.difficulty:
        yield "plan", f"is {pair.difficulty}, the plan wants {wanted.difficulty}"
    polar = telltales.polar(pair.answer)
    if polar != wanted.polar:
        forms = {None: "open", True: "answered by yes", False: "answered by no"}
        yield "plan", f"is {forms[polar]}, the plan wants it {forms[wanted.polar]}"
