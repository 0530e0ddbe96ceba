"""Guarded words: what a text may only say if the evidence does, by what they are a claim about.

Sound sources are guarded by the classes they name, everything else by groups of words that mean the
same. Words that mean many things ("rock", "ring", "fly", "light") are left out, or guarded only
where what stands beside them says what they mean.
"""

import re
from functools import cache, lru_cache

from auricle.pipeline.text.english import word_set
from auricle.pipeline.text.languages import LANGUAGES
from auricle.pipeline.text.music_words import GENRES, INSTRUMENTS
from auricle.pipeline.text.sound_words import SOUND_WORDS
from auricle.schemas.audioset import LABELS, ancestors

SOURCES = word_set(
    """
    aircraft airplane plane alarm ambulance animal applause artillery baby basketball
    bathtub bee bicycle bird boat bus buzzer camera cat cattle chainsaw chicken coin cow
    cricket crowd cutlery dish dog doorbell drill duck engine explosion fan fire firecracker
    firework foghorn footstep frog glass goat goose gun gunfire gunshot hammer helicopter
    hen hoof horse insect jackhammer jet laughter lion machine mosquito motor motorboat
    motorcycle mouse microwave owl pig pigeon plane police poultry printer rain rodent
    rooster saw scissors sheep ship siren skateboard snake steam subway telephone thunder
    thunderstorm tiger toilet traffic train truck typewriter typing vacuum vehicle car
    waterfall water wave whale wind wolf zipper bark meow moo neigh chirp cough sneeze laugh
    giggle scream snore whistle clap cheer clock
    """
)

IMPLIED: dict[str, tuple[str, ...]] = {
    "engine": ("Vehicle", "Engine", "Tools", "Mechanisms", "Power tool", "Lawn mower"),
    "motor": ("Vehicle", "Engine", "Tools", "Mechanisms", "Power tool", "Lawn mower"),
    "machine": ("Vehicle", "Engine", "Tools", "Mechanisms", "Power tool", "Domestic sounds"),
    "traffic": ("Vehicle",),
    "vehicle": ("Vehicle", "Engine"),
    "water": ("Water", "Liquid", "Rain", "Ocean", "Boat, Water vehicle", "Toilet flush",
              "Splash, splatter"),
    "wave": ("Ocean", "Waves, surf"),
    "crowd": ("Human group actions", "Crowd", "Cheering", "Applause", "Chatter", "Clapping"),
    "thunder": ("Thunderstorm",),
    "bird": ("Bird", "Fowl"),
    "gun": ("Gunshot, gunfire",),
    "explosion": ("Explosion", "Fireworks"),
    "laughter": ("Laughter",),
    "laugh": ("Laughter",),
    "animal": ("Animal",),
    "insect": ("Insect",),
    "plane": ("Aircraft",),
    "airplane": ("Aircraft",),
    "clap": ("Applause", "Clapping"),
    "applause": ("Clapping",),
    "cheer": ("Crowd", "Applause", "Cheering"),
    "glass": ("Glass", "Dishes, pots, and pans"),
    "dish": ("Cutlery, silverware", "Dishes, pots, and pans"),
    "telephone": ("Telephone", "Ringtone", "Alarm"),
    "alarm": ("Alarm", "Siren"),
    "siren": ("Siren",),
    "gunshot": ("Gunshot, gunfire",),
    "footstep": ("Walk, footsteps", "Run"),
    "boat": ("Boat, Water vehicle",),
}  # fmt: skip
"""Classes that also make a word true: a truck has an engine, fireworks explode."""

_SAME: dict[str, str] = {
    "man": "man men male males gentleman gentlemen he his him",
    "woman": "woman women female females lady ladies she her hers",
    "child": "child children kid kids boy boys girl girls toddler childlike baby infant",
    "old": "elderly aged",
    "teenager": "teenager teenagers teenage adolescent",
    "whisper": "whisper whispers whispering whispered",
    "accent": "accent accented",
    "happy": "happy happily cheerful cheerfully joyful joyfully "
    "joyous merry glad happiness delighted playful festive",
    "sad": "sad sadly sadness melancholic melancholy sorrowful mournful somber sombre gloomy",
    "angry": "angry angrily anger furious irritated annoyed aggressive aggressively",
    "afraid": "fearful afraid scared frightened terrified eerie scary frightening ominous",
    "surprised": "surprised surprise astonished",
    "disgusted": "disgusted disgust",
    "calm": "calm calmly relaxed peaceful soothing mellow tranquil serene unhurried gentle",
    "excited": "excited excitedly enthusiastic enthusiastically animated "
    "lively energetic energetically agitated exciting",
    "tender": "tender loving romantic",
    "hoarse": "hoarse hoarsely raspy rough breathy creaky croaky",
    "monotone": "monotone monotonous",
    "singing": "sings singer singers singing sung vocalist vocalists choir choral",
    "hum": "humming hum hums",
    "hiss": "hiss hissing static",
    "crackle": "crackle crackles crackling",
    "distortion": "distortion distorted clipping overloaded overload overdriven",
    "muffled": "muffled dull narrow telephone-quality low-fidelity",
    "dropouts": "dropout dropouts dropped interruptions",
    "noise": "noise noisy interference",
    "reverberant": "reverberant reverberation reverb echo echoes echoing echoey cavernous resonant",
    "indoors": "indoor indoors",
    "outdoors": "outdoor outdoors outside open-air",
    "street": "street streets roadside",
    "kitchen": "kitchen",
    "bathroom": "bathroom",
    "church": "church cathedral chapel",
    "office": "office",
    "workshop": "workshop",
    "farm": "farm farmyard barnyard",
    "forest": "forest woods jungle",
    "beach": "beach seaside shore coast",
    "stadium": "stadium arena",
    "hall": "auditorium",
    "studio": "studio",
    "restaurant": "restaurant cafe café",
    "station": "station airport",
    "classroom": "classroom school playground",
}  # fmt: skip

_SUPPORTS: dict[str, tuple[str, ...]] = {
    "happy": ("pleased", "happy", "party"),
    "calm": ("calm", "slow", "soft", "quiet", "slight", "even"),
    "excited": ("animated", "fast", "quick", "loud", "exciting", "excited", "angry", "party",
                "happy"),
    "noise": ("hum", "hiss", "static", "crackle", "noise", "buzz", "interference"),
    "hum": ("hum", "mains"),
    "hiss": ("hiss", "static", "white", "pink"),
    "crackle": ("crackle", "crackling", "click", "pop"),
    "distortion": ("overloaded", "distorted", "distortion", "clipping", "harsh"),
    "muffled": ("muffled", "dull", "narrow", "unclear", "hard"),
    "dropouts": ("dropouts", "gaps", "interrupted", "drop"),
    "reverberant": ("reverberant", "cavernous", "echo", "reverberation", "ringing"),
    "hoarse": ("hoarse", "rough", "breathy", "creaky", "creaking"),
    "old": ("elderly", "old"),
    "child": ("child", "children", "baby", "boy", "girl"),
    "outdoors": ("outdoor", "outdoors", "outside", "farm", "street", "sea", "stream", "water"),
    "church": ("church",),
    "classroom": ("playground", "school"),
    "workshop": ("workshop",),
    "beach": ("sea", "seaside"),
    "office": ("office", "desk"),
    "stadium": ("sports", "audience"),
    "restaurant": ("gathering",),
    "station": ("railway",),
}  # fmt: skip
"""Words of the evidence that make a group true, beside its own."""

GROUPS: dict[str, str] = {
    word: group for group, members in _SAME.items() for word in members.split()
}


@cache
def evidence_words(group: str) -> frozenset[str]:
    """Return the words of the evidence, stemmed, that make a group true."""
    own = (*_SAME[group].split(), *_SUPPORTS.get(group, ()))
    return frozenset(map(stem, own))


TONGUES = frozenset(name for name in LANGUAGES if " " not in name) - {"Latin", "Indian"}

_PLAIN_INSTRUMENTS = (
    {word for name in INSTRUMENTS.values() for word in re.findall(r"[a-z]+", name.lower())}
    - {"bass", "block", "bowl", "bells", "box", "brass", "change", "electric", "electronic",
       "acoustic", "french", "horn", "machine", "mallet", "or", "plucked", "bowed", "ringing",
       "rolls", "sampled", "singing", "slide", "snare", "sounds", "strings", "strummed", "tuning",
       "turntable", "tubular", "wood", "double", "jingle", "hi", "hat", "scratching", "fork",
       "rattles", "kit"}
)  # fmt: skip
KIN: dict[str, tuple[str, ...]] = {
    "drums": ("percussion", "tabla", "timpani", "cymbals", "beat"),
    "drum": ("drums", "percussion", "tabla", "beat"),
    "percussion": (
        "drums",
        "drum",
        "tabla",
        "timpani",
        "cymbals",
        "marimba",
        "block",
        "tambourine",
    ),
    "keyboard": ("piano", "organ", "harpsichord", "synthesizer", "keyboard"),
    "synthesizer": ("synthesizer", "electronic", "electro", "techno", "house"),
    "orchestra": ("orchestra", "strings"),
    "guitar": ("guitar",),
    "strings": ("violin", "cello", "strings", "harp"),
}
"""Instruments that also make a word true."""
SYNONYMS = {"synth": "synthesizer", "synths": "synthesizer", "fiddle": "violin", "sax": "saxophone",
            "orchestral": "orchestra", "percussive": "percussion", "drumming": "drums",
            "drumbeat": "drums", "pianist": "piano", "guitarist": "guitar"}  # fmt: skip
PLAYED = frozenset(map(str.lower, _PLAIN_INSTRUMENTS | set(SYNONYMS)))

_BOTH_WAYS = {"rock", "pop", "house", "soul", "country", "swing", "metal", "punk", "folk", "dance",
              "classical", "progressive", "acoustic", "traditional", "experimental", "ambient",
              "theme", "wedding", "indian", "african", "asian", "christian", "latin american",
              "electronic", "video game", "soundtrack", "children's", "christmas", "trance",
              "alternative", "indie", "easy-listening", "chill-out", "gospel", "opera"}  # fmt: skip
_STYLES = {name.lower() for name in GENRES.values()}
_KINDS = r"(?:music|songs?|tracks?|tunes?|pieces?|beats?|ballads?|riffs?|bands?|melod(?:y|ies))"
STYLE_WORDS = frozenset(word for name in _STYLES for word in re.findall(r"[a-z'-]+", name))
GENRE = re.compile(
    rf"\b(?:({'|'.join(sorted(_STYLES - _BOTH_WAYS, key=len, reverse=True))})\b"
    rf"|({'|'.join(sorted(_STYLES & _BOTH_WAYS, key=len, reverse=True))})"
    rf"(?= (?:[\w-]+ )?{_KINDS}\b))"
)
"""A genre: by its name, or by a name that means other things too beside a word for music."""


@cache
def classes_of(word: str) -> frozenset[str]:
    """Return the AudioSet labels that make a source word true: those it names, and those below."""
    named = {label for label in LABELS if stem(word) in _stems(label)} | set(IMPLIED.get(word, ()))
    return frozenset(
        label for label in LABELS if label in named or not named.isdisjoint(ancestors(label))
    )


@cache
def _stems(label: str) -> frozenset[str]:
    told = [label, *(" ".join(entry[:2]) for group in SOUND_WORDS.values()
                     for name, entry in group.items() if name == label)]  # fmt: skip
    return frozenset(map(stem, re.findall(r"[a-z]+", " ".join(told).lower())))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return a word without its ending: `barking`, `barks` and `barked` are the same."""
    word = word.lower().removesuffix("'s")
    for ending, put in (("ings", ""), ("ing", ""), ("ies", "y"), ("ves", "f"), ("es", ""),
                        ("ed", ""), ("s", "")):  # fmt: skip
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + put
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


STEMMED_SOURCES = {stem(word): word for word in SOURCES}
