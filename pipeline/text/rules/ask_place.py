"""Questions on the place that a clip was made in, each answered as an inference."""

from auricle.pipeline.text.english import choose
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.asking import Atom, either, polar
from auricle.pipeline.text.rules.aspects import REVERBERATION
from auricle.pipeline.text.settings import SETTINGS, WHERE
from auricle.pipeline.text.sounds import sound
from auricle.pipeline.text.vocabulary import REVERB

_DRY, _BARELY = REVERB.lowest, REVERB.steps[0][1]


def place_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on the surroundings, the acoustics and what lies behind the sound."""
    return [
        *_setting(facts, key),
        *_space(facts, key),
        *_acoustics(facts, key),
        *_background(facts, key),
    ]


def _setting(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    setting = facts.one("setting")
    if setting is None:
        return atoms
    value, where = setting.value, WHERE[setting.value]
    ask = choose(
        f"{key}/setting",
        (
            "where was the clip probably recorded",
            "what setting do the sounds suggest",
            "what place comes to mind",
        ),
    )
    atoms.append(Atom(ask, f"it was probably recorded {where}", f"probably {where}", (setting,)))
    other = choose(f"{key}/elsewhere", [name for name in SETTINGS if name != value])
    say = f"the sounds suggest {value}"
    yes = polar(True, f"could the clip have been recorded {where}", say, setting)
    no = polar(False, f"do the sounds point to {other}", say, setting)
    atoms.append(either(f"{key}/where", yes, no))
    clue = next((f for f in facts.of("sound") if f.value in SETTINGS[value] and f.sure), None)
    if clue is not None:
        heard = sound(clue.value)
        ask = choose(
            f"{key}/clue", ("what points to {}", "which sound suggests {}", "what gives {} away")
        ).format(value)
        say = heard.noun if len(heard.noun.split()) > 2 else heard.clause
        atoms.append(Atom(ask, say, say, (clue, setting)))
    return atoms


def _space(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    place, echo, alone = facts.one("place"), facts.one("echo"), facts.one("alone")
    if place is not None:
        ask = choose(
            f"{key}/space",
            (
                "what kind of space does it sound like",
                "in what sort of place does the sound seem to be",
            ),
        )
        atoms.append(Atom(ask, f"it sounds like {place.value}", place.value, (place,)))
    if echo is not None:
        atoms.append(
            Atom(
                "what does the space do to the sound", f"it adds {echo.value}", echo.value, (echo,)
            )
        )
    if alone is not None:
        ask = choose(
            f"{key}/alone",
            (
                f"what do the surroundings add to {alone.value}",
                f"what of the place is heard besides {alone.value}",
                f"what else stands out around {alone.value}",
            ),
        )
        say = f"nothing distinct, only {alone.value}"
        atoms.append(Atom(ask, say, "nothing distinct of the place", (alone,)))
        be = "are" if " and " in alone.value or alone.value == "the sounds" else "is"
        yes = choose(
            f"{key}/only",
            (f"{be} {alone.value} all that stands out", f"is nothing heard but {alone.value}"),
        )
        no = choose(
            f"{key}/else",
            (
                f"does anything of the place stand out beside {alone.value}",
                f"do the surroundings of {alone.value} make themselves heard",
            ),
        )
        atoms.append(
            either(
                f"{key}/stands",
                polar(True, yes, alone.text, alone),
                polar(False, no, alone.text, alone),
            )
        )
    return atoms


def _acoustics(facts: Facts, key: str) -> list[Atom]:
    """Return questions on how the place answers, only where that is sure."""
    reverb = facts.one("reverb")
    if reverb is None or not reverb.sure:
        return []
    adds = REVERBERATION[reverb.value]
    ask = choose(
        f"{key}/acoustics",
        ("how reverberant is the place", "what are the acoustics like", "how does the space sound"),
    )
    atoms = [Atom(ask, f"the acoustics are {reverb.value}", f"{reverb.value} acoustics", (reverb,))]
    if reverb.value != _BARELY:
        dry = reverb.value == _DRY
        rings = "does the place add much reverberation"
        close = "does the sound seem dry and close"
        yes, no = (close, rings) if dry else (rings, close)
        say = f"there is {adds}"
        atoms.append(
            either(f"{key}/rings", polar(True, yes, say, reverb), polar(False, no, say, reverb))
        )
        if not dry:
            ask = choose(
                f"{key}/large",
                ("what do the acoustics suggest of the place", "how large might the place be"),
            )
            say = "probably large or with hard walls"
            atoms.append(Atom(ask, say, say, (reverb,)))
    return atoms


def _background(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for fact in facts.of("noise"):
        ask = choose(f"{key}/hum", ("what runs in the background", "what noise lies under it all"))
        atoms.append(Atom(ask, f"{fact.value} can be heard", fact.value, (fact,)))
    floor = facts.one("noise_floor")
    if floor is not None:
        calm = floor.value in ("slight", "hardly any")
        ask = choose(
            f"{key}/calm",
            (
                "how noisy were the surroundings",
                "how calm was the place",
                "what was the place like at the time",
            ),
        )
        say = "probably quiet" if calm else "probably noisy"
        atoms.append(Atom(ask, f"the place was {say}", say, (floor,)))
    for fact in facts.of("silent"):
        atoms.append(
            Atom(
                "what does the clip tell of the place",
                "nothing, since it is silent",
                "nothing of the place",
                (fact,),
            )
        )
    for fact in facts.of("indistinct"):
        atoms.append(
            Atom(
                "what does the background tell of the place",
                "nothing that can be told apart",
                "nothing distinct",
                (fact,),
            )
        )
    return atoms
