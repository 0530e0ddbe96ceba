"""The client against a real server that misbehaves."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from asking import answer, ask, request, settings
from chat_server import ChatServer, chat_server

from auricle.pipeline.llm.client import Client, NoAnswer, Stopped
from auricle.pipeline.llm.dialect import Dialect
from auricle.pipeline.llm.governor import LocalGovernor
from auricle.pipeline.llm.request import Request
from auricle.schemas.errors import UserError


@pytest.fixture
def serve() -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda **about: stack.enter_context(chat_server(**about))


SAID = '{"sound":"x"}'


def test_a_question_is_answered_and_counted(serve: Any) -> None:
    server: ChatServer = serve(cached_tokens=3)
    reply = answer(settings(server, temperature=0.5, seed=7))
    assert (reply.flaw, reply.finish, reply.model) == (None, "stop", "test/pen")
    assert '"sound"' in reply.text
    assert reply.counted and reply.usage.prompt > 0 and reply.usage.cached == 3
    (asked,) = server.asked
    assert asked.body["response_format"]["json_schema"]["schema"]["required"] == ["sound"]
    assert (asked.body["temperature"], asked.body["seed"]) == (0.5, 7)
    assert asked.body["stream"] is True


@pytest.mark.parametrize(
    ("mood", "flaw"),
    [
        ("truncated", "truncated"),
        ("content_filter", "refused"),
        ("refusal field", "refused"),
        ("refusal in prose", "refused"),
        ("empty", "empty_answer"),
        ("null content", "empty_answer"),
        ("endless whitespace", "endless_answer"),
        ("unclosed <think>", "empty_answer"),
    ],
)
def test_an_answer_that_is_not_whole_says_what_it_lacks(serve: Any, mood: str, flaw: str) -> None:
    assert answer(settings(serve(moods=[mood]))).flaw == flaw


@pytest.mark.parametrize("mood", ["reasoning_content", "reasoning", "think", "only </think>"])
def test_reasoning_is_kept_apart_from_the_text(serve: Any, mood: str) -> None:
    reply = answer(settings(serve(moods=[mood])))
    assert reply.reasoning is not None and "Is it a dog?" in reply.reasoning
    assert reply.text.startswith("{") and "dog" not in reply.text
    assert "<think>" not in reply.reasoning


@pytest.mark.parametrize(
    "mood",
    [
        500, 503, "slow first token", "stall", "reset", "reset midway", "cut off", "error midway",
        "html page",
    ],
)  # fmt: skip
def test_a_failure_that_passes_is_tried_again(serve: Any, mood: str | int) -> None:
    server = serve(moods=[mood], slow=20)
    start = time.monotonic()
    reply = answer(settings(server, first_token_seconds=0.5))
    assert reply.flaw is None
    assert server.requests == 2
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("mood", ["wrong content type", "no usage", "keep-alive"])
def test_servers_that_are_a_little_odd_are_understood(serve: Any, mood: str) -> None:
    server = serve(moods=[mood], slow=0.3)
    reply = answer(settings(server))
    assert (reply.flaw, server.requests) == (None, 1)
    assert reply.counted == (mood != "no usage")
    assert reply.usage.total > 0


def test_keep_alive_comments_are_no_tokens(serve: Any) -> None:
    server = serve(moods=["keep-alive"], slow=20)
    with pytest.raises(NoAnswer, match="no token in 0.5 s"):
        answer(settings(server, first_token_seconds=0.5, retries=0))


def test_a_slow_drip_ends_at_the_total_deadline(serve: Any) -> None:
    server = serve(moods=["drip"] * 9, drip=0.4, pieces=100)
    with pytest.raises(NoAnswer, match="not finished in 1 s"):
        answer(settings(server, total_seconds=1.0, retries=0))
    assert server.aborted == 1


@pytest.mark.parametrize("mood", ["429 seconds", "429 ms", "429 date"])
def test_retry_after_is_obeyed_by_all_requests(serve: Any, mood: str) -> None:
    server = serve(moods=[mood], retry_after=1.2)
    replies, _ = ask(settings(server), [request(str(i)) for i in range(3)], Dialect())
    assert all(not isinstance(reply, Exception) for reply in replies)
    refused = next(asked.at for asked in server.asked if asked.mood)
    again = max(asked.at for asked in server.asked)
    assert again - refused >= (0.2 if mood == "429 date" else 1.1)  # a date has whole seconds


@pytest.mark.parametrize(
    ("able", "dialect"),
    [
        ({}, Dialect()),
        ({"json_schema": "ignored"}, Dialect()),
        ({"json_schema": "deepseek"}, Dialect(output="json_object")),
        ({"json_schema": "vllm"}, Dialect(output="json_object")),
        ({"json_schema": "llama.cpp", "json_object": "lm studio"}, Dialect(output="text")),
        ({"json_schema": "openai", "json_object": "openai"}, Dialect(output="text")),
        ({"max_tokens": False}, Dialect(limit="max_completion_tokens")),
        ({"temperature": False}, Dialect(temperature=False)),
        ({"stream_options": "mistral"}, Dialect(counts=False)),
        (
            {"max_tokens": False, "temperature": False, "json_schema": "openai"},
            Dialect(output="json_object", limit="max_completion_tokens", temperature=False),
        ),
    ],
)
def test_what_a_server_understands_is_found_out_once(
    serve: Any, able: dict[str, Any], dialect: Dialect
) -> None:
    server = serve(**able)
    llm = settings(server, temperature=0.3)
    replies, client = ask(llm, [request(f"JSON {i}") for i in range(20)])
    assert all(not isinstance(reply, Exception) for reply in replies)
    assert client.dialect == dialect
    assert server.answered == 20
    assert server.refused <= 5


def test_a_clip_that_the_server_rejects_does_not_change_how_others_are_asked(serve: Any) -> None:
    server = serve(moods=lambda body: 400 if "bad" in body["messages"][0]["content"] else None)
    replies, client = ask(settings(server), [request(w) for w in ("good", "bad", "fine")])
    assert [getattr(reply, "reason", None) for reply in replies] == [None, "server_rejected", None]
    assert client.dialect == Dialect()


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("context_length_exceeded", "prompt_too_long"),
        ("context length vllm", "prompt_too_long"),
        ("context length llama.cpp", "prompt_too_long"),
        ("prompt filtered", "refused"),
    ],
)
def test_a_prompt_that_cannot_be_answered_has_a_reason_of_its_own(
    serve: Any, mood: str, reason: str
) -> None:
    server = serve(moods=[mood])
    with pytest.raises(NoAnswer) as error:
        answer(settings(server))
    assert (error.value.reason, server.requests) == (reason, 1)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"moods": ["insufficient_quota"]}, "no money left"),
        ({"moods": ["insufficient balance"]}, "no money left"),
        ({"moods": ["model_not_found"]}, "does not serve test/pen"),
        ({"key": "sk-right"}, "does not accept a request without a key"),
    ],
)
def test_what_no_request_can_get_past_ends_the_run(
    serve: Any, about: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        answer(settings(serve(**about)))


def test_a_key_is_never_told(
    serve: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = "sk-very-secret-0123456789"
    monkeypatch.setenv("PEN_KEY", key)
    caplog.set_level(logging.DEBUG)
    llm = settings(serve(key="sk-another"), key_variable="PEN_KEY")
    with pytest.raises(UserError) as error:
        answer(llm)
    assert "the key in PEN_KEY" in str(error.value)
    assert "sk-very" not in str(error.value) + llm.model_dump_json() + repr(Client(llm))
    assert key not in caplog.text


def test_a_missing_key_is_told_by_its_name(serve: Any) -> None:
    with pytest.raises(UserError, match="PEN_KEY is not set in the environment"):
        answer(settings(serve(), key_variable="PEN_KEY"))


def test_a_server_that_always_fails_ends_the_run(serve: Any) -> None:
    server = serve(moods=lambda body: 500)
    replies, _ = ask(settings(server, retries=1), [request(str(i)) for i in range(4)], Dialect())
    assert any(isinstance(reply, UserError) for reply in replies)
    assert "nothing but failures" in str(replies[-1])


def test_a_clip_that_always_fails_among_others_is_alone_in_that(serve: Any) -> None:
    server = serve(moods=lambda body: 500 if "bad" in body["messages"][0]["content"] else None)
    words = ["bad", *(str(i) for i in range(20))]
    replies, _ = ask(settings(server, retries=1), [request(w) for w in words], Dialect())
    assert isinstance(replies[0], NoAnswer) and replies[0].reason == "server_failed"
    assert not any(isinstance(reply, Exception) for reply in replies[1:])


def test_a_stopped_client_ends_what_it_has_begun_and_begins_nothing(serve: Any) -> None:
    server = serve(latency=0.5, limit=100)
    llm = settings(server, concurrency=4)
    client = Client(llm, Dialect())
    client.begin(LocalGovernor(llm))

    async def stop_soon() -> list[Any]:
        client.open()
        asyncio.get_running_loop().call_later(0.2, client.stop, Stopped())
        sent = (client.ask(Request(str(i), request().messages, {})) for i in range(10))
        try:
            return await asyncio.gather(*sent, return_exceptions=True)
        finally:
            await client.close()

    replies = asyncio.run(stop_soon())
    assert sum(not isinstance(reply, Exception) for reply in replies) == 4
    assert sum(isinstance(reply, Stopped) for reply in replies) == 6
    assert (server.requests, server.aborted) == (4, 0)


def test_nobody_at_the_address_is_told(serve: Any) -> None:
    llm = settings(serve()).model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
    client = Client(llm)

    async def check() -> None:
        client.open()
        await client.check()

    with pytest.raises(UserError, match="no server answers at http://127.0.0.1:9/v1"):
        asyncio.run(check())


def test_a_model_that_is_not_served_is_told_with_those_that_are(serve: Any) -> None:
    client = Client(settings(serve(), model="test/pencil"))

    async def check() -> None:
        client.open()
        await client.check()

    with pytest.raises(UserError, match="does not serve test/pencil; it has test/pen"):
        asyncio.run(check())
