"""The scores of the listening bench, on hand-made rows whose answers can be counted."""

import csv
import json
from pathlib import Path

import listen
import listen_labels as labels
import listen_read as reader
import listen_scores as scores
import pytest
from fakes import DEV, MADE

from auricle.pipeline.dataset import Dataset
from auricle.schemas.acoustics import Quality
from auricle.schemas.annotation import Domain, LabelScore, Span, Tags, Vad
from auricle.schemas.clip import Clip, Recording
from auricle.schemas.speech import Language

Listened = scores.Listened


def told(figures):
    return {figure.name: (figure.value, figure.rows) for figure in figures}


def speech(code=None, **heard):
    return Listened("a", {"has_speech": "yes", "audioset_label": "Speech"}, code=code, **heard)


def rain(code=None, **heard):
    return Listened("b", {"has_speech": "no", "audioset_label": "Rain"}, code=code, **heard)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"has_speech": "yes", "audioset_label": "Speech|Rain|Music"}, "SMA"),
        ({"has_speech": "no", "audioset_label": "White noise"}, "000"),
        ({"has_speech": "no", "sound_class": "music", "audioset_label": "Drum"}, "0M0"),
        ({"has_speech": "", "audioset_label": "Rain"}, "00A"),
        ({"has_speech": "", "audioset_label": "Guitar"}, None),
        ({"has_speech": "yes", "derived": "no"}, None),
        ({"has_speech": "yes", "derived": "yes"}, "S00"),
        ({}, None),
    ],
)
def test_the_labels_say_a_domain_or_leave_it_open(row, code):
    assert labels.domain_code(row) == code


@pytest.mark.skipif(not DEV.exists(), reason="the listening set is not beside the repository")
def test_the_listening_set_has_as_many_domains_as_the_direct_calls_were_scored_on():
    with (DEV / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [Listened(row["path"], row) for row in csv.DictReader(file)]
    kept = reader._without_copies([row for row in rows if row.label("kind") == "audio"])
    known = [row.derived for row in kept if labels.domain_code(row.labels)]
    assert (known.count(False), known.count(True)) == (837, 39)


def test_a_domain_is_scored_by_letter_and_a_row_without_a_verdict_is_wrong():
    found = told(scores.domain([speech("S00"), speech("S0A"), speech(), rain("00A")]))
    assert found["domain S"] == (0.75, 4)
    assert found["domain S, balanced"] == (pytest.approx((2 / 3 + 1) / 2), 4)
    assert found["domain M"] == (0.75, 4)
    assert "domain M, balanced" not in found
    assert found["domain A"] == (0.5, 4)
    assert found["domain, exact code"] == (0.5, 4)


def esc(kind, names, *tags, **heard):
    row = {"source": "github:karolpiczak/ESC-10", "sound_class": kind, "audioset_label": names}
    return Listened(kind, row, tags=tags, **heard)


def test_tags_are_scored_by_order_by_score_and_among_the_ten_classes():
    rows = [
        esc("dog", "Dog|Bark", ("Bark", 0.7), ("Animal", 0.9)),
        esc("rain", "Rain", ("Dog", 0.4), ("Rain", 0.3)),
        esc("rain", "Rain", ("Raindrop", 0.2)),
        Listened("other", {"audioset_label": "Rain"}, tags=(("Rain", 1.0),)),
    ]
    assert told(scores.tags(rows)) == {
        "ESC-10, top-1 by score": (0.0, 3),
        "ESC-10, top-1, children first": (pytest.approx(1 / 3), 3),
        "ESC-10, top-1, or narrower": (pytest.approx(2 / 3), 3),
        "ESC-10, top-5, children first": (pytest.approx(2 / 3), 3),
        "ESC-10, best of the ten classes": (pytest.approx(1 / 3), 3),
    }


def test_tags_are_not_measured_when_no_tagger_ran():
    found = scores.tags([esc("rain", "Rain", ("Music", 0.9), tagged=False)])
    assert {figure.value for figure in found} == {None}


def test_a_language_left_open_is_wrong_but_does_not_count_among_the_answered():
    two = ((0.0, 1.0), (4.0, 5.0))
    rows = [
        Listened("a", {"language": "de"}, voiced=two, language="de"),
        Listened("b", {"language": "de"}, voiced=((0.0, 9.0),), language="nl"),
        Listened("c", {"language": "de"}, voiced=two),
        Listened("d", {"language": "fr"}, voiced=((0.0, 1.9),), language="fr"),
        Listened("e", {"language": "fr"}),
        Listened("f", {"language": "fr", "has_speech": "no"}),
    ]
    found = told(scores.language(rows))
    assert found["language, 2 s or more"] == (pytest.approx(1 / 3), 3)
    assert found["language, 2 s or more: answered"] == (pytest.approx(2 / 3), 3)
    assert found["language, 2 s or more: right of answered"] == (0.5, 2)
    assert found["language, 1-2 s"] == (1.0, 1)
    assert found["language, under 1 s"] == (0.0, 1)


def test_word_errors_are_counted_by_language_and_manner_without_case_and_punctuation():
    def said(language, wanted, text, **labels):
        row = {"language": language, "transcript": wanted, "transcript_basis": "script", **labels}
        return Listened("a", row, text=text)

    rows = [
        said("en", "Don't stop, now! (beep)", "dont stop now"),
        said("en", "One two three four.", "one too three"),
        said("fr", "Il fait très beau.", "", sample_rate="8000"),
        said("en", "Seven", "7"),
        said("en", "Kids are talking.", "kids are talking", emotion="calm"),
        Listened("b", {"language": "en", "transcript": "not to be trusted at all"}),
    ]
    assert told(scores.words(rows)) == {
        "WER, en read": (pytest.approx(2 / 7), 2),
        "WER, fr telephone": (1.0, 1),
        "WER, en one or two words": (1.0, 1),
        "WER, en acted": (0.0, 1),
    }


def test_combining_marks_stay_part_of_their_word():
    assert scores.normalised("नमस्ते, दुनिया!") == "नमस्ते दुनिया"


def test_text_counts_on_recordings_without_and_with_speech():
    found = told(scores.text([rain(text="you"), rain(text=" "), speech(text="Hello.")]))
    assert found == {"text on non-speech": (0.5, 2), "text on speech": (1.0, 1)}


def test_voice_is_compared_in_frames_over_all_recordings():
    rows = [
        Listened("a", {}, voiced=((0.5, 2.0),), spoken=((0.0, 1.0),)),
        Listened("b", {}, voiced=((0.0, 0.5),), spoken=()),
        Listened("c", {}, voiced=((0.0, 9.0),)),
    ]
    assert told(scores.voice(rows)) == {
        "VAD, F1 of 10-ms frames": (pytest.approx(2 * 50 / (200 + 100)), 2)
    }


def test_events_without_speech_say_that_nobody_speaks():
    events = [
        {"label": "Speech", "onset": 0.5, "offset": 1.5},
        {"label": "Rain", "onset": 0, "offset": 9},
    ]
    assert scores.spans_of(json.dumps(events)) == ((0.5, 1.5),)
    assert scores.spans_of(json.dumps(events[1:])) == ()
    assert scores.spans_of("") is None


def test_quality_is_compared_only_where_both_are_rated():
    rows = [
        Listened("a", {}, quality=2.0, clean_quality=3.0),
        Listened("b", {}, quality=3.0, clean_quality=3.0),
        Listened("c", {}, quality=3.0),
        Listened("d", {}, clean_quality=3.0),
    ]
    assert told(scores.quality(rows)) == {"quality, clean above degraded": (0.5, 2)}


def test_music_names_count_in_the_first_five_beside_chance():
    rows = [
        Listened("a", {"genre": "jazz/funk"}, genres=("rock", "pop", "metal", "soul", "funk")),
        Listened("b", {"genre": "jazz"}, genres=("rock", "pop", "metal", "soul", "folk", "jazz")),
        Listened("c", {"genre": "waltz"}, genres=("classical",)),
        Listened("d", {"instruments": "violin|bass"}, instruments=("cello", "strings")),
        Listened("e", {"instruments": "guitar"}),
    ]
    found = told(scores.music(rows))
    assert found["genre in the first five"] == (0.5, 2)
    assert found["instrument in the first five"] == (0.5, 2)
    drawn_two_of_eleven_hit_one_of_two = 1 - (9 * 8) / (11 * 10)
    assert found["instrument by chance"] == (
        pytest.approx(drawn_two_of_eleven_hit_one_of_two / 2),
        2,
    )


def test_clips_of_a_long_recording_are_pooled_and_meet_their_labels(tmp_path):
    data = Dataset(str(tmp_path / "set"))
    recording = Recording(
        recording_id="r",
        path=str(tmp_path / "long.wav"),
        extra=json.dumps({"language": "de", "quality_ref": "clean.flac", "snr_db": 5}),
    )
    clean = Recording(recording_id="c", path=str(tmp_path / "clean.wav"))
    stray = Recording(recording_id="i", path="room.wav", extra='{"kind": "impulse_response"}')
    clips = [
        Clip(clip_id=name, recording_id=of, start=at, duration=5, sample_rate=16000, audio=b"")
        for name, of, at in (("r0", "r", 0.0), ("r1", "r", 10.0), ("c0", "c", 0.0))
    ]
    said = {
        "domain": [
            Domain(clip_id="r0", code="S00"),
            Domain(clip_id="r1", code="0MA"),
            Domain.skipped("c0", "too_short"),
        ],
        "tags": [
            Tags(clip_id="r0", labels=(label("Dog", 0.3), label("Rain", 0.2))),
            Tags(clip_id="r1", labels=(label("Animal", 0.9), label("Rain", 0.95))),
            Tags(clip_id="c0", labels=(label("Bark", 0.3), label("Animal", 0.9))),
        ],
        "vad": [
            Vad(clip_id="r0"),
            Vad(clip_id="r1", spans=(Span(start=1.0, end=2.0),)),
            Vad(clip_id="c0"),
        ],
        "language": [
            Language(clip_id="r0", language="nl", probability=0.9, speech_seconds=1.0),
            Language(clip_id="r1", language="de", probability=0.6, speech_seconds=4.0),
            Language(clip_id="c0"),
        ],
        "quality": [
            Quality(clip_id="r0", overall=1.0),
            Quality(clip_id="r1", overall=2.0),
            Quality(clip_id="c0", overall=3.0),
        ],
    }
    for table, rows in {"recordings": [recording, clean, stray], "clips": clips, **said}.items():
        data.write(table, 0, rows, MADE)

    long, other = reader.read(data, tmp_path)
    assert (long.path, long.label("language"), long.label("snr_db")) == ("long.wav", "de", "5")
    assert (long.code, long.language) == ("SMA", "de")
    assert long.tags == (("Rain", 0.95), ("Dog", 0.3), ("Animal", 0.9))
    assert other.tags == (("Bark", 0.3), ("Animal", 0.9))
    assert long.voiced == ((11.0, 12.0),)
    assert (long.quality, long.clean_quality, other.clean_quality) == (1.5, 3.0, None)
    assert other.code is None


def test_a_derived_row_is_left_out_only_if_it_is_a_real_one_byte_for_byte():
    real = Listened("real", {"sha256": "1"})
    copy = Listened("copy", {"derived": "yes", "sha256": "1"})
    other = Listened("other", {"derived": "yes", "sha256": "2"})
    assert reader._without_copies([copy, real, other]) == [real, other]
    unhashed = [Listened("real", {}), Listened("mixed", {"derived": "yes"})]
    assert reader._without_copies(unhashed) == unhashed


def label(name, score):
    return LabelScore(label=name, score=score)


def test_a_manifest_that_is_missing_or_without_labels_is_one_line_and_exit_2(tmp_path, capsys):
    plain = tmp_path / "plain.csv"
    plain.write_text("path,loudness\na.wav,3\n", encoding="utf-8")
    for manifest in (tmp_path / "none.csv", plain, Path(__file__)):
        assert listen.main([str(manifest)]) == 2
        told = capsys.readouterr().err
        assert str(manifest) in told
        assert told.count("\n") == 1


def test_real_and_derived_rows_are_reported_apart(capsys):
    mixed = Listened("m", {**rain().labels, "derived": "yes (mixed)"}, text="what")
    report = {
        "figures": list(listen._side_by_side([rain(), mixed, speech(text="hello")])),
        "gates": [{"role": "music", "gate": "music", "clips": {"ok": 2, "no_music": 1}}],
        "speed": [{"stage": "ingest", "sound": 90.0, "wall": 4.0, "processor": 3.0}],
    }
    assert {
        "name": "text on non-speech",
        "real": {"value": 0.0, "count": 1},
        "derived": {"value": 1.0, "count": 1},
    } in report["figures"]
    listen.show(report, listen.Console(width=100))
    lines = capsys.readouterr().out.splitlines()
    assert ["text on non-speech", "0.000 [1]", "1.000 [1]"] in [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines
    ]
    assert "music (gate music): no_music 1, ok 2" in lines
    assert "ingest: 90 s of sound, 4 s, 3 s of processor, 30.0 x" in lines
