"""The chat server of the tests and benches: protocol, key, limits, abilities, records, process."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import openai
import pytest
from chat_http import HungUp
from chat_limits import Places
from chat_server import Settings, chat_server

BENCH = Path(__file__).parents[2] / "bench"
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["dog", "cat"]}, "note": {"type": "string", "minLength": 9}},
    "required": ["kind", "note"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "heard", "schema": SCHEMA}}
QUESTION = {"model": "m", "messages": [{"role": "user", "content": "abcd" * 25}]}


def client(server, key="none"):
    return openai.AsyncOpenAI(base_url=server.url, api_key=key, max_retries=0, timeout=5)


def ask(server, key="none", **request):
    """Return the completion, asked for with OpenAI's own package."""

    async def once():
        async with client(server, key) as api:
            return await api.chat.completions.create(**QUESTION, **request)

    return asyncio.run(once())


def ask_many(server, count, **request):
    """Return the completions or errors of so many requests that are sent at once."""

    async def all_of_them():
        async with client(server) as api:
            asked = [api.chat.completions.create(**QUESTION, **request) for _ in range(count)]
            return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(all_of_them())


def connect(server):
    return closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5))


def post(connection, body, **options):
    connection.request("POST", "/v1/chat/completions", json.dumps(body), **options)
    answer = connection.getresponse()
    return answer, answer.read()


def wait_for(condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_answer_is_the_smallest_json_of_the_schema_and_its_tokens_are_counted():
    with chat_server() as server:
        answer = ask(server, response_format=FORMAT)
        plain = ask(server)
    said = answer.choices[0].message.content
    assert json.loads(said) == {"kind": "dog", "note": "aaaaaaaaa"}
    assert plain.choices[0].message.content == "{}"
    assert answer.usage.prompt_tokens == 25
    assert answer.usage.completion_tokens == -(-len(said) // 4)
    assert answer.usage.prompt_tokens_details is None
    spent = sum(one.usage.total_tokens for one in (answer, plain))
    assert server.prompt_tokens + server.completion_tokens == spent


@pytest.mark.parametrize("counted", [True, False])
def test_a_stream_brings_the_same_answer_in_pieces_and_the_usage_where_it_is_asked_for(counted):
    async def stream(server):
        options = {"stream_options": {"include_usage": True}} if counted else {}
        async with client(server) as api:
            events = await api.chat.completions.create(**QUESTION, stream=True, **options)
            return [event async for event in events]

    with chat_server(answer=lambda _: "Größe 🎵 of a sound", pieces=5) as server:
        events = asyncio.run(stream(server))
    said = [event.choices[0].delta.content for event in events if event.choices]
    assert said[0] == "" and len([piece for piece in said if piece]) == 5
    assert "".join(piece or "" for piece in said) == "Größe 🎵 of a sound"
    assert [e.choices[0].finish_reason for e in events if e.choices][-1] == "stop"
    usages = [event.usage for event in events if event.usage]
    assert [(u.prompt_tokens, u.completion_tokens) for u in usages] == [(25, 5)] * counted
    assert len({event.id for event in events}) == 1


def test_cached_and_reasoning_tokens_are_told_where_wanted():
    with chat_server(cached_tokens=20, reasoning_tokens=7) as server:
        usage = ask(server).usage
    assert usage.prompt_tokens_details.cached_tokens == 20
    assert usage.completion_tokens_details.reasoning_tokens == 7
    assert usage.completion_tokens == 7 + 1


def test_no_more_tokens_are_written_than_a_request_allows_thoughts_included():
    with chat_server(answer=lambda _: "x" * 100) as server:
        cut = ask(server, max_tokens=10)
        server.settings.reasoning_tokens = 10
        silent = ask(server, max_completion_tokens=10)
    assert (len(cut.choices[0].message.content), cut.choices[0].finish_reason) == (40, "length")
    assert (silent.choices[0].message.content, silent.choices[0].finish_reason) == ("", "length")
    assert silent.usage.completion_tokens == 10


def test_a_connection_serves_many_requests_in_either_form_of_body():
    with chat_server() as server, connect(server) as connection:
        for encode in (False, True):
            body = [json.dumps(QUESTION).encode()] if encode else json.dumps(QUESTION)
            connection.request("POST", "/v1/chat/completions", body, encode_chunked=encode)
            answer = connection.getresponse()
            assert json.loads(answer.read())["choices"][0]["message"]["content"] == "{}"
            assert answer.headers["x-request-id"]
            socket = connection.sock
            assert socket is not None
        assert connection.sock is socket
        deadline = time.monotonic() + 5  # it counts after it has answered
        while server.answered < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.answered == 2


def test_what_is_no_request_is_refused():
    with chat_server() as server, connect(server) as connection:
        assert post(connection, {"model": "m"})[0].status == 400
        connection.request("POST", "/v1/chat/completions", "{")
        answer = connection.getresponse()
        assert (answer.status, b"parse" in answer.read()) == (400, True)
        connection.request("GET", "/v1/engines")
        assert connection.getresponse().status == 404


def test_a_wrong_key_is_refused_and_shown_in_part():
    key = "sk-test-0123456789abcdef"
    with chat_server(key="sk-right") as server:
        with pytest.raises(openai.AuthenticationError) as error:
            ask(server, key=key)
        assert error.value.code == "invalid_api_key"
        assert key[:8] in str(error.value) and key[-4:] in str(error.value)
        assert key not in str(error.value)
        assert ask(server, key="sk-right").choices
        with connect(server) as connection:
            assert post(connection, QUESTION)[0].status == 401
    assert server.requests == 1


def test_models_are_listed_or_not():
    async def models(server):
        async with client(server) as api:
            return [model.id async for model in api.models.list()]

    with chat_server(models=("a", "b")) as server:
        assert asyncio.run(models(server)) == ["a", "b"]
        server.settings.lists_models = False
        with pytest.raises(openai.NotFoundError):
            asyncio.run(models(server))


OBJECT = {"type": "json_object"}


@pytest.mark.parametrize(
    ("ability", "request_", "status", "words"),
    [
        ({"json_schema": "openai"}, {"response_format": FORMAT}, 400, "of type 'json_schema' is"),
        ({"json_schema": "vllm"}, {"response_format": FORMAT}, 400, "not supported by xgrammar"),
        ({"json_schema": "llama.cpp"}, {"response_format": FORMAT}, 400, "but got: json_schema"),
        ({"json_schema": "ik_llama"}, {"response_format": FORMAT}, 500, "but got: json_schema"),
        (
            {"json_schema": "deepseek"},
            {"response_format": FORMAT},
            400,
            "This response_format type is unavailable now",
        ),
        ({"json_object": "openai"}, {"response_format": OBJECT}, 400, "of type 'json_object' is"),
        ({"json_object": "lm studio"}, {"response_format": OBJECT}, 400, "'json_schema' or 'text'"),
        ({"json_object": "word"}, {"response_format": OBJECT}, 400, "must contain the word 'json'"),
        ({"max_tokens": False}, {"max_tokens": 9}, 400, "Use 'max_completion_tokens' instead."),
        ({"temperature": False}, {"temperature": 0.2}, 400, "'temperature' does not support 0.2"),
        ({"stream_options": "azure"}, {"stream": True}, 400, "Unrecognized request argument"),
        ({"stream_options": "openai"}, {"stream": True}, 400, "Unknown parameter"),
        ({"stream_options": "mistral"}, {"stream": True}, 422, "Extra inputs are not permitted"),
        ({"context_length": 30}, {"max_tokens": 6}, 400, "maximum context length is 30 tokens"),
    ],
)
def test_a_server_refuses_what_it_does_not_know_in_its_own_words(ability, request_, status, words):
    if "stream" in request_:
        request_ = {**request_, "stream_options": {"include_usage": True}}
    with chat_server(**ability) as server:
        with pytest.raises(openai.APIStatusError) as error:
            ask(server, **request_)
        assert ask(server, temperature=1, max_completion_tokens=5).choices  # the rest it takes
    assert error.value.status_code == status
    assert words in error.value.response.text.replace('\\"', '"')
    assert (server.refused, server.answered) == (1, 1)


def test_what_a_server_ignores_does_not_reach_its_model():
    with chat_server(json_schema="ignored", answer=lambda body: json.dumps(sorted(body))) as server:
        said = ask(server, response_format=FORMAT).choices[0].message.content
        assert "response_format" in ask(server, response_format=OBJECT).choices[0].message.content
    assert json.loads(said) == ["messages", "model"]
    assert server.asked[0].body["response_format"] == FORMAT


def test_requests_above_the_limit_wait_for_their_turn():
    with chat_server(latency=0.2, limit=4) as server:
        begin = time.monotonic()
        answers = ask_many(server, 12)
        took = time.monotonic() - begin
    assert all(answer.choices for answer in answers)
    assert 0.6 <= took < 1.5 and server.busiest == 12


def test_requests_above_the_limit_get_a_429_where_the_server_does_not_queue():
    with chat_server(latency=0.3, limit=4, above_limit="429") as server:
        answers = ask_many(server, 12)
    assert sum(isinstance(answer, openai.RateLimitError) for answer in answers) == 8
    assert (server.answered, server.refused) == (4, 8)


def test_who_hangs_up_gives_the_place_away():
    with chat_server(latency=lambda body: body.get("seed", 0), limit=1) as server:
        with connect(server) as works, connect(server) as waits:
            works.request("POST", "/v1/chat/completions", json.dumps({**QUESTION, "seed": 60}))
            wait_for(lambda: server.busy == 1)
            waits.request("POST", "/v1/chat/completions", json.dumps({**QUESTION, "seed": 60}))
            wait_for(lambda: server.busy == 2)
        wait_for(lambda: server.aborted == 2)
        assert (server.busy, server.prompt_tokens) == (0, 0)  # nothing was answered, or paid
        assert ask(server).choices


def test_a_place_that_comes_as_its_client_leaves_goes_to_the_next():
    class Leaving:
        async def until(self, turn):
            await turn
            raise HungUp

    async def first_leaves():
        places = Places(Settings(limit=1))
        await places.take(Leaving())
        waiting = asyncio.create_task(places.take(Leaving()))
        await asyncio.sleep(0)
        places.leave()
        with pytest.raises(HungUp):
            await waiting
        return places.full

    assert not asyncio.run(first_leaves())


def test_more_requests_than_a_minute_allows_are_told_how_long_to_wait():
    with chat_server(requests_per_minute=3, minute=1.0) as server:
        answers = ask_many(server, 5)
        refused = [answer for answer in answers if isinstance(answer, openai.RateLimitError)]
        assert len(refused) == 2
        waits = [float(error.response.headers["retry-after"]) for error in refused]
        assert all(0 < wait <= 1 for wait in waits)
        time.sleep(max(waits))
        assert ask(server).choices


def test_more_tokens_than_a_minute_allows_are_told_how_long_to_wait():
    with chat_server(tokens_per_minute=70, minute=1.0) as server:
        assert ask(server, max_tokens=10).choices  # 25 + 10
        assert ask(server, max_tokens=10).choices
        with pytest.raises(openai.RateLimitError) as late:
            ask(server, max_tokens=10)
        with pytest.raises(openai.RateLimitError) as large:
            ask(server, max_tokens=50)
        assert late.value.code == large.value.code == "rate_limit_exceeded"
        assert "retry-after" not in large.value.response.headers  # it would never be let in
        time.sleep(float(late.value.response.headers["retry-after"]))
        assert ask(server, max_tokens=10).choices


def test_what_was_asked_is_recorded_unless_switched_off():
    with chat_server(moods=["empty"]) as server:
        ask(server, key="secret", seed=3)
        server.settings.record = False
        ask(server)
    (asked,) = server.asked
    assert (asked.body, asked.mood) == ({**QUESTION, "seed": 3}, "empty")
    assert asked.headers["authorization"] == "Bearer secret"
    assert abs(asked.at - time.monotonic()) < 5
    assert server.requests == server.answered == 2


def test_256_requests_at_once_take_little_more_than_one():
    with chat_server(latency=1.0, limit=256, pieces=1, record=False) as server:
        begin = time.monotonic()
        answers = asyncio.run(raw(server, 256))
        took = time.monotonic() - begin
    assert all(b'"content":"{}"' in answer for answer in answers)
    assert (server.busiest, server.answered) == (256, 256) and 1.0 <= took < 3


async def raw(server, count):
    """Ask over so many connections at once and return what came back."""
    content = json.dumps(QUESTION).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(content)}\r\n"
    request = f"{head}connection: close\r\n\r\n".encode() + content

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    return await asyncio.gather(*(one() for _ in range(count)))


@pytest.mark.parametrize(
    ("broken", "raises"),
    [({"answer": lambda _: 1 // 0}, ZeroDivisionError), ({"moods": lambda _: "glum"}, ValueError)],
)
def test_a_failure_of_a_tests_own_function_is_raised_at_the_end(broken, raises):
    with pytest.raises(raises), chat_server(**broken) as server:
        (error,) = ask_many(server, 1)
        assert isinstance(error, openai.InternalServerError)


def test_a_client_that_is_killed_leaves_the_server_well():
    asks = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], sys.argv[2].encode())"
    with chat_server(latency=60.0) as server:
        url = f"{server.url}/chat/completions"
        asking = subprocess.Popen([sys.executable, "-c", asks, url, json.dumps(QUESTION)])
        wait_for(lambda: server.busy == 1)
        asking.send_signal(signal.SIGKILL)
        asking.wait()
        wait_for(lambda: server.aborted == 1 and server.busy == 0)
        server.settings.latency = 0.0
        assert ask(server).choices


def start(*options):
    """Start a server through a process between, and return both ids and the address."""
    between = (
        "import subprocess, sys; own = subprocess.Popen(sys.argv[1:]); "
        "print(own.pid, flush=True); own.wait()"
    )
    command = [sys.executable, str(BENCH / "chat_server.py"), *options]
    parent = subprocess.Popen(
        [sys.executable, "-c", between, *command], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    told = [parent.stdout.readline().strip() for _ in range(2)]
    return parent, int(next(filter(str.isdigit, told))), next(t for t in told if "http" in t)


def test_in_a_process_of_its_own_it_ends_with_the_process_that_started_it(tmp_path):
    text = tmp_path / "text"
    text.write_text("Rain.")
    parent, pid, url = start("--text", str(text), "--limit", "2", "--json-schema", "openai")
    try:
        content = json.dumps(QUESTION).encode()
        with urlopen(f"{url}/chat/completions", content) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"] == "Rain."
        with urlopen(url.replace("/v1", "/counts")) as answer:
            counts = json.load(answer)
        assert counts["answered"] == 1 and counts["cpu_seconds"] > 0
        os.kill(pid, 0)
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not alive(pid))


def alive(pid):
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
