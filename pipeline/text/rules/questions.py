"""Questions: five a clip, their kinds planned by the clip id.

Categories and difficulties are dealt by the clip's id so that over a set they approach fixed
shares, each difficulty in each category. What cannot be asked of a clip honestly is not asked:
another category takes its place.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import TypeVar

from auricle.pipeline.text.english import number, shuffled
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.rules.ask_character import character_atoms
from auricle.pipeline.text.rules.ask_hearing import perception_atoms
from auricle.pipeline.text.rules.ask_meaning import inference_atoms
from auricle.pipeline.text.rules.ask_place import place_atoms
from auricle.pipeline.text.rules.ask_recording import quality_atoms
from auricle.pipeline.text.rules.ask_use import use_atoms
from auricle.pipeline.text.rules.asking import Asked, Atom, questions
from auricle.pipeline.text.rules.draft import Draft, bare
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.text import QA, Difficulty, QACategory, QAPair

PAIRS = 5
_MOST_POLAR = 2
K = TypeVar("K")

CATEGORY_SHARES: dict[QACategory, float] = {
    "direct_perception": 0.20,
    "sound_characteristics": 0.17,
    "quality_assessment": 0.17,
    "environment_reasoning": 0.17,
    "inference_judgement": 0.17,
    "application_context": 0.12,
}
DIFFICULTY_SHARES: dict[Difficulty, float] = {
    "basic": 0.25,
    "intermediate": 0.35,
    "advanced": 0.25,
    "complex": 0.15,
}

_ATOMS: dict[QACategory, Callable[[Facts, str], list[Atom]]] = {
    "direct_perception": perception_atoms,
    "sound_characteristics": character_atoms,
    "quality_assessment": quality_atoms,
    "environment_reasoning": place_atoms,
    "inference_judgement": inference_atoms,
    "application_context": use_atoms,
}


def write_qa(said: Testimony) -> QA:
    """Return five questions with answers, or a skipped row where too little is known of a clip."""
    if said.code is None:
        return QA.skipped(said.clip_id, "no_domain")
    facts = learn(said)
    atoms = {name: maker(facts, f"{said.clip_id}/{name}") for name, maker in _ATOMS.items()}
    chosen: list[Asked] = []
    for index, (category, difficulty) in enumerate(plan(said.clip_id)):
        others = [
            name
            for name in shuffled(f"{said.clip_id}/{index}", list(CATEGORY_SHARES))
            if name != category
        ]
        for name in (category, *others):
            rest = [atom for other in atoms if other != name for atom in atoms[other]]
            asked = questions(facts, name, difficulty, atoms[name], rest, f"{said.clip_id}/{index}")
            found = _first_new(asked, chosen)
            if found is not None:
                chosen.append(found)
                break
    if len(chosen) < PAIRS:
        return QA.skipped(said.clip_id, "too_little_evidence")
    pairs = tuple(_pair(said.clip_id, index, asked) for index, asked in enumerate(chosen))
    return QA(clip_id=said.clip_id, pairs=pairs)


def plan(clip_id: str) -> list[tuple[QACategory, Difficulty]]:
    """Return the category and difficulty wanted of each of the five pairs.

    Five evenly spaced points from a start that the id decides fall into the shares; the two kinds
    have starts of their own and are paired at random, so neither says anything of the other.
    """
    categories = _dealt(CATEGORY_SHARES, f"{clip_id}/category")
    difficulties = shuffled(
        f"{clip_id}/pairing", _dealt(DIFFICULTY_SHARES, f"{clip_id}/difficulty")
    )
    return list(zip(categories, difficulties, strict=True))


def _dealt(shares: dict[K, float], key: str) -> list[K]:
    start = number(key) / 2**64
    points = [(start + index) / PAIRS for index in range(PAIRS)]
    ends = list(accumulate(shares.values()))
    names = list(shares)
    return [
        next((name for name, end in zip(names, ends, strict=True) if point < end), names[-1])
        for point in points
    ]


def _first_new(found: Iterable[Asked], chosen: Sequence[Asked]) -> Asked | None:
    """Return the first that repeats no question and no answer, best one on another fact."""
    asked = {bare(other.question) for other in chosen}
    answered = {bare(other.answer) for other in chosen}
    polar = sum(other.polar is not None for other in chosen)
    known = {fact for other in chosen for fact in other.facts}
    spare: Asked | None = None
    for new in found:
        if bare(new.question) in asked or bare(new.answer) in answered:
            continue
        if new.polar is not None and polar >= _MOST_POLAR:
            continue
        if new.facts[0] not in known:
            return new
        spare = spare or new
    return spare


def _pair(clip_id: str, index: int, asked: Asked) -> QAPair:
    draft = Draft(asked.answer, asked.facts)
    suffix = blake2b(f"{clip_id}/{index}".encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return QAPair(
        qa_id=f"{clip_id}_{suffix}",
        category=asked.category,
        difficulty=asked.difficulty,
        question=asked.question,
        answer=asked.answer,
        support=draft.support,
        confidence=draft.confidence,
    )
