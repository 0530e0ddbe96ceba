"""Questions on what a clip is good for."""

from auricle.pipeline.text.english import choose, with_article
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.asking import Atom, either, polar
from auricle.pipeline.text.rules.aspects import flawed
from auricle.pipeline.text.rules.strands import sound_strands
from auricle.pipeline.text.sounds import sound

_SCENES = {
    "happy": "a cheerful scene",
    "playful": "a playful scene",
    "sad": "a sad scene",
    "tender": "a tender scene",
    "exciting": "an exciting scene",
    "angry": "a tense scene",
    "eerie": "a frightening scene",
    "mellow": "a calm scene",
    "relaxed": "a restful scene",
    "festive": "a party scene",
    "soft": "a gentle scene",
    "quiet": "a quiet scene",
    "loud": "a scene full of energy",
    "slow": "an unhurried scene",
    "moderate": "an everyday scene",
    "fast": "a lively scene",
    "very fast": "a chase",
}
_COLLECTIONS = {
    "person": "human sounds",
    "audience": "crowd sounds",
    "animal": "animal sounds",
    "nature": "nature sounds",
    "vehicle": "vehicle sounds",
    "household": "household sounds",
    "tool": "tools and machines",
    "signal": "signals and alarms",
    "impact": "sudden impacts",
    "object": "everyday noises",
}


def use_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on what the clip could be used for."""
    return [
        *_speech_use(facts, key),
        *_music_use(facts, key),
        *_sound_use(facts, key),
        *_silence_use(facts, key),
    ]


def _speech_use(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    language, clarity = facts.one("language"), facts.one("clarity")
    floor, pace, words = facts.one("noise_floor"), facts.one("pace"), facts.one("words")
    if language is not None and language.sure:
        name = language.value
        ask = choose(
            f"{key}/learn",
            (
                "who could practise listening with the clip",
                "who could learn from the clip",
                "who might learn a language from the clip",
            ),
        )
        say = f"people who learn {name}"
        atoms.append(Atom(ask, say, say, (language,)))
        if pace is not None:
            suits, strains = (
                "would the speech suit a beginner",
                "is the speech too fast for a beginner",
            )
            yes, no = (strains, suits) if "quick" in pace.value else (suits, strains)
            say = f"the words come {pace.value}"
            atoms.append(
                either(
                    f"{key}/beginner",
                    polar(True, yes, say, language, pace),
                    polar(False, no, say, language, pace),
                )
            )
    if clarity is not None and floor is not None:
        clean = floor.value in ("slight", "hardly any") and not flawed(facts)
        ask = choose(
            f"{key}/studio",
            (
                "what task in speech technology would the clip suit",
                "what could the clip test in a speech system",
            ),
        )
        say = "recognising clean speech" if clean else "recognising speech in noise"
        if flawed(facts):
            say = "recognising speech in a poor recording"
        atoms.append(Atom(ask, say, say, (clarity, floor)))
    if words is not None and language is not None:
        ask = choose(
            f"{key}/caption",
            (
                "what would help listeners who know no {}",
                "what would someone without {} need to follow",
            ),
        ).format(language.value)
        say = "subtitles in their own language"
        atoms.append(Atom(ask, say, say, (words, language)))
    return atoms


def _music_use(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for fact in (*facts.of("mood")[:1], *facts.of("tempo")[:1]):
        ask = choose(
            f"{key}/scene/{fact.kind}",
            (
                "what scene in a film could the music accompany",
                "what could the music underscore",
                "for what scene would the music fit",
            ),
        )
        say = _SCENES.get(fact.value, "an unhurried scene")
        atoms.append(Atom(ask, f"it could accompany {say}", say, (fact,)))
    genre, playing = facts.one("genre"), facts.one("music")
    if genre is not None:
        ask = choose(
            f"{key}/playlist",
            ("which playlist would the music fit", "under what would a music shop file the music"),
        )
        say = (
            with_article(f"{genre.value} playlist")
            if "playlist" in ask
            else f"under {genre.value} music"
        )
        atoms.append(Atom(ask, say, say, (genre,)))
    for fact in facts.of("instrument")[:1]:
        ask = choose(
            f"{key}/player",
            (
                "who might study the music to learn playing",
                "whom could the clip teach",
            ),
        )
        say = f"people who study the {fact.value}"
        atoms.append(Atom(ask, say, say, (fact,)))
    voice = facts.one("singing", "instrumental")
    if playing is not None and voice is not None:
        clear = voice.kind == "instrumental"
        say = "it is instrumental" if clear else "there is singing in it"
        calm, clash = (
            "could one talk over the music undisturbed",
            "might the music clash with a voice over it",
        )
        yes, no = (calm, clash) if clear else (clash, calm)
        atoms.append(
            either(f"{key}/voice-over", polar(True, yes, say, voice), polar(False, no, say, voice))
        )
    level = facts.one("dynamics")
    if playing is not None and level is not None and facts.code in ("0M0", "0MA"):
        even = "steady" in level.value or "even" in level.value
        say = f"the sound comes {level.value}"
        yes = (
            "would the music work as unobtrusive background"
            if even
            else "would the music draw attention by its changes"
        )
        no = (
            "would the music draw attention by its changes"
            if even
            else "would the music work as unobtrusive background"
        )
        atoms.append(
            either(f"{key}/background", polar(True, yes, say, level), polar(False, no, say, level))
        )
    return atoms


def _sound_use(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for strand in [s for s in sound_strands(facts) if s.sure][:2]:
        fact = strand.facts[0]
        heard = sound(fact.value) if fact.kind == "sound" else None
        if heard is None or heard.group is None:
            continue
        kind = _COLLECTIONS[heard.group]
        tag = f"{key}/use/{fact.id}"
        ask = choose(
            tag,
            (
                "where in a sound library would {} belong",
                "under what heading would {} be filed",
                "in what collection would {} fit",
            ),
        ).format(heard.definite)
        atoms.append(Atom(ask, f"among {kind}", f"among {kind}", (fact,)))
        other = choose(f"{tag}/other", [name for name in _COLLECTIONS.values() if name != kind])
        say = f"it holds {heard.noun}"
        yes = polar(True, f"would the clip serve as an example of {kind}", say, fact)
        no = polar(False, f"would the clip be filed under {other}", say, fact)
        atoms.append(either(f"{tag}/example", yes, no))
    return atoms


def _silence_use(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for fact in facts.of("silent", "indistinct"):
        ask = choose(
            f"{key}/use", ("what is the clip good for", "in what task might the clip help")
        )
        say = "as a gap between recordings" if fact.kind == "silent" else "as a plain background"
        atoms.append(Atom(ask, say, say, (fact,)))
        yes = polar(True, "could the clip serve to show no event", "nothing stands out", fact)
        no = polar(False, "could the clip show how a voice sounds", "nothing stands out", fact)
        atoms.append(either(f"{key}/example", yes, no))
    return atoms
