"""The experts behind a chat server, against a real server on a local port."""

import dataclasses
import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import tone
from servers import MODEL, AudioChatServer, audio_chat_server

from auricle.experts.base import Heard
from auricle.experts.describe import OpenAiAudioDescription
from auricle.experts.transcript_server import AudioServerTranscript
from auricle.prompts import read_prompt
from auricle.schemas.annotation import LabelScore, Span, Vad
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Language

pytest.importorskip("openai")

RATE = 16_000


@pytest.fixture
def serve() -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda *moods, **about: stack.enter_context(audio_chat_server(moods, **about))


def clip(seconds: float = 1.0, level: float = 0.5, name: str = "clip") -> Heard:
    spans = (Span(start=0.0, end=seconds),)
    candidates = (LabelScore(label="ms", score=0.5),)
    said = (Vad(clip_id=name, spans=spans), Language(clip_id=name, candidates=candidates))
    return Heard(name, tone(seconds, level), RATE, said)


def describer(server: AudioChatServer, **settings: Any) -> OpenAiAudioDescription:
    expert = OpenAiAudioDescription(base_url=server.url, model=MODEL, **settings)
    expert.load()
    return expert


def transcriber(server: AudioChatServer, **settings: Any) -> AudioServerTranscript:
    expert = AudioServerTranscript(base_url=server.url, model=MODEL, **settings)
    expert.load()
    return expert


def test_the_server_hears_the_clip_as_it_is(serve: Any) -> None:
    server = serve()
    (row,) = describer(server).annotate([clip(2.5, 0.25)])
    assert row.text == "2.50 s at 16000 Hz, peak 0.25"
    assert (row.status, row.model, row.finish) == ("ok", MODEL, "stop")
    (asked,) = server.asked
    assert asked.prompt == read_prompt("describe_v1").user
    assert asked.model == MODEL


def test_answers_come_back_in_the_order_of_the_clips(serve: Any) -> None:
    expert = describer(serve(work=0.05), concurrency=3)
    clips = [clip(0.5 + i / 10, name=str(i)) for i in range(8)]
    rows = expert.annotate(clips)
    assert [row.clip_id for row in rows] == [str(i) for i in range(8)]
    assert [row.text.split()[0] for row in rows if row.text] == [
        f"{0.5 + i / 10:.2f}" for i in range(8)
    ]


def test_no_more_requests_are_in_flight_than_allowed(serve: Any) -> None:
    server = serve(work=0.1)
    describer(server, concurrency=3).annotate([clip(name=str(i)) for i in range(9)])
    assert 2 <= server.busiest <= 3


def test_a_full_server_is_asked_again_after_the_pause_it_wants(serve: Any) -> None:
    server = serve(429)
    expert = describer(server)
    (row,) = expert.annotate([clip()])
    first, second = server.asked
    assert row.status == "ok"
    assert second.at - first.at >= 1.0


def test_a_failing_server_is_asked_again(serve: Any) -> None:
    server = serve(500, 503)
    (row,) = describer(server).annotate([clip()])
    assert row.status == "ok"
    assert len(server.asked) == 3


def test_a_server_that_does_not_answer_in_time_is_asked_again(serve: Any) -> None:
    server = serve("slow")
    start = time.monotonic()
    (row,) = describer(server, timeout=0.5).annotate([clip()])
    assert row.status == "ok"
    assert 0.5 <= time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        (429, "server_busy"),
        (500, "server_failed"),
        (400, "server_rejected"),
        (404, "server_rejected"),
        ("slow", "server_timeout"),
        ("refusal", "server_refused"),
        ("filter", "server_refused"),
        ("sorry", "server_refused"),
        ("length", "truncated"),
        ("empty", "empty_answer"),
        ("no choices", "bad_answer"),
        ("not json", "bad_answer"),
    ],
)
def test_a_failed_request_is_a_row_with_its_reason_and_its_neighbour_survives(
    serve: Any, mood: int | str, reason: str
) -> None:
    expert = describer(serve(mood), timeout=0.5, retries=0, concurrency=1)
    bad, good = expert.annotate([clip(name="bad"), clip(name="good")])
    assert (bad.status, bad.reason) == ("error", reason)
    assert bad.detail
    assert good.status == "ok"


def test_a_server_that_goes_away_is_a_reason(serve: Any) -> None:
    with audio_chat_server() as server:
        expert = describer(server, retries=0)
    (row,) = expert.annotate([clip()])
    assert row.reason == "server_unreachable"


def test_a_cut_description_is_kept_beside_its_reason(serve: Any) -> None:
    (row,) = describer(serve("length")).annotate([clip()])
    assert row.text == "A tone that goes on and"
    assert row.finish == "length"


def test_thoughts_are_no_part_of_the_answer(serve: Any) -> None:
    (row,) = describer(serve("think")).annotate([clip()])
    assert row.text == "1.00 s at 16000 Hz, peak 0.50"


@pytest.mark.parametrize(
    "text",
    [
        "A man says he is sorry that he cannot come.",
        "Sorrowful strings play; I hear no voices.",
        "I cannot hear any speech; a dog barks twice.",
        "Sorry, a woman says, and the audio ends.",
    ],
)
def test_a_description_of_regret_is_no_refusal(serve: Any, text: str) -> None:
    (row,) = describer(serve(text)).annotate([clip()])
    assert (row.status, row.text) == ("ok", text)


@pytest.mark.parametrize(
    "text",
    [
        "I’m unable to listen to audio files.",
        "I can't process sound directly, but I can help with text.",
        "As a text-based AI model, I am not able to hear.",
        "Sorry, but I do not think I can; I cannot assist with that.",
    ],
)
def test_a_model_that_says_it_cannot_listen_has_refused(serve: Any, text: str) -> None:
    (row,) = describer(serve(text)).annotate([clip()])
    assert (row.status, row.reason) == ("error", "server_refused")


def test_what_cannot_be_heard_is_not_sent(serve: Any) -> None:
    server = serve()
    empty = Heard("empty", np.zeros(0, np.float32), RATE)
    silent = Heard("silent", np.zeros(RATE, np.float32), RATE)
    rows = describer(server).annotate([empty, clip(), silent])
    assert [row.reason for row in rows] == ["too_short", None, "silent"]
    assert len(server.asked) == 1


# What the user can mend


def test_without_a_server_loading_says_so() -> None:
    with audio_chat_server() as server:
        pass
    expert = OpenAiAudioDescription(base_url=server.url, model=MODEL)
    with pytest.raises(UserError, match="no chat server answers at"):
        expert.load()


def test_an_unset_setting_is_named() -> None:
    with pytest.raises(UserError, match="base_url is not set"):
        OpenAiAudioDescription().load()
    with pytest.raises(UserError, match="model is not set"):
        OpenAiAudioDescription(base_url="http://127.0.0.1:9/v1").load()


def test_a_model_that_is_not_served_is_told_with_those_that_are(serve: Any) -> None:
    expert = OpenAiAudioDescription(base_url=serve().url, model="test/eye")
    with pytest.raises(UserError, match=f"does not serve test/eye; it has {MODEL}"):
        expert.load()


def test_a_server_that_does_not_list_its_models_is_believed(serve: Any) -> None:
    (row,) = describer(serve(lists_models=False)).annotate([clip()])
    assert row.status == "ok"


def test_the_key_comes_from_the_environment_and_is_told_to_nobody_else(
    serve: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("EAR_KEY", "secret-7f3")
    server = serve(key="secret-7f3")
    expert = describer(server, key_variable="EAR_KEY")
    assert expert.annotate([clip()])[0].status == "ok"
    assert server.asked[0].authorization == "Bearer secret-7f3"
    settings = {f.name: getattr(expert, f.name) for f in dataclasses.fields(expert) if f.init}
    assert "secret-7f3" not in f"{settings} {expert!r} {caplog.text}"


def test_a_missing_or_wrong_key_is_a_mistake_of_the_user(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(key="right")
    monkeypatch.delenv("EAR_KEY", raising=False)
    with pytest.raises(UserError, match="EAR_KEY is not set in the environment"):
        describer(server, key_variable="EAR_KEY")
    monkeypatch.setenv("EAR_KEY", "wrong")
    with pytest.raises(UserError, match="does not accept the key in EAR_KEY") as error:
        describer(server, key_variable="EAR_KEY")
    assert "wrong" not in str(error.value)


# Transcript


def test_the_transcript_is_asked_for_in_the_format_of_the_model_card(serve: Any) -> None:
    server = serve("<Speaker1>: Selamat pagi, <Speaker2>: pagi.")
    (row,) = transcriber(server).annotate([clip()])
    assert server.asked[0].prompt == (
        "Instruction: Please transcribe this speech. \n"
        "Follow the text instruction based on the following audio: <SpeechHere>"
    )
    assert row.text == "Selamat pagi, pagi."
    assert row.language == "ms"
    assert row.words == row.segments == row.rejected == ()


def test_text_that_goes_round_and_round_is_taken_out(serve: Any) -> None:
    server = serve("So we call " + "to call " * 6 + "again", "ha" * 60, " ... ")
    loop, laugh, dots = transcriber(server, concurrency=1).annotate(
        [clip(name=name) for name in "abc"]
    )
    assert loop.text == "So we again"
    assert [one.guard for one in loop.rejected] == ["repetition"]
    assert (laugh.text, laugh.rejected[0].guard) == ("", "repetition")
    assert (dots.text, dots.rejected[0].guard) == ("", "no_words")


def test_no_words_are_an_empty_transcript_and_a_cut_one_is_an_error(serve: Any) -> None:
    empty, cut = transcriber(serve("empty", "length"), concurrency=1).annotate(
        [clip(name="a"), clip(name="b")]
    )
    assert (empty.status, empty.text) == ("ok", "")
    assert (cut.status, cut.reason) == ("error", "truncated")


def test_a_clip_in_which_nobody_speaks_is_not_sent(serve: Any) -> None:
    server = serve()
    quiet = Heard("quiet", tone(), RATE, (Vad(clip_id="quiet"),))
    (row,) = transcriber(server).annotate([quiet])
    assert row.reason == "no_speech_spans"
    assert server.asked == []


# Prompts


def test_a_prompt_file_of_the_users_own_is_read_and_hashed(serve: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("notes: shorter\nsystem: You hear well.\nuser: What is heard?\n")
    server = serve()
    expert = describer(server, prompt=str(path), template="<audio> {prompt}")
    expert.annotate([clip()])
    assert server.asked[0].system == "You hear well."
    assert server.asked[0].prompt == "<audio> What is heard?"
    before = expert.prompt_hash
    path.write_text("notes: shorter\nuser: What is it?\n")
    assert expert.prompt_hash != before


def test_the_sound_may_come_after_the_text(serve: Any) -> None:
    server = serve()
    describer(server).annotate([clip()])
    describer(server, audio_first=False).annotate([clip()])
    assert [asked.audio_first for asked in server.asked] == [True, False]


def test_a_model_that_takes_no_prompt_gets_the_sound_alone(serve: Any) -> None:
    server = serve()
    (row,) = describer(server, prompt="audio_only_v1").annotate([clip()])
    assert row.status == "ok"
    assert server.asked[0].prompt is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("notes: a\nuser: b\nusr: c\n", "usr"),
        ("notes: a\n", "user"),
        ("- a\n", "a prompt has the keys"),
        ("a: [\n", "not YAML"),
        ("notes: a\nuser: b\nhash: c\n", "a prompt has the keys"),
    ],
)
def test_a_file_that_is_no_prompt_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=problem):
        read_prompt(str(path))


def test_an_unknown_prompt_is_told_with_its_likeness() -> None:
    with pytest.raises(UserError, match="did you mean describe_v1"):
        read_prompt("describe_v11")
