"""Surroundings: the place a clip seems to be recorded in, and how the recording sounds."""

from auricle.pipeline.text.english import choose, shuffled
from auricle.pipeline.text.fact import Fact, Kind
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.aspects import ORDINARY, REVERBERATION
from auricle.pipeline.text.rules.draft import Draft, facts_of
from auricle.pipeline.text.rules.strands import strands
from auricle.pipeline.text.settings import WHERE
from auricle.pipeline.text.vocabulary import REVERB, VOICE

_COMPLETE = (
    "complete silence from beginning to end",
    "a completely silent recording",
    "the recording holds nothing but silence",
)
_NEAR = (
    "a recording that is all but silent",
    "near silence, at the very edge of hearing",
    "the recording stays close to silence throughout",
)


def surroundings(facts: Facts, key: str) -> list[Draft]:
    """Return what can be said of place and recording, the fullest first; it may be nothing."""
    silent = facts.one("silent")
    if silent is not None:
        texts = _COMPLETE if silent.value == "complete" else _NEAR
        return [Draft(text, (silent,)) for text in shuffled(key, texts)]
    place, recording = place_sentence(facts, key), recording_sentence(facts, key)
    answer = _answer(facts, key)
    space = [place, answer if answer != place and not _plain(answer) else None]
    found = [draft for draft in (_joined(facts, key), *space, recording) if draft]
    told = {fact for draft in found for fact in draft.facts}
    return [*found, *sorted(singles(facts, key), key=lambda draft: draft.facts[0] in told)]


def place_sentence(facts: Facts, key: str) -> Draft | None:
    """Return a sentence on the place, or None where nothing tells."""
    place, setting, echo = facts.one("place"), facts.one("setting"), facts.one("echo")
    if setting is not None and setting.confidence >= 0.4:
        where = WHERE[setting.value]
        form = choose(
            f"{key}/setting",
            (
                "it was most likely recorded {1}",
                "the sounds suggest {0}",
                "the setting is probably {0}",
            ),
        )
        return Draft(form.format(setting.value, where), (setting,))
    if place is not None and place.confidence >= 0.4:
        form = choose(f"{key}/place", ("it sounds like {}", "the space sounds like {}"))
        return Draft(form.format(place.value), (place,))
    if echo is not None:
        form = choose(f"{key}/echo", ("{} can be heard", "the sound carries {}"))
        return Draft(form.format(echo.value), (echo,))
    return _answer(facts, key)


def _answer(facts: Facts, key: str) -> Draft | None:
    """Return how the place answers to the sound, hedged where it is not sure."""
    reverb = facts.one("reverb")
    if reverb is None:
        return None
    forms: tuple[str, ...] = ("the acoustics are {0}", "{1} can be heard", "the sound carries {1}")
    if reverb.value == REVERB.lowest:
        forms = ("the acoustics are {0}", "the sound is {0}, with {1}", "{1} can be heard")
    if not reverb.sure:
        forms = ("the acoustics seem {0}", "there may be {1}")
    text = choose(f"{key}/answer", forms).format(reverb.value, REVERBERATION[reverb.value])
    return Draft(text, (reverb,))


def recording_sentence(facts: Facts, key: str) -> Draft | None:
    """Return a sentence on the recording: voice and noise if it is speech, else its level."""
    return _voice(facts, key) or _level(facts, key)


def _plain(draft: Draft | None) -> bool:
    return draft is None or draft.facts[0].value in ORDINARY


def _joined(facts: Facts, key: str) -> Draft | None:
    place, setting = facts.one("place"), facts.one("setting")
    where = None
    if setting is not None and setting.confidence >= 0.4:
        where, fact = f"probably made {WHERE[setting.value]}", setting
    elif place is not None and place.confidence >= 0.4:
        where, fact = f"made in what sounds like {place.value}", place
    recording = _kind(facts)
    if where is None or recording is None:
        return None
    reverb = facts.one("reverb")
    if reverb is not None and reverb.sure and reverb.value not in ORDINARY:
        text = f"{recording.text} {where}, with {REVERBERATION[reverb.value]}"
        return Draft(text, facts_of(recording.facts, fact, reverb))
    return Draft(f"{recording.text} {where}", facts_of(recording.facts, fact))


def _kind(facts: Facts) -> Draft | None:
    """Return the recording as a noun phrase of one or two adjectives."""
    level = facts.one("level")
    if level is None:
        return None
    if level.value in ORDINARY:
        return Draft("a recording", ())
    return Draft(f"a {level.value} recording", (level,))


def _voice(facts: Facts, key: str) -> Draft | None:
    """Return how the voice stands out: only where speech was measured."""
    clarity, floor, band = facts.one("clarity"), facts.one("noise_floor"), facts.one("band")
    used = facts_of(clarity, floor)
    tail = ""
    if band is not None and facts.of("speech") and choose(f"{key}/band", (True, False)):
        tail, used = f" in a recording that is {band.value}", (*used, band)
    if clarity is not None and floor is not None:
        noise = _noise_words(floor)
        forms: tuple[str, ...] = (
            "the voice is {0} with {1}{2}",
            "{3} voice with {1}{2}",
            "there is {3} voice with {1}{2}",
        )
        if clarity.value == "hard to make out":
            forms = forms[:1]
        a_clear = f"{'an' if clarity.value.startswith('un') else 'a'} {clarity.value}"
        if clarity.value in ("unclear", VOICE.lowest) and floor.value in ("slight", "hardly any"):
            forms = ("the voice is {0}{2}, although there is {1}",)
        form = choose(f"{key}/voice", forms)
        for tongue in facts.of("language"):
            if tongue.confidence >= 0.65 and "{3}" in form and choose(key, (True, False)):
                a_clear, used = f"{a_clear} {tongue.value}", (*used, tongue)
        return Draft(form.format(clarity.value, noise, tail, a_clear), used)
    if clarity is not None:
        return Draft(f"the voice is {clarity.value}{tail}", used)
    if floor is not None:
        return Draft(f"{_noise_words(floor)} behind the voice{tail}", used)
    return None


def _noise_words(floor: Fact) -> str:
    if floor.value == "about as loud as the voice":
        return "background noise that is about as loud"
    return f"{floor.value} background noise"


def _level(facts: Facts, key: str) -> Draft | None:
    """Return level, evenness and silence; an ordinary level only where all else lacks."""
    level, dynamics, silence = facts.one("level"), facts.one("dynamics"), facts.one("silence")
    plain = level is None or level.value in ORDINARY
    run = [fact for fact in (dynamics, silence) if fact and fact.value not in ORDINARY]
    if len(run) == 2:
        run = choose(f"{key}/run", (run[:1], run[1:], run if plain else run[:1]))
    if level is not None and not run:
        return Draft(f"the recording is {level.value}", (level,))
    if not run:
        return None
    how = " and ".join(fact.value for fact in run)
    if level is None or plain:
        form = choose(f"{key}/level", ("the sound comes {}", "the recording runs {}", "sound {}"))
        return Draft(form.format(how), tuple(run))
    form = choose(f"{key}/level", ("a {} recording {}", "the recording is {}, {}"))
    return Draft(form.format(level.value, how), (level, *run))


_SINGLE: dict[Kind, tuple[str, str, str]] = {
    "setting": ("surroundings that fit {0}", "possibly recorded {1}", "the sounds suggest {0}"),
    "place": ("the acoustics of {0}", "it sounds like {0}", "a space that sounds like {0}"),
    "echo": ("{0} can be heard", "the space adds {0}", "a recording with {0}"),
    "reverb": ("the acoustics are {0}", "{5} can be heard", "{4} with {5}"),
    "flaw": ("the recording is {0}", "a recording that is {0}", "{4}, {0}"),
    "noise": (
        "{0} runs under the recording",
        "{0} can be heard in the background",
        "a recording with {0}",
    ),
    "overload": ("the recording sounds {0}", "a recording that is {0}", "it is {0}"),
    "band": ("the recording sounds {0}", "a recording that is {0}", "the sound is {0}"),
    "indistinct": (
        "nothing in the recording stands out",
        "{2}",
        "a background in which nothing can be told apart",
    ),
    "level": (
        "the overall level is {0}",
        "a {0} recording of {4}",
        "the recording as a whole is {0}",
    ),
    "dynamics": ("the sound comes {0}", "a recording {0}", "{4} {0}"),
    "silence": ("the sound goes on {0}", "{4} {0}", "the recording runs {0}"),
    "clarity": ("a voice that is {0}", "the voice comes across as {0}", "{4} that is {0}"),
    "noise_floor": ("{2}", "{4} with {3}", "behind the voice there is {3}"),
}
"""What each fact says alone, in three ways: {0} is its value, {1} where, {2} its
sentence, {3} the noise, {4} what is heard, {5} what the place adds."""


_PERHAPS = ("the acoustics seem {0}", "there may be {5}", "{4}, perhaps with {5}")
"""The same for acoustics that are not sure."""


def singles(facts: Facts, key: str) -> list[Draft]:
    """Return each fact alone in each of its ways, the ways in turn, so that facts alternate."""
    told = [fact for fact in facts.all if fact.kind in _SINGLE]
    heard = [strand for strand in strands(facts, key) if strand.sure]
    main = choose(f"{key}/main", heard[:2]) if heard else None
    rounds = []
    for turn in range(3):
        in_turn = shuffled(f"{key}/{turn}", told)
        for fact in sorted(in_turn, key=lambda fact: fact.value in ORDINARY):
            ways = _SINGLE[fact.kind]
            if fact.kind == "reverb" and not fact.sure:
                ways = _PERHAPS
            forms = shuffled(f"{key}/{fact.kind}", ways)
            forms.sort(key=lambda form: ("{4}" not in form) == (main is not None))
            where = WHERE.get(fact.value, "")
            name = main.name if main else "sound"
            rings = REVERBERATION.get(fact.value, "")
            noise = _noise_words(fact)
            text = forms[turn].format(fact.value, where, fact.text, noise, name, rings)
            used = facts_of(fact, main.facts if main and "{4}" in forms[turn] else None)
            rounds.append(Draft(text, used))
    return rounds
