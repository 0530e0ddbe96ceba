"""Questions on the recording: its voice, noise, level and flaws."""

from auricle.pipeline.text.english import choose
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.asking import Atom, either, polar

_LOUD = ("loud", "very loud")
_QUIET = ("hardly audible", "very quiet", "quiet")


def quality_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on voice, noise, level and flaws; a voice's only where it was measured."""
    atoms = [*_voice(facts, key), *_level(facts, key)]
    for fact in facts.of("overload", "flaw"):
        ask = "what flaw does the recording have"
        atoms.append(Atom(ask, f"it is {fact.value}", fact.value, (fact,)))
    for fact in facts.of("band"):
        ask = choose(
            f"{key}/band",
            ("how full is the range of tones", "how does the range of the recording sound"),
        )
        atoms.append(Atom(ask, f"it sounds {fact.value}", fact.value, (fact,)))
        narrow = fact.value.startswith("narrow")
        say = f"it sounds {fact.value}"
        yes = "does the recording sound like a telephone" if narrow else "are high tones captured"
        no = (
            "are the highest tones captured"
            if narrow
            else "does the recording sound like a telephone"
        )
        if narrow or fact.value.startswith("open"):
            atoms.append(
                either(f"{key}/narrow", polar(True, yes, say, fact), polar(False, no, say, fact))
            )
    return atoms


def _voice(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    clarity, floor = facts.one("clarity"), facts.one("noise_floor")
    if clarity is not None:
        ask = choose(
            f"{key}/clarity",
            (
                "how clear is the voice",
                "how well can the voice be understood",
                "how does the voice come across",
            ),
        )
        atoms.append(Atom(ask, f"the voice is {clarity.value}", clarity.value, (clarity,)))
        good = clarity.value in ("clear", "reasonably clear")
        say = f"the voice is {clarity.value}"
        yes = "can the voice be followed easily" if good else "is the voice hard to follow"
        no = "is the voice hard to follow" if good else "can the voice be followed easily"
        atoms.append(
            either(f"{key}/clear", polar(True, yes, say, clarity), polar(False, no, say, clarity))
        )
    if floor is not None:
        much = floor.value in ("strong", "noticeable", "about as loud as the voice")
        ask = choose(
            f"{key}/floor",
            ("how much background noise is there", "how strong is the noise behind the voice"),
        )
        atoms.append(
            Atom(
                ask, f"there is {floor.text}", floor.text.replace(" behind the voice", ""), (floor,)
            )
        )
        yes = "does noise intrude on the voice" if much else "is the background clean"
        no = "is the background clean" if much else "does noise intrude on the voice"
        atoms.append(
            either(
                f"{key}/noise",
                polar(True, yes, f"there is {floor.text}", floor),
                polar(False, no, f"there is {floor.text}", floor),
            )
        )
    return atoms


def _level(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    level, silence, dynamics = facts.one("level"), facts.one("silence"), facts.one("dynamics")
    if level is not None:
        ask = choose(
            f"{key}/level",
            (
                "how loud is the recording",
                "what is the overall level",
                "how strong is the sound",
            ),
        )
        atoms.append(Atom(ask, f"the recording is {level.value}", level.value, (level,)))
        if level.value in (*_LOUD, *_QUIET):
            loud = level.value in _LOUD
            say = f"it is {level.value}"
            yes, no = ("loud", "quiet") if loud else ("quiet", "loud")
            atoms.append(
                either(
                    f"{key}/loud",
                    polar(True, f"is the recording {yes}", say, level),
                    polar(False, f"is the recording {no}", say, level),
                )
            )
    if silence is not None and not facts.of("silent"):
        gaps = not silence.value.startswith("without")
        ask = choose(
            f"{key}/silence",
            (
                "how much silence is there",
                "are there gaps or does sound fill the clip",
                "how continuous is the sound",
            ),
        )
        atoms.append(Atom(ask, f"the sound goes on {silence.value}", silence.value, (silence,)))
        say = f"it goes on {silence.value}"
        yes = (
            "does silence break up the recording" if gaps else "does sound fill the whole recording"
        )
        no = (
            "does sound fill the whole recording" if gaps else "does silence break up the recording"
        )
        atoms.append(
            either(f"{key}/gaps", polar(True, yes, say, silence), polar(False, no, say, silence))
        )
    if dynamics is not None and not facts.of("silent"):
        atoms.append(
            Atom(
                "how steady is the level",
                f"the sound comes {dynamics.value}",
                dynamics.value,
                (dynamics,),
            )
        )
    for fact in facts.of("silent"):
        say = "completely silent" if fact.value == "complete" else "close to silence"
        atoms.append(
            Atom("how strong is the recorded level", f"the recording is {say}", say, (fact,))
        )
    return atoms
