"""What gives a text away, and what only looks like it."""

import pytest
from fakes import within
from hypothesis import given
from hypothesis import strategies as st

from auricle.pipeline.text import telltales
from auricle.pipeline.text.telltales import (
    absences,
    expert_talk,
    is_none,
    noise_claims,
    non_latin,
    order_words,
    polar,
    quotes,
    raw_numbers,
    temporal_words,
    unquoted,
)

LOOKS = (expert_talk, raw_numbers, noise_claims, temporal_words, absences)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Indoor recording with noise (MOS_ovr: 2.25).", ["MOS_ovr"]),
        ("A DNSMoS score speaks for a studio.", ["DNSMoS"]),
        ("A room with an RT60 below average and a low SNR.", ["RT60", "SNR"]),
        ("YAMNet and wav2vec2-base hear a dog.", ["YAMNet", "wav2vec2"]),
        ("The classifier labels this as rain.", ["classifier", "labels"]),
        ("The detector was not certain.", ["detector"]),
        ("Why might two models disagree about the drums?", ["models disagree"]),
        ("The sound is a bark with 97% probability.", ["97% probability"]),
        ("The gender probability points to a woman.", ["gender probability"]),
        ("Is it clear enough for speech transcription?", ["speech transcription"]),
        ("The metadata names a song.", ["metadata"]),
        ("The video title promises a concert.", ["video title"]),
        (
            "Low confidence in language identification.",
            ["Low confidence in language identification"],
        ),
        ("Silence confirmed by multiple quality metrics.", ["quality metrics"]),
        ("Her voice has a high valence and low arousal.", ["high valence", "low arousal"]),
        ("A brief bark according to the analysis.", ["according to the analysis"]),
    ],
)
def test_talk_of_models_metrics_and_metadata_is_found(text: str, found: list[str]) -> None:
    talk = expert_talk(text)
    assert talk[: len(found)] == found


@pytest.mark.parametrize(
    "text",
    [
        "A model train whistles past.",
        "A smoke detector beeps.",
        "Somebody whispers close to the microphone.",
        "A man discusses performance metrics and the probability of rain.",
        "A lecture on language models with a clear label for each slide.",
        "She speaks with high confidence.",
        "People clap after the score of a film is played.",
        "A woman reads the label of a bottle.",
        "A record label presents a band.",
        "An atmospheric, mostly calm synthesizer piece.",
        "A talk on the transcription factor.",
        "The measured voice of an analyst recites a list of book titles.",
    ],
)
def test_what_people_talk_about_and_what_sounds_is_no_expert_talk(text: str) -> None:
    assert expert_talk(text) == []


def test_the_question_can_show_that_an_answer_is_about_a_lecture() -> None:
    answer = "Mathematical probability calculations."
    assert expert_talk(answer) == ["probability"]
    assert expert_talk(f"What subject is being discussed? {answer}") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A steady beat at 120 BPM.", ["120 BPM"]),
        ("Reverberation of ~0.5s, falling by -20 dB.", ["~0.5s", "-20 dB"]),
        ("A hum at 60Hz for 2-4 seconds.", ["60Hz", "2-4 seconds"]),
        ("Speech (0.92) and music (0.31).", ["0.92", "0.31"]),
        ("Guitar with 99.97% certainty.", ["99.97%"]),
        ("A 10-second clip.", ["10-second"]),
        ("Between 0.3–1.9 seconds.", ["0.3–1.9 seconds"]),
        ("About ninety beats per minute.", ["ninety beats per minute"]),
        ("It counts 3 and 2.", ["3", "2"]),
    ],
)
def test_measured_numbers_are_found_with_their_units(text: str, found: list[str]) -> None:
    assert raw_numbers(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Two women talk for a minute.",
        "Music of the 1980s, an 80s beat from 1985.",
        "The 3rd movement in 4/4 time.",
        "An MP3 with 3D audio and COVID-19 news.",
        'A voice says "press 4, then 20".',
        "A man counts '1, 2, 3' aloud.",
        "Seventy people cheer.",
    ],
)
def test_names_years_and_quoted_digits_are_no_measured_numbers(text: str) -> None:
    assert raw_numbers(text) == []


def test_noise_is_found_also_where_it_is_denied_but_not_inside_words() -> None:
    text = "Static, a low hum and hiss; degraded, distorted, with interference and artifacts."
    assert noise_claims(text) == [
        *("Static", "hum", "hiss", "degraded", "distorted", "interference", "artifacts")
    ]
    assert noise_claims("Hardly any background noise.") == ["noise"]
    assert noise_claims("A human voice, ecstatic and humming.") == []


def test_words_of_order_and_change_are_found() -> None:
    assert temporal_words("At first rain, then a bark, followed by thunder.") == [
        *("At first", "then", "followed by")
    ]
    assert temporal_words("The tone transitions to anger and later fades.") == [
        *("transitions", "later")
    ]
    assert temporal_words('She says "see you later" with music throughout.') == []
    assert temporal_words("Intermittent static.") == ["Intermittent"]
    assert order_words("Intermittent static, then a bark.") == ["then"]


@pytest.mark.parametrize(
    "text",
    [
        "None",
        "none.",
        "No discernible speech content",
        "Absence of verbal communication",
        "Musical components appear absent.",
        "Environmental sounds not prominent",
        "No distinct environmental or non-musical sound events detected.",
        "Speech dominates without notable sound effects.",
        "A silent clip without any sound.",
    ],
)
def test_statements_of_absence_are_found(text: str) -> None:
    assert absences(text)


@pytest.mark.parametrize(
    "text",
    [
        "A nonstop drum pattern.",
        "A dog barks in a quiet room.",
        "The voice runs without a noticeable pause.",
        'He shouts "no music!" at the crowd.',
        "Nobody knows this song.",
    ],
)
def test_what_sounds_is_no_absence(text: str) -> None:
    assert absences(text) == []


def test_exactly_none_is_told_from_other_absences() -> None:
    assert is_none("None") and is_none(" None. ")
    assert not is_none("None of the speakers") and not is_none("")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('She says "hello".', ["hello"]),
        ("“Bonjour”, «allez» and „Guten Tag“", ["Bonjour", "allez", "Guten Tag"]),
        ("He says 'don't go, it's late' twice.", ["don't go, it's late"]),
        ("Rock 'n' roll and the speakers' voices.", []),
        ("It's the dog's bark.", []),
        ('An empty "" pair.', []),
    ],
)
def test_quotes_are_told_from_apostrophes(text: str, found: list[str]) -> None:
    assert quotes(text) == found


def test_what_is_quoted_is_never_judged() -> None:
    quoted = (
        'The words "le modèle de probabilité: RT60, 95 %, bruit, no music, then static" are said.'
    )
    for look in LOOKS:
        assert look(quoted) == [], look
    for look in LOOKS:
        assert look(quoted.replace('"', "")), look


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Yes, a dog.", True),
        ("yes", True),
        ("No", False),
        ("No musical elements are present.", False),
        ("None", None),
        ("Nobody speaks.", None),
        ("Not really.", None),
        ("Spanish", None),
        ("", None),
    ],
)
def test_answers_say_yes_or_no_or_neither(answer: str, said: bool | None) -> None:
    assert polar(answer) is said


def test_other_scripts_are_told_from_latin_letters_with_accents() -> None:
    assert non_latin("She says не знаю") and non_latin("你好") and non_latin("안녕")
    assert not non_latin("¡Hasta la próxima! “Żółw” – café…")


@pytest.mark.parametrize(
    "endless",
    [
        "high confidence in ",
        "analysis models metrics ",
        "no ",
        "'a ",
        "1.2-",
        "video ",
        "speech or ",
    ],
)
def test_an_endless_text_is_judged_in_time(endless: str) -> None:
    with within(10):
        for look in (quotes, polar, *LOOKS):
            look(endless * 20_000)


@given(st.text(max_size=200))
def test_any_text_is_judged_without_failing(text: str) -> None:
    assert len(quotes(unquoted(text))) <= len(quotes(text)) + 1
    for look in LOOKS:
        assert all(look(text)) or look(text) == []
    assert polar(text) in (True, False, None)


WORDS = [
    *(
        "classifier",
        "metrics",
        "the",
        "model",
        "models",
        "RT60",
        "a",
        "speech",
        "discusses",
        "says",
    ),
    *("detection", "detector", "3", "dB", "transcription", ".", ",", "'no'", '"quoted"', "video"),
    *("probability", "title", "labels", "analysis", "systems", "high", "valence", "confidence"),
    *("scores", "quality", "disagree", "metadata", "classified", "as", "according", "to", "event"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_the_quick_look_for_stems_misses_no_talk(text: str) -> None:
    found = expert_talk(text)
    before = telltales._STEMS
    telltales._STEMS = ("",)
    try:
        assert expert_talk(text) == found
    finally:
        telltales._STEMS = before
