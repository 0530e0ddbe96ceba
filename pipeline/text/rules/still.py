"""Stillness: captions of clips in which no speech, music or other sound is heard."""

from auricle.pipeline.text.english import shuffled
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft, facts_of


def short_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return three ways to say it in a few words."""
    fact = _stillness(facts)
    texts = _STILL[fact.value or "indistinct"][0]
    return [Draft(text, (fact,)) for text in shuffled(key, texts)]


def long_drafts(facts: Facts, key: str) -> list[Draft]:
    """Return three ways to say it in a sentence, with noise and level if it is not silent."""
    fact = _stillness(facts)
    extra = [Draft(f"{noise.value} can be heard", (noise,)) for noise in facts.of("noise")]
    extra += [Draft(f"the recording is {level.value}", (level,)) for level in facts.of("level")]
    drafts = []
    for index, text in enumerate(shuffled(key, _STILL[fact.value or "indistinct"][1])):
        draft = Draft(text, (fact,))
        if fact.kind == "indistinct" and index < len(extra):
            more = extra[index]
            draft = Draft(f"{text}, and {more.text}", facts_of(fact, more.facts))
        drafts.append(draft)
    return drafts


def _stillness(facts: Facts) -> Fact:
    """Return the fact that says so; a clip of domain 000 always has one."""
    return facts.of("silent", "indistinct")[0]


_STILL = {
    "complete": (
        ("a silent clip", "complete silence", "nothing but silence"),
        (
            "the clip is completely silent from beginning to end",
            "complete silence for the whole length of the clip",
            "a recording without any sound, silent from the first moment to the last",
        ),
    ),
    "near": (
        ("a clip that is all but silent", "near silence", "hardly anything can be heard"),
        (
            "the clip is all but silent from beginning to end",
            "near silence for the whole length of the clip",
            "a recording so quiet that hardly anything can be heard in it",
        ),
    ),
    "indistinct": (
        (
            "a background in which nothing stands out",
            "an indistinct background",
            "nothing that can be told apart",
        ),
        (
            "a stretch of recording in which nothing stands out from the background",
            "the clip holds a background and no sound that can be told apart",
            "an indistinct background goes on for the whole clip",
        ),
    ),
}
"""Short and long captions of clips without speech, music or other sound."""
