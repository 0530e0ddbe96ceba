"""The scores of voices, rooms and tempo, on hand-made rows whose answers can be counted."""

import listen_rooms as rooms
import listen_rows as rows
import listen_voices as voices
import pytest

Who = rows.Who

ANN_THEN_BOB = (Who(0, 4, "ann"), Who(4, 8, "bob"))


def told(figures):
    return {figure.name: (figure.value, figure.rows) for figure in figures}


def listened(labels, **heard):
    return rows.Listened("a", labels, **heard)


def clip(turns, speakers, sure=True, true=ANN_THEN_BOB, timed=True):
    many = voices.audible(true) if timed else 1
    return rows.Diarized(10.0, turns, true if timed else (), speakers, many, sure, timed)


def test_speakers_are_matched_whatever_they_are_called():
    said = clip((Who(0, 4, "B"), Who(4, 8, "A")), 2)
    found = told(voices.diarization([listened({}, diarized=(said,))]))
    assert found["DER, collar 0 s"] == (0.0, 1)
    assert found["DER, collar 0 s, as one speaker"] == (0.5, 1)


def test_missed_and_invented_speech_is_an_error():
    said = clip((Who(0, 2, "A"), Who(8, 10, "A")), 1)
    found = told(voices.diarization([listened({}, diarized=(said,))]))
    assert found["DER, collar 0 s"] == (pytest.approx((6 + 2) / 8), 1)


def test_a_collar_forgives_a_boundary_that_is_a_little_off():
    said = clip((Who(0, 4.2, "A"), Who(4.2, 8, "B")), 2)
    found = told(voices.diarization([listened({}, diarized=(said,))]))
    assert found["DER, collar 0 s"][0] == pytest.approx(0.2 / 8)
    assert found["DER, collar 0.25 s"][0] == pytest.approx(0.0)


def test_speakers_are_counted_apart_for_one_and_for_several():
    one = [clip((), 1, true=(), timed=False), clip((), 2, sure=False, true=(), timed=False)]
    several = [clip((), 2), clip((), 1)]
    found = told(voices.speakers([listened({}, diarized=(*one, *several))]))
    assert found["speakers, one"] == (0.5, 2)
    assert found["speakers, one: sure"] == (0.5, 2)
    assert found["speakers, one: right of sure"] == (1.0, 1)
    assert found["speakers, several"] == (0.5, 2)


def test_turns_are_cut_to_the_clip_and_slivers_are_no_speaker():
    cut = voices.cut_out(ANN_THEN_BOB, 3.8, 10.0)
    assert cut == (
        Who(0, pytest.approx(0.2), "ann"),
        Who(pytest.approx(0.2), pytest.approx(4.2), "bob"),
    )
    assert voices.audible(cut) == 1


def test_an_open_gender_is_wrong_but_not_among_the_answered():
    labels = {"gender": "female", "speaker_id": "x", "licence": "CC BY 4.0 (LibriSpeech)"}
    heard = [listened(labels, gender=said) for said in ("female", "female", "male", None)]
    found = told(voices.gender(heard))
    assert found["gender, LibriSpeech"] == (0.5, 4)
    assert found["gender, LibriSpeech: right of answered"] == (pytest.approx(2 / 3), 3)


def test_arousal_is_balanced_over_excited_and_calm():
    heard = [
        listened({"emotion": emotion}, arousal=said)
        for emotion, said in (("anger", 0.9), ("fear", 0.2), ("calm", 0.1), ("disgust", 0.9))
    ]
    assert told(voices.arousal(heard))["arousal, all, balanced"] == (0.75, 3)


def test_a_tempo_may_be_any_of_those_labelled_and_halves_are_counted_apart():
    heard = [
        listened({"tempo_bpm": "175|87.5"}, tempo=88.0),
        listened({"tempo_bpm": "120"}, tempo=60.0),
        listened({"tempo_bpm": "120"}),
    ]
    found = told(rooms.tempo(heard))
    assert found["tempo, within 4 %"] == (pytest.approx(1 / 3), 3)
    assert found["tempo, octaves allowed"] == (pytest.approx(2 / 3), 3)


def test_an_rt60_that_was_not_heard_is_counted_apart_from_the_error():
    heard = [listened({"rt60_s": "0.5"}, rt60=0.6), listened({"rt60_s": "1.5"})]
    found = told(rooms.reverb(heard))
    assert found["RT60, answered"] == (0.5, 2)
    assert found["RT60, median relative error"] == (pytest.approx(0.2), 1)
