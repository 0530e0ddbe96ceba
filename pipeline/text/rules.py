"""The writer without an LLM: captions by rule, from the evidence alone.

Every text names the facts it used. Which wording is taken depends on the clip's id alone, so a
clip always reads the same, and many clips do not all read alike.
"""

from collections.abc import Sequence

from auricle.pipeline.text.about_music import music_drafts
from auricle.pipeline.text.about_sound import sound_drafts
from auricle.pipeline.text.about_speech import speech_drafts
from auricle.pipeline.text.details import details, manner
from auricle.pipeline.text.draft import Draft, facts_of, three
from auricle.pipeline.text.english import choose, sentence, shuffled, words
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.narrate import frame, name_all, narrate
from auricle.pipeline.text.strands import Strand, strands
from auricle.pipeline.text.surroundings import surroundings
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.text import Captions, Text

SHORT_WORDS = 15
LONG_WORDS = 45


def write_captions(said: Testimony) -> Captions:
    """Return six kinds of caption in three variants each, or a skipped row without a domain.

    A category that the domain code rules out is null, and so is the environment where nothing is
    known of it. Confidence is that of the weakest fact used.
    """
    if said.code is None:
        return Captions.skipped(said.clip_id, "no_domain")
    facts = learn(said)
    has_speech, has_music, has_sound = (letter != "0" for letter in said.code)
    key = said.clip_id
    return Captions(
        clip_id=said.clip_id,
        short=three(_short(facts, f"{key}/short"), SHORT_WORDS),
        long=three(_long(facts, f"{key}/long"), LONG_WORDS),
        speech=three(speech_drafts(facts, f"{key}/speech")) if has_speech else None,
        music=three(music_drafts(facts, f"{key}/music")) if has_music else None,
        sound=three(sound_drafts(facts, f"{key}/sound")) if has_sound else None,
        environment=_environment(facts, f"{key}/environment"),
    )


def _environment(facts: Facts, key: str) -> tuple[Text, ...] | None:
    drafts = surroundings(facts, key)
    return three(drafts) if drafts else None


def _short(facts: Facts, key: str) -> list[Draft]:
    """Return one told, one named and one turned round; fewer strands where they do not fit."""
    if facts.code == "000":
        return _nothing(facts, key)
    rows = [_short_row(facts, f"{key}/{turn}", turn) for turn in range(3)]
    first = [row[0] for row in rows]
    return [*first, *(draft for row in rows for draft in row[1:]), *_loose(facts, key)]


def _short_row(facts: Facts, key: str, turn: int) -> list[Draft]:
    found = strands(facts, key)
    drafts = []
    for most in (3, 2, 1):
        chosen = _main(found, most)
        if turn == 0:
            told = narrate(chosen, facts.duration, key, timed=False)
            drafts.append(_mannered(told, found, facts, key))
        elif turn == 1:
            named = name_all(chosen, facts.duration, key, timed=False)
            drafts.append(_mannered(named, found, facts, key))
        else:
            drafts.append(_turned(chosen, facts, key))
    fitting = [d for d in drafts if words(sentence(d.text)) <= SHORT_WORDS]
    return fitting or drafts


def _mannered(draft: Draft, found: Sequence[Strand], facts: Facts, key: str) -> Draft:
    """Return a draft on a clip of one strand with the way it goes."""
    how = manner(facts, key)
    if how is None or len(found) > 1 or not found[0].sure or found[0].broken:
        return draft
    time = found[0].when(facts.duration)
    head = draft.text.removesuffix(time).strip() if time else draft.text
    tail = time if head != draft.text else ""
    return Draft(f"{head} {how.text} {tail}".strip(), facts_of(draft.facts, how.facts))


def _turned(chosen: Sequence[Strand], facts: Facts, key: str) -> Draft:
    """Return the strands by name, the last one first."""
    used = facts_of(*(strand.facts for strand in chosen))
    if len(chosen) == 1:
        only, noise = chosen[0], facts.one("noise_floor")
        if noise is not None and noise.value != "about as loud as the voice":
            return Draft(f"{only.name} with {noise.value} background noise", facts_of(used, noise))
        forms = ("{} can be heard", "a clip of {}", "{}")
        return Draft(f"{choose(key, forms).format(only.name)} {only.when(facts.duration)}", used)
    framed = frame(chosen, key)
    if framed is not None and len(chosen) == 2:
        return framed
    names = [strand.name for strand in chosen]
    link = choose(key, ("alongside", "heard together with", "mixed with"))
    return Draft(f"{names[-1]} {link} {' and '.join(names[:-1])}", used)


def _loose(facts: Facts, key: str) -> list[Draft]:
    found = _main(strands(facts, f"{key}/loose"), 1)
    forms = ("{} in a short clip", "there is {}", "a recording of {}", "what is heard is {}", "{}")
    full = [Draft(form.format(found[0].noun), found[0].facts) for form in shuffled(key, forms)]
    return [*full, *_plain(found[0])]


def _plain(strand: Strand) -> list[Draft]:
    """Return the fewest words that a strand can be told in."""
    name = strand.noun if strand.topic == "sound" else strand.topic
    name = name if strand.sure else f"what may be {name.removeprefix('what may be ')}"
    forms = ("{}", "{} can be heard", "a clip with {}")
    return [Draft(form.format(name), strand.facts[:1]) for form in forms]


def _main(found: Sequence[Strand], most: int) -> list[Strand]:
    """Return the strands that matter most, at most so many: sure ones, then the others."""
    ordered = sorted(found, key=lambda strand: not strand.sure)
    kept = [strand for strand in ordered if strand.sure][:most] or ordered[:1]
    return sorted(kept, key=lambda strand: found.index(strand))


def _long(facts: Facts, key: str) -> list[Draft]:
    """Return the general caption, then two shorter ones with another focus."""
    if facts.code == "000":
        return _still(facts, key)
    extra = details(facts, key)
    found = strands(facts, key)
    told = _mannered(narrate(_main(found, 4), facts.duration, f"{key}/0"), found, facts, key)
    general = _with_detail(told, [d for d in extra if all(fact.sure for fact in d.facts)])
    again = strands(facts, f"{key}/1")
    named = name_all(_main(again, 3), facts.duration, f"{key}/1")
    second = _with_detail(named, _unused(extra, general), 24)
    third_strands = _main(strands(facts, f"{key}/2"), 3)
    framed = frame(third_strands, f"{key}/2")
    third = framed or _turned(third_strands, facts, f"{key}/2")
    drafts = [general, second, _with_detail(third, _unused(extra, general, second), 24)]
    spare = [_with_detail(draft, extra[::-1], 24) for draft in _loose(facts, key)]
    return [*drafts, *spare, *_loose(facts, key)]


def _unused(extra: Sequence[Draft], *drafts: Draft) -> list[Draft]:
    """Return the details that no draft holds yet, then the others."""
    told = {fact for draft in drafts for fact in draft.facts}
    return sorted(extra, key=lambda detail: not told.isdisjoint(detail.facts))


def _with_detail(draft: Draft, extra: Sequence[Draft], most: int = LONG_WORDS) -> Draft:
    """Return a draft with a second sentence, where the two stay within a length."""
    for detail in extra:
        text = f"{sentence(draft.text)} {sentence(detail.text)}"
        if set(draft.facts).isdisjoint(detail.facts) and words(text) <= most:
            return Draft(text, facts_of(draft.facts, detail.facts))
    return draft


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


def _nothing(facts: Facts, key: str) -> list[Draft]:
    fact = facts.one("silent") or facts.one("indistinct")
    assert fact is not None
    texts = _STILL[fact.value or "indistinct"][0]
    return [Draft(text, (fact,)) for text in shuffled(key, texts)]


def _still(facts: Facts, key: str) -> list[Draft]:
    fact = facts.one("silent") or facts.one("indistinct")
    assert fact is not None
    drafts = [Draft(text, (fact,)) for text in shuffled(key, _STILL[fact.value or "indistinct"][1])]
    if fact.kind == "silent":
        return drafts
    extra = [Draft(f"{noise.value} can be heard", (noise,)) for noise in facts.of("noise")]
    extra += [Draft(f"the recording is {level.value}", (level,)) for level in facts.of("level")]
    return [_with_detail(draft, extra[index : index + 1]) for index, draft in enumerate(drafts)]
