"""Questions on what follows from the sounds, and on what a clip is good for."""

from auricle.pipeline.text.asking import Atom, either, polar
from auricle.pipeline.text.english import choose, with_article
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.sounds import sound
from auricle.pipeline.text.strands import sound_strands, strands

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
_SCENES = {
    "happy": "a cheerful scene", "playful": "a playful scene", "sad": "a sad scene",
    "tender": "a tender scene", "exciting": "an exciting scene", "angry": "a tense scene",
    "eerie": "a frightening scene", "mellow": "a calm scene", "relaxed": "a restful scene",
    "festive": "a party scene", "soft": "a gentle scene", "quiet": "a quiet scene",
    "loud": "a scene full of energy", "slow": "an unhurried scene", "fast": "a lively scene",
}  # fmt: skip
_COLLECTIONS = {
    "person": "human sounds", "audience": "crowd sounds", "animal": "animal sounds",
    "nature": "nature sounds", "vehicle": "vehicle sounds", "household": "household sounds",
    "tool": "tools and machines", "signal": "signals and alarms", "impact": "sudden impacts",
    "object": "everyday noises",
}  # fmt: skip


def inference_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on what the sounds let one conclude."""
    return [*_activity(facts, key), *_speaking(facts, key), *_feeling(facts, key),
            *_lead(facts, key)]  # fmt: skip


def use_atoms(facts: Facts, key: str) -> list[Atom]:
    """Return questions on what the clip could be used for."""
    return [*_speech_use(facts, key), *_music_use(facts, key), *_sound_use(facts, key),
            *_silence_use(facts, key)]  # fmt: skip


def _activity(facts: Facts, key: str) -> list[Atom]:
    setting = facts.one("setting")
    if setting is None or setting.confidence < 0.4:
        return []
    ask = choose(f"{key}/activity", ("what is probably going on", "what situation do the sounds suggest",
                 "what is likely happening"))  # fmt: skip
    doing = _ACTIVITY[setting.value]
    return [Atom(ask, f"probably {doing}", f"probably {doing}", (setting,))]


def _speaking(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    pace, fluency = facts.one("pace"), facts.one("fluency")
    floor, clarity = facts.one("noise_floor"), facts.one("clarity")
    if pace is not None and fluency is not None:
        smooth, slow = fluency.value.startswith("without"), "slow" in pace.value or "unhurried" in pace.value
        say = ("practised and calm" if slow else "fluent and sure") if smooth else (
            "careful, taking time" if slow else "measured, phrase by phrase")  # fmt: skip
        ask = choose(f"{key}/manner", ("what impression does the delivery give",
                     "how does the way of speaking come across", "what does the delivery suggest"))  # fmt: skip
        atoms.append(Atom(ask, f"it sounds {say}", say, (pace, fluency)))
    if floor is not None:
        calm = floor.value in ("slight", "hardly any")
        say = "there is " + floor.text.replace(" behind the voice", "")
        yes = "was the place probably quiet" if calm else "was the place probably noisy"
        no = "was the place probably noisy" if calm else "was the place probably quiet"
        atoms.append(either(f"{key}/quiet", polar(True, yes, say, floor),
                            polar(False, no, say, floor)))  # fmt: skip
    if clarity is not None and floor is not None:
        good = clarity.value == "clear" and floor.value in ("slight", "hardly any")
        ask = choose(f"{key}/care", ("does the recording seem carefully made",
                     "was the recording likely made with care"))  # fmt: skip
        say = f"the voice is {clarity.value}"
        if good or clarity.value in ("unclear", "hard to make out"):
            atoms.append(polar(good, ask, say, clarity, floor))
    language = facts.one("language")
    if language is not None and language.sure:
        ask = choose(f"{key}/audience", ("who is the speech probably meant for",
                     "what listeners does the speech address"))  # fmt: skip
        say = f"listeners who understand {language.value}"
        atoms.append(Atom(ask, say, say, (language,)))
    return atoms


def _feeling(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    mood = facts.one("mood")
    if mood is not None:
        ask = choose(f"{key}/feeling", ("what feeling does the music convey",
                     "how might the music affect a listener", "what mood might it set"))  # fmt: skip
        say = with_article(f"{mood.value} mood")
        atoms.append(Atom(ask, say, say, (mood,)))
    genre, played = facts.one("genre"), facts.of("instrument")
    if genre is not None and played:
        ask = choose(f"{key}/tradition", ("what tradition do the instruments and style point to",
                     "what musical world does it belong to"))  # fmt: skip
        say = f"most likely {genre.value} music"
        atoms.append(Atom(ask, say, say, (genre, *played)))
    return atoms


def _lead(facts: Facts, key: str) -> list[Atom]:
    """Return what the clip is mainly about: what lasts longest, or what stands alone."""
    atoms: list[Atom] = []
    found = [s for s in strands(facts, key) if s.sure]
    lengths = [(s.end - s.start if s.start is not None and s.end is not None else facts.duration)
               for s in found]  # fmt: skip
    ask = choose(f"{key}/lead", ("what is the clip mainly about", "what takes up most of the clip",
                 "what is the main thing heard"))  # fmt: skip
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
        say = "perhaps a pause or a gap" if fact.kind == "silent" else "perhaps nothing happens nearby"
        atoms.append(Atom(ask, say, say, (fact,)))
    return atoms


def _speech_use(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    language, clarity = facts.one("language"), facts.one("clarity")
    floor, pace, words = facts.one("noise_floor"), facts.one("pace"), facts.one("words")
    if language is not None and language.sure:
        name = language.value
        ask = choose(f"{key}/learn", ("who could practise listening with it", "whom could it help to learn",
                     "who might learn from it"))  # fmt: skip
        say = f"people who learn {name}"
        atoms.append(Atom(ask, say, say, (language,)))
        if pace is not None:
            hard = "quick" in pace.value
            yes = "would it challenge a beginner" if hard else "would it suit a beginner"
            no = "would it suit a beginner" if hard else "would it challenge a beginner by its speed"
            say = f"the words come {pace.value}"
            atoms.append(either(f"{key}/beginner", polar(True, yes, say, language, pace),
                                polar(False, no, say, language, pace)))  # fmt: skip
    if clarity is not None and floor is not None:
        clean = floor.value in ("slight", "hardly any")
        ask = choose(f"{key}/studio", ("what task in speech technology would it suit",
                     "what could it test in a speech system"))  # fmt: skip
        say = "recognising clean speech" if clean else "recognising speech in noise"
        atoms.append(Atom(ask, say, say, (clarity, floor)))
    if words is not None and language is not None:
        ask = choose(f"{key}/caption", ("what would help listeners who know no {}",
                     "what would someone without {} need to follow")).format(language.value)  # fmt: skip
        say = "subtitles in their own language"
        atoms.append(Atom(ask, say, say, (words, language)))
    return atoms


def _music_use(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for fact in (*facts.of("mood")[:1], *facts.of("tempo")[:1]):
        ask = choose(f"{key}/scene/{fact.kind}", ("what scene in a film could it accompany",
                     "what could the music underscore", "for what scene would the music fit"))  # fmt: skip
        say = _SCENES.get(fact.value, "an unhurried scene")
        atoms.append(Atom(ask, f"it could accompany {say}", say, (fact,)))
    genre, playing = facts.one("genre"), facts.one("music")
    if genre is not None:
        ask = choose(f"{key}/playlist", ("which playlist would it fit", "under what would a music shop file it"))
        say = with_article(f"{genre.value} playlist") if "playlist" in ask else f"under {genre.value} music"
        atoms.append(Atom(ask, say, say, (genre,)))
    for fact in facts.of("instrument")[:1]:
        ask = choose(f"{key}/player", ("who might listen to it to learn playing",
                     "which students of music could use it"))  # fmt: skip
        say = f"people who study the {fact.value}"
        atoms.append(Atom(ask, say, say, (fact,)))
    sung, instrumental = facts.one("singing"), facts.one("instrumental")
    if playing is not None and (sung or instrumental):
        fact = sung or instrumental
        assert fact is not None
        clear = instrumental is not None and sung is None
        say = "it is instrumental" if clear else "there is singing in it"
        yes = "could one talk over it undisturbed" if clear else "might singing clash with a voice over it"
        no = "might singing clash with a voice over it" if clear else "could one talk over it undisturbed"
        atoms.append(either(f"{key}/voice-over", polar(True, yes, say, fact), polar(False, no, say, fact)))
    level = facts.one("dynamics")
    if playing is not None and level is not None and facts.code in ("0M0", "0MA"):
        even = "steady" in level.value or "even" in level.value
        say = f"the sound comes {level.value}"
        yes = "would it work as unobtrusive background" if even else "would it draw attention by its changes"
        no = "would it draw attention by its changes" if even else "would it work as unobtrusive background"
        atoms.append(either(f"{key}/background", polar(True, yes, say, level), polar(False, no, say, level)))
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
        ask = choose(tag, ("where in a sound library would {} belong", "under what heading would {} be filed",
                     "in what collection would {} fit")).format(heard.definite)  # fmt: skip
        atoms.append(Atom(ask, f"among {kind}", f"among {kind}", (fact,)))
        other = choose(f"{tag}/other", [name for name in _COLLECTIONS.values() if name != kind])
        say = f"it holds {heard.noun}"
        yes = polar(True, f"would it serve as an example of {kind}", say, fact)
        no = polar(False, f"would it be filed under {other}", say, fact)
        atoms.append(either(f"{tag}/example", yes, no))
    return atoms


def _silence_use(facts: Facts, key: str) -> list[Atom]:
    atoms: list[Atom] = []
    for fact in facts.of("silent", "indistinct"):
        ask = choose(f"{key}/use", ("what could it be used for", "in what task might it help"))
        say = "as a gap between recordings" if fact.kind == "silent" else "as a plain background"
        atoms.append(Atom(ask, say, say, (fact,)))
        yes = polar(True, "could it serve as an example without events", "nothing stands out", fact)
        no = polar(False, "could it show how a voice sounds", "nothing stands out", fact)
        atoms.append(either(f"{key}/example", yes, no))
    return atoms
