"""Captions: six kinds, three variants each.

Every text names the facts it used. Which wording is taken depends on the clip's id alone, so a
clip always reads the same, and many clips do not all read alike.
"""

from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.rules import long, short, still
from auricle.pipeline.text.rules.about_music import music_drafts
from auricle.pipeline.text.rules.about_sound import sound_drafts
from auricle.pipeline.text.rules.about_speech import speech_drafts
from auricle.pipeline.text.rules.draft import three
from auricle.pipeline.text.rules.long import LONG_WORDS
from auricle.pipeline.text.rules.short import SHORT_WORDS
from auricle.pipeline.text.rules.surroundings import surroundings
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.text import Captions, Text


def write_captions(said: Testimony) -> Captions:
    """Return six kinds of caption in three variants each, or a skipped row without a domain."""
    if said.code is None:
        return Captions.skipped(said.clip_id, "no_domain")
    return captions_of(learn(said))


def captions_of(facts: Facts) -> Captions:
    """Return the captions that the facts of a clip with a domain make.

    A category that the domain code rules out is null, and so is the environment where nothing is
    known of it. Confidence is that of the weakest fact used.
    """
    assert facts.code is not None
    has_speech, has_music, has_sound = (letter != "0" for letter in facts.code)
    key = facts.clip_id
    short_of = still.short_drafts if facts.code == "000" else short.short_drafts
    long_of = still.long_drafts if facts.code == "000" else long.long_drafts
    return Captions(
        clip_id=facts.clip_id,
        short=three(short_of(facts, f"{key}/short"), SHORT_WORDS),
        long=three(long_of(facts, f"{key}/long"), LONG_WORDS),
        speech=three(speech_drafts(facts, f"{key}/speech")) if has_speech else None,
        music=three(music_drafts(facts, f"{key}/music")) if has_music else None,
        sound=three(sound_drafts(facts, f"{key}/sound")) if has_sound else None,
        environment=_environment(facts, f"{key}/environment"),
    )


def _environment(facts: Facts, key: str) -> tuple[Text, ...] | None:
    drafts = surroundings(facts, key)
    return three(drafts) if drafts else None
