"""Questions: five a clip, their kinds planned by the clip id.

Categories and difficulties are dealt by the clip's id so that over a set they approach fixed
shares, each difficulty in each category. What cannot be asked of a clip honestly is not asked:
another category takes its place.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.english import shuffled
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.qa_plan import PAIRS, plan
from auricle.pipeline.text.rules.ask_character import character_atoms
from auricle.pipeline.text.rules.ask_hearing import perception_atoms
from auricle.pipeline.text.rules.ask_meaning import inference_atoms
from auricle.pipeline.text.rules.ask_place import place_atoms
from auricle.pipeline.text.rules.ask_recording import quality_atoms
from auricle.pipeline.text.rules.ask_use import use_atoms
from auricle.pipeline.text.rules.asking import Asked, Atom, questions
from auricle.pipeline.text.rules.draft import Draft, bare
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.text import QA, QACategory, QAPair

_MOST_POLAR = 2
_DEFAULT = QASettings()

_ATOMS: dict[QACategory, Callable[[Facts, str], list[Atom]]] = {
    "direct_perception": perception_atoms,
    "sound_characteristics": character_atoms,
    "quality_assessment": quality_atoms,
    "environment_reasoning": place_atoms,
    "inference_judgement": inference_atoms,
    "application_context": use_atoms,
}


def write_qa(said: Testimony, settings: QASettings = _DEFAULT) -> QA:
    """Return five questions with answers, or a skipped row where too little is known of a clip."""
    if said.code is None:
        return QA.skipped(said.clip_id, "no_domain")
    return qa_of(learn(said), settings)


def qa_of(facts: Facts, settings: QASettings) -> QA:
    """Return the questions that the facts of a clip make, or a skipped row if they are too few."""
    clip_id = facts.clip_id
    atoms = {name: maker(facts, f"{clip_id}/{name}") for name, maker in _ATOMS.items()}
    chosen: list[Asked] = []
    for index, (category, difficulty, _) in enumerate(plan(clip_id, settings)):
        others = [name for name in shuffled(f"{clip_id}/{index}", list(_ATOMS)) if name != category]
        for name in (category, *others):
            rest = [atom for other in atoms if other != name for atom in atoms[other]]
            asked = questions(facts, name, difficulty, atoms[name], rest, f"{clip_id}/{index}")
            found = _first_new(asked, chosen)
            if found is not None:
                chosen.append(found)
                break
    if len(chosen) < PAIRS:
        return QA.skipped(clip_id, "too_little_evidence")
    pairs = tuple(_pair(clip_id, index, asked) for index, asked in enumerate(chosen))
    return QA(clip_id=clip_id, pairs=pairs)


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
    return QAPair(
        qa_id=qa_id(clip_id, index),
        category=asked.category,
        difficulty=asked.difficulty,
        question=asked.question,
        answer=asked.answer,
        support=draft.support,
        confidence=draft.confidence,
    )


def qa_id(clip_id: str, index: int) -> str:
    """Return the id of a clip's pair: the clip's and eight hex digits, as MECAT has them."""
    suffix = blake2b(f"{clip_id}/{index}".encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return f"{clip_id}_{suffix}"
