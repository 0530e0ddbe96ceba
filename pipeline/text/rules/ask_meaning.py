"""Questions on what follows from the sounds."""

from auricle.pipeline.text.english import choose, with_article
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.ask_voices import mood_atoms
from auricle.pipeline.text.rules.asking import Atom, either, polar
from auricle.pipeline.text.rules.aspects import flawed
from auricle.pipeline.text.rules.strands import strands

_ACTIVITY = {
    "an outdoor place": "something happens out in the open",
    "a stream or river": "water is flowing past",
    "the seaside": "the sea is close by",
    "open water": "someone is out on the water",
    "a farm": "animals are kept nearby",
    "a street": "traffic is passing",
    "a racetrack": "a race is under way",
    "a railway": "trains are running nearby",
    "a kitchen": "someone is busy in a kitchen",
    "a bathroom": "someone is using a bathroom",
    "a home": "everyday life goes on at home",
    "a desk or office": "someone is working at a desk",
    "a workshop or building site": "someone is working with tools",
    "a place with an audience": "an audience is responding",
    "a busy indoor gathering": "many people have gathered",
    "a playground or school": "children are playing",
    "a church or town square": "bells are being rung",
    "a sports hall": "a game is being played",
}


def inference_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on what the sounds let one conclude."""
    return [
        *_activity(facts, key),
        *_speaking(facts, key),
        *mood_atoms(facts, key),
        *_feeling(facts, key),
        *_lead(facts, key),
    ]


def _activity(facts: Facts, key: str) -> list[Atom]:
    setting = facts.one("setting")
    if setting is None or setting.confidence < 0.4:
        return []
    ask = choose(
        f"{key}/activity",
        (
            "what is probably going on",
            "what situation do the sounds suggest",
            "what is likely happening",
        ),
    )
    doing = _ACTIVITY[setting.value]
    return [Atom(ask, f"probably {doing}", f"probably {doing}", (setting,))]


def _speaking(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    pace, fluency = facts.one("pace"), facts.one("fluency")
    floor, clarity = facts.one("noise_floor"), facts.one("clarity")
    if pace is not None and fluency is not None:
        smooth, slow = (
            fluency.value.startswith("without"),
            "slow" in pace.value or "unhurried" in pace.value,
        )
        say = (
            ("practised and calm" if slow else "fluent and sure")
            if smooth
            else ("careful, taking time" if slow else "measured, phrase by phrase")
        )
        ask = choose(
            f"{key}/manner",
            (
                "what impression does the delivery give",
                "how does the way of speaking come across",
                "what does the delivery suggest",
            ),
        )
        atoms.append(Atom(ask, f"it sounds {say}", say, (pace, fluency)))
    if floor is not None:
        calm = floor.value in ("slight", "hardly any")
        say = "there is " + floor.text.replace(" behind the voice", "")
        yes = "was the place probably quiet" if calm else "was the place probably noisy"
        no = "was the place probably noisy" if calm else "was the place probably quiet"
        atoms.append(
            either(f"{key}/quiet", polar(True, yes, say, floor), polar(False, no, say, floor))
        )
    if clarity is not None and floor is not None:
        good = clarity.value == "clear" and floor.value in ("slight", "hardly any")
        good = good and not flawed(facts)
        ask = choose(
            f"{key}/care",
            ("does the recording seem carefully made", "was the recording likely made with care"),
        )
        say = f"the voice is {clarity.value}"
        if good or clarity.value in ("unclear", "hard to make out"):
            atoms.append(polar(good, ask, say, clarity, floor))
    language = facts.one("language")
    if language is not None and language.sure:
        ask = choose(
            f"{key}/audience",
            ("who is the speech probably meant for", "what listeners does the speech address"),
        )
        say = f"listeners who understand {language.value}"
        atoms.append(Atom(ask, say, say, (language,)))
    return atoms


def _feeling(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    mood = facts.one("mood")
    if mood is not None and mood.value not in ("loud", "quiet", "soft"):
        ask = choose(
            f"{key}/feeling",
            (
                "what feeling does the music convey",
                "how might the music affect a listener",
                "what mood might the music set",
            ),
        )
        say = with_article(f"{mood.value} mood")
        atoms.append(Atom(ask, say, say, (mood,)))
    genre, played = facts.one("genre"), facts.of("instrument")
    if genre is not None and played:
        ask = choose(
            f"{key}/tradition",
            (
                "what tradition do the instruments and style point to",
                "what musical world does the piece belong to",
            ),
        )
        say = f"most likely {genre.value} music"
        atoms.append(Atom(ask, say, say, (genre, *played)))
    return atoms


def _lead(facts: Facts, key: str) -> list[Atom]:
    """Return what the clip is mainly about: what lasts longest, or what stands alone."""
    atoms: list[Atom] = []
    found = [s for s in strands(facts, key) if s.sure and s.facts[0].kind != "unnamed_sound"]
    lengths = [
        (s.end - s.start if s.start is not None and s.end is not None else facts.duration)
        for s in found
    ]
    ask = choose(
        f"{key}/lead",
        (
            "what is the clip mainly about",
            "what takes up most of the clip",
            "what is the main thing heard",
        ),
    )
    if len(found) > 1:
        longest, second = sorted(lengths, reverse=True)[:2]
        if longest > 1.3 * second:
            lead = found[lengths.index(longest)]
            used = tuple(fact for s in found for fact in s.facts)
            name = lead.noun
            atoms.append(Atom(ask, f"mainly {name}", f"mainly {name}", used))
        if all(length >= 0.9 * facts.duration for length in lengths):
            names = " and ".join(s.name for s in found[:2])
            used = tuple(fact for s in found[:2] for fact in s.facts)
            atoms.append(Atom(ask, f"{names} together", f"{names} together", used))
    elif found:
        say = f"mainly {found[0].noun}"
        atoms.append(Atom(ask, say, say, found[0].facts))
    for fact in facts.of("silent", "indistinct"):
        ask = choose(f"{key}/why", ("what might explain the clip", "why might nothing stand out"))
        say = (
            "perhaps a pause or a gap"
            if fact.kind == "silent"
            else "perhaps nothing happens nearby"
        )
        atoms.append(Atom(ask, say, say, (fact,)))
    return atoms
