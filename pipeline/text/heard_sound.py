"""Heard sound: everything that is neither speech nor music, by name and in time."""

from auricle.pipeline.text.fact import Fact, Stretch, bounded
from auricle.pipeline.text.sounds import sound
from auricle.pipeline.text.tagged import Tagged, tagged
from auricle.pipeline.text.testimony import Testimony

_MOST_LABELS = 5
_MOST_STRETCHES = 2
_MOSTLY = 0.5
"""How much of its time a sound shares with a surer one that explains it."""

_ALIKE: tuple[frozenset[str], ...] = tuple(
    frozenset(family.split("|"))
    for family in (
        "Rain|Raindrop|Rain on surface|Waterfall|Stream|Gurgling|Slosh|Splash, splatter|Drip|Pour"
        "|Trickle, dribble|Gush|Liquid|Water|Boat, Water vehicle|Rowboat, canoe, kayak|Ocean"
        "|Waves, surf|Sailboat, sailing ship|Ship|Spray|Water tap, faucet|Toilet flush"
        "|Sink (filling or washing)|Bathtub (filling or washing)|Fill (with liquid)|Steam|Boiling",
        "Baby cry, infant cry|Crying, sobbing|Whimper|Wail, moan|Baby laughter|Babbling|Screaming"
        "|Groan",
        "Laughter|Giggle|Snicker|Belly laugh|Chuckle, chortle",
        "Shout|Yell|Bellow|Whoop|Children shouting|Screaming|Battle cry",
        "Breathing|Wheeze|Snoring|Gasp|Pant|Snort|Sigh",
        "Applause|Clapping|Hands|Finger snapping",
        "Chatter|Crowd|Hubbub, speech noise, speech babble",
        "Dog|Bark|Bow-wow|Yip|Howl|Growling|Whimper (dog)|Canidae, dogs, wolves",
        "Growling|Roar|Roaring cats (lions, tigers)",
        "Chicken, rooster|Cluck|Crowing, cock-a-doodle-doo|Turkey|Gobble|Duck|Quack|Goose|Honk"
        "|Fowl|Crow|Caw|Squawk",
        "Sheep|Goat|Bleat|Cattle, bovinae|Moo",
        "Mosquito|Fly, housefly|Bee, wasp, etc.|Insect|Buzz",
        "Engine|Idling|Light engine (high frequency)|Medium engine (mid frequency)|Vehicle|Car"
        "|Heavy engine (low frequency)|Engine knocking|Accelerating, revving, vroom|Truck|Bus"
        "|Motor vehicle (road)|Motorcycle|Aircraft|Motorboat, speedboat|Helicopter|Jet engine"
        "|Aircraft engine|Propeller, airscrew|Fixed-wing aircraft, airplane|Chainsaw|Lawn mower"
        "|Power tool|Drill|Race car, auto racing|Car passing by",
        "Explosion|Gunshot, gunfire|Fireworks|Firecracker|Machine gun|Fusillade|Artillery fire"
        "|Boom|Eruption|Bang|Burst, pop|Thunder|Thunderstorm|Cap gun",
        "Telephone|Telephone bell ringing|Ringtone|Alarm|Beep, bleep|Dial tone|Busy signal|Buzzer"
        "|Alarm clock|Smoke detector, smoke alarm|Fire alarm|Telephone dialing, DTMF|Sine wave"
        "|Siren|Civil defense siren|Police car (siren)|Ambulance (siren)|Car alarm"
        "|Fire engine, fire truck (siren)|Whistle|Steam whistle|Train whistle|Train horn|Ping",
        "Dishes, pots, and pans|Cutlery, silverware|Glass|Chink, clink|Coin (dropping)",
        "Typing|Typewriter|Computer keyboard|Clicking|Clickety-clack",
        "Clock|Tick|Tick-tock|Mechanisms|Ratchet, pawl",
        "Tools|Wood|Chop|Chopping (food)|Hammer|Tap|Thunk|Thump, thud|Bouncing|Knock",
        "Bell|Church bell|Chime|Ding|Ding-dong|Doorbell|Wind chime|Bicycle bell",
    )
)
"""Sounds that taggers take for one another: where they meet, only the surest is told."""


def sound_facts(said: Testimony) -> list[Fact]:
    """Return the other sounds; nothing when the domain holds none."""
    if said.code is not None and said.code[2] != "A":
        return []
    facts: list[Fact] = []
    told: set[str] = set()
    for label in _distinct(tagged(said.tags, "sound"))[:_MOST_LABELS]:
        noun = sound(label.label).noun
        if noun not in told:
            told.add(noun)
            facts += _facts(label, said.duration)
    if not facts and said.code is not None:
        sure = said.domain.sound if said.domain and said.domain.sound is not None else 0.75
        sure = max(0.0, min(1.0, sure))
        return [Fact("unnamed_sound", "sound", "", "a sound that is hard to place", sure)]
    return facts


def _distinct(labels: list[Tagged]) -> list[Tagged]:
    """Return labels, strongest first, without those that a stronger one explains."""
    kept: list[Tagged] = []
    for label in labels:
        if not any(_explains(other, label) for other in kept):
            kept.append(label)
    return kept


def _explains(strong: Tagged, weak: Tagged) -> bool:
    if not any({strong.label, weak.label} <= family for family in _ALIKE):
        return False
    if not strong.stretches or not weak.stretches:
        return True
    shared = sum(
        max(0.0, min(a.end, b.end) - max(a.start, b.start))
        for a in strong.stretches
        for b in weak.stretches
    )
    return shared > _MOSTLY * sum(b.end - b.start for b in weak.stretches)


def _facts(label: Tagged, duration: float) -> list[Fact]:
    noun = sound(label.label).noun
    stretches = list(label.stretches)
    if len(stretches) > _MOST_STRETCHES:
        start, end = bounded(stretches[0].start, stretches[-1].end, duration)
        text = f"{noun}, on and off"
        return [Fact("sound", "sound", label.label, text, label.score, start, end)]
    facts = []
    for stretch in stretches or [Stretch(0.0, duration, label.score)]:
        start, end = bounded(stretch.start, stretch.end, duration)
        score = max(0.0, min(1.0, stretch.score))
        facts.append(Fact("sound", "sound", label.label, noun, score, start, end))
    return facts
