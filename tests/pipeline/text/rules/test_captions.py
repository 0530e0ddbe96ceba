import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from auricle.pipeline.text.evidence import gather
from auricle.pipeline.text.rules.captions import write_captions
from auricle.pipeline.text.rules.draft import bare
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.clip import Source
from auricle.schemas.music import Music
from auricle.schemas.speech import Transcript
from auricle.schemas.text import Captions, Text

Build = Callable[..., Testimony]

CATEGORIES = ("short", "long", "speech", "music", "sound", "environment")
FORBIDDEN = re.compile(
    r"(?i)\b(detect\w*|classif\w*|labels?|label(l)?ed|probabilit\w+|models?|metrics?|transcri\w+|"
    r"metadata|audioset|dnsmos|snr|lufs|mos|db|hz|bpm|whisper(?!s|ed|ing)|yamnet|scores?)\b"
)


def variants(captions: Captions, category: str) -> tuple[Text, ...]:
    return getattr(captions, category) or ()


def all_texts(captions: Captions) -> list[Text]:
    return [text for category in CATEGORIES for text in variants(captions, category)]


def unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', "", text)


GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))


def test_each_domain_reads_as_it_was_proof_read(by_code: dict[str, Testimony]) -> None:
    for code, said in by_code.items():
        captions = write_captions(said)
        found = {c: [one.text for one in variants(captions, c)] for c in CATEGORIES}
        assert found == GOLDEN[code]["captions"]


def test_the_three_variants_of_a_category_differ(golden: Testimony) -> None:
    captions = write_captions(golden)
    for category in CATEGORIES:
        found = variants(captions, category)
        assert len({bare(text.text) for text in found}) == len(found) in (0, 3)


def test_a_category_is_null_exactly_where_the_domain_letter_is_zero(golden: Testimony) -> None:
    captions = write_captions(golden)
    assert golden.code is not None
    for letter, category in zip(golden.code, ("speech", "music", "sound"), strict=True):
        assert (getattr(captions, category) is None) == (letter == "0")


def test_lengths_are_kept(golden: Testimony) -> None:
    captions = write_captions(golden)
    assert all(len(text.text.split()) <= 15 for text in variants(captions, "short"))
    for text in variants(captions, "long"):
        assert len(text.text.split()) <= 45


def test_support_names_evidence_that_exists_and_confidence_is_that_of_the_weakest(
    golden: Testimony,
) -> None:
    evidence = {piece.id: piece for piece in gather(golden)}
    for text in all_texts(write_captions(golden)):
        assert text.support
        weakest = min(evidence[id].confidence for id in text.support)
        assert text.confidence == pytest.approx(weakest, abs=0.001)


def test_no_numbers_and_no_expert_talk(golden: Testimony) -> None:
    for text in all_texts(write_captions(golden)):
        assert not re.search(r"\d", unquoted(text.text))
        assert not FORBIDDEN.search(unquoted(text.text)), text.text


def test_texts_are_sentences(golden: Testimony) -> None:
    for text in all_texts(write_captions(golden)):
        assert text.text[0].isupper() or text.text[0] == '"'
        assert re.search(r'[.!?…]"?$', text.text)
        assert "  " not in text.text and " ," not in text.text and " ." not in text.text


def test_the_same_clip_always_reads_the_same(golden: Testimony) -> None:
    assert write_captions(golden) == write_captions(golden)


def test_clips_with_the_same_content_do_not_all_read_the_same(build: Build) -> None:
    grid = [{"Rain": 0.9}, {"Rain": 0.9, "Bark": 0.9}, {"Rain": 0.9}, {"Rain": 0.9}, {"Rain": 0.9}]
    long = {write_captions(build("00A", f"clip{i}", grid=grid)).long[0].text for i in range(40)}  # type: ignore[index]
    assert len(long) >= 6


def test_sounds_are_told_in_the_order_of_time(build: Build) -> None:
    grid = [{"Bark": 0.9}, {}, {"Sneeze": 0.9}, {}, {"Siren": 0.9}]
    captions = write_captions(build("00A", grid=grid))
    for category in ("short", "long", "sound"):
        text = variants(captions, category)[0].text
        assert text.index("dog") < text.index("sneez") < text.index("siren"), text


def test_no_man_or_woman_without_evidence(build: Build) -> None:
    said = build("S00", grid=[{"Speech": 0.99}] * 5, spans=((0.0, 9.9),), language="en")
    joined = " ".join(text.text for text in all_texts(write_captions(said)))
    assert not re.search(r"\b(man|woman|male|female|child|he|she)\b", joined)


def test_a_woman_is_named_where_there_is_evidence(by_code: dict[str, Testimony]) -> None:
    assert "a woman" in write_captions(by_code["S00"]).long[0].text.lower()  # type: ignore[index]


def test_the_language_is_named_in_english(by_code: dict[str, Testimony]) -> None:
    assert any("French" in text.text for text in all_texts(write_captions(by_code["S00"])))


def test_trusted_words_are_quoted_in_their_own_language(by_code: dict[str, Testimony]) -> None:
    joined = " ".join(text.text for text in all_texts(write_captions(by_code["S00"])))
    assert '"Bonjour à tous, je suis très heureuse de…"' in joined


def test_words_that_are_not_trusted_are_not_quoted(by_code: dict[str, Testimony]) -> None:
    said = by_code["S00"]
    assert said.transcript is not None
    doubtful = tuple(w.model_copy(update={"probability": 0.3}) for w in said.transcript.words)
    transcript = said.transcript.model_copy(update={"words": doubtful})
    rows = [row for row in (said.domain, said.tags, said.vad, said.language, transcript) if row]
    captions = write_captions(Testimony.of("clip", 10.0, rows))
    assert not any('"' in text.text for text in all_texts(captions))


def test_a_doubtful_sound_is_hedged(build: Build) -> None:
    captions = write_captions(build("00A", grid=[{"Siren": 0.3}, {}, {}, {}, {}]))
    for text in (*variants(captions, "short"), *variants(captions, "sound")):
        assert re.search(r"\b(may|possibly|something like)\b", text.text, re.I), text.text


def test_the_title_is_never_asserted(build: Build) -> None:
    source = Source(recording_id="r", path="p", title="Zebra parade in Lisbon")
    captions = write_captions(build("00A", grid=[{"Rain": 0.9}] * 5, recording=source))
    assert not any(re.search("zebra|lisbon", text.text, re.I) for text in all_texts(captions))


def test_silence_is_said_plainly(by_code: dict[str, Testimony]) -> None:
    captions = write_captions(by_code["000"])
    for text in all_texts(captions):
        assert re.search("silen|without any sound", text.text, re.I), text.text
        assert not re.search("noise|hum|static|degrad", text.text, re.I), text.text


def test_a_clip_without_a_domain_is_skipped() -> None:
    captions = write_captions(Testimony("clip", 10.0))
    assert (captions.status, captions.reason) == ("skipped", "no_domain")


def test_environment_is_null_where_nothing_is_known_of_it(build: Build) -> None:
    said = build("SMA", grid=[{"Speech": 0.9, "Music": 0.9, "Beep, bleep": 0.9}] * 5)
    bare_rows = [row for row in (said.domain, said.tags) if row]
    assert write_captions(Testimony.of("clip", 10.0, bare_rows)).environment is None


def test_labels_of_another_vocabulary_do_not_break_the_writer(build: Build) -> None:
    music = Music.model_validate({
        "clip_id": "clip",
        "genres": [{"label": "zeuhl 9000", "score": 0.9}],
        "instruments": [{"label": "Theorbo", "score": 0.9}],
    })  # fmt: skip
    grid = [{"Music": 0.9, "Martian wind 3": 0.9}] * 5
    captions = write_captions(build("0MA", grid=grid, music=music))
    assert captions.status == "ok"
    assert not any(re.search(r"\d", text.text) for text in all_texts(captions))


def test_the_quote_of_a_script_without_spaces_is_short(by_code: dict[str, Testimony]) -> None:
    quotes = re.findall(
        r'"([^"]*)"', " ".join(t.text for t in all_texts(write_captions(by_code["SM0"])))
    )
    assert quotes and all(len(quote) <= 20 for quote in quotes)


def test_a_transcript_with_control_characters_stays_on_one_line(
    by_code: dict[str, Testimony],
) -> None:
    said = by_code["S00"]
    assert isinstance(said.transcript, Transcript)
    dirty = said.transcript.model_copy(
        update={"text": 'Bon\x00jour "à"\n\ttous mes \u202eamis ici'}
    )
    rows = [row for row in (said.domain, said.tags, said.vad, said.language, dirty) if row]
    for text in all_texts(write_captions(Testimony.of("clip", 10.0, rows))):
        assert text.text.isprintable() and text.text.count('"') in (0, 2)


def test_lengths_over_many_clips_are_those_of_the_published_set(many: list[Testimony]) -> None:
    def mean(category: str, first: bool) -> float:
        lengths = [
            len(text.text.split())
            for captions in written
            for text in variants(captions, category)[: 1 if first else 3]
        ]
        return sum(lengths) / len(lengths)

    written = [write_captions(said) for said in many]
    assert 7.5 <= mean("short", first=False) <= 10
    assert 20 <= mean("long", first=True) <= 26
    assert 8 <= mean("speech", first=False) <= 11
    assert 7 <= mean("music", first=False) <= 11
    assert 6 <= mean("sound", first=False) <= 10.5
    assert 6.5 <= mean("environment", first=False) <= 9.5
