"""Every mood of the chat server does what its name says, streamed and in one piece."""

import asyncio
import json
import socket
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import jsonschema
import openai
import pytest
from chat_errors import ERRORS
from chat_moods import MOODS, PROSE, SORRY, THOUGHT
from chat_server import chat_server

SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["dog", "cat"]}, "note": {"type": "string", "minLength": 80}},
    "required": ["kind", "note"],
    "additionalProperties": False,
}
QUESTION = {
    "model": "m",
    "messages": [{"role": "user", "content": "What is it?"}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "it", "schema": SCHEMA}},
    "max_tokens": 400,
}
GOOD = json.dumps({"kind": "dog", "note": "a" * 80})
both = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@dataclass
class Heard:
    """What a client got: the pieces of each kind, and when they came."""

    text: str | None = None
    reason: dict[str, str] = field(default_factory=dict)
    refusal: str = ""
    finish: str | None = None
    usage: object = None
    choices: int = 0
    times: list[float] = field(default_factory=list)
    error: Exception | None = None

    def add(self, said, finish):
        self.choices += 1
        self.times.append(time.monotonic())
        if said.content is not None:
            self.text = (self.text or "") + said.content
        self.refusal += said.refusal or ""
        self.finish = finish or self.finish
        for name in ("reasoning_content", "reasoning"):
            if getattr(said, name, None):
                self.reason[name] = self.reason.get(name, "") + getattr(said, name)


async def listen(server, streamed, timeout, heard):
    async with openai.AsyncOpenAI(
        base_url=server.url, api_key="none", max_retries=0, timeout=timeout
    ) as api:
        if not streamed:
            answer = await api.chat.completions.create(**QUESTION)
            heard.usage = answer.usage
            for choice in answer.choices:
                heard.add(choice.message, choice.finish_reason)
            return
        counted = {"stream": True, "stream_options": {"include_usage": True}}
        async for event in await api.chat.completions.create(**QUESTION, **counted):
            heard.usage = event.usage or heard.usage
            for choice in event.choices:
                heard.add(choice.delta, choice.finish_reason)


def hear(mood, streamed, timeout=5.0, **settings):
    """Return what OpenAI's package hears from a server in a mood, with the server."""
    heard = Heard()
    with chat_server([mood], **settings) as server:
        try:
            asyncio.run(listen(server, streamed, timeout, heard))
        except openai.APIError as error:
            heard.error = error
        end = time.monotonic() + 5
        while server.busy and time.monotonic() < end:
            time.sleep(0.01)
    return heard, server


TEXTS = {
    "fine": GOOD,
    "truncated": GOOD[: len(GOOD) // 2],
    "content_filter": GOOD[: len(GOOD) // 2],
    "code fence": f"```json\n{GOOD}\n```",
    "not json": PROSE,
    "empty": "",
    "null content": None,
    "refusal in prose": SORRY,
    "no usage": GOOD,
    "wrong content type": GOOD,
    "reasoning_content": GOOD,
    "reasoning": GOOD,
    "think": f"<think>\n{THOUGHT}\n</think>\n\n{GOOD}",
    "only </think>": f"{THOUGHT}\n</think>\n\n{GOOD}",
    "unclosed <think>": f"<think>\n{THOUGHT} So I write {GOOD}",
}
FINISHES = {"truncated": "length", "content_filter": "content_filter"}


@both
@pytest.mark.parametrize("mood", TEXTS)
def test_an_answer_says_what_its_mood_wants(mood, streamed):
    heard, server = hear(mood, streamed)
    assert heard.error is None and heard.text == TEXTS[mood] and heard.refusal == ""
    assert heard.finish == FINISHES.get(mood, "stop")
    assert heard.reason == ({mood: THOUGHT} if mood in ("reasoning_content", "reasoning") else {})
    assert (heard.usage is None) == (mood == "no usage")
    assert (server.answered, server.requests) == (1, 1)


@both
@pytest.mark.parametrize(
    ("mood", "complaint"),
    [
        ("extra keys", "Additional properties"),
        ("missing key", "'kind' is a required property"),
        ("wrong enum", "is not one of"),
    ],
)
def test_json_breaks_its_schema_in_the_way_of_its_mood(mood, complaint, streamed):
    heard, _ = hear(mood, streamed)
    with pytest.raises(jsonschema.ValidationError, match=complaint):
        jsonschema.validate(json.loads(heard.text), SCHEMA)


@both
def test_json_stands_between_prose_or_is_broken(streamed):
    around, _ = hear("prose around", streamed)
    before, found, after = around.text.partition(GOOD)
    assert before.strip() and found and after.strip()
    broken, _ = hear("broken json", streamed)
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.text)


@both
def test_a_refusal_has_a_field_of_its_own(streamed):
    heard, _ = hear("refusal field", streamed)
    assert (heard.text, heard.refusal, heard.finish) == (None, SORRY, "stop")


@both
def test_there_may_be_no_choices(streamed):
    heard, _ = hear("no choices", streamed)
    assert (heard.choices, heard.error) == (0, None) and heard.usage.prompt_tokens > 0


@both
def test_thoughts_count_as_tokens(streamed):
    silent, loud = (hear(mood, streamed)[0].usage for mood in ("fine", "reasoning"))
    assert loud.completion_tokens - silent.completion_tokens == -(-len(THOUGHT) // 4)


@both
def test_blanks_end_at_the_limit_of_the_request(streamed):
    heard, _ = hear("endless whitespace", streamed)
    assert heard.text == "{" + "\n" * 1599 and heard.finish == "length"
    assert heard.usage.completion_tokens == 400


def test_blanks_without_a_limit_go_on_until_the_client_leaves(monkeypatch):
    async def first(server):
        async with openai.AsyncOpenAI(base_url=server.url, api_key="none") as api:
            blanks = 0
            async for event in await api.chat.completions.create(**QUESTION, stream=True):
                blanks += len(event.choices[0].delta.content)
                if blanks > 5000:
                    return

    monkeypatch.delitem(QUESTION, "max_tokens")
    with chat_server(["endless whitespace"]) as server:
        asyncio.run(first(server))
        end = time.monotonic() + 5
        while not server.aborted and time.monotonic() < end:
            time.sleep(0.01)
        assert (server.aborted, server.busy) == (1, 0)


@both
def test_the_first_token_is_slow(streamed):
    begin = time.monotonic()
    heard, _ = hear("slow first token", streamed, slow=0.5)
    assert heard.times[0] - begin > 0.5 and heard.text == GOOD
    assert heard.times[-1] - heard.times[0] < 0.3


@both
@pytest.mark.parametrize("mood", ["slow first token", "stall", "drip"])
def test_a_client_runs_out_of_patience_and_is_counted_as_gone(mood, streamed):
    heard, server = hear(mood, streamed, timeout=0.3, slow=60, drip=60)
    assert isinstance(heard.error, openai.APITimeoutError) or "timed out" in str(heard.error)
    assert (server.aborted, server.answered, server.busy) == (1, 0, 0)
    if streamed:
        assert bool(heard.text) == (mood == "stall")


@both
def test_signs_of_life_keep_a_client_waiting(streamed):
    heard, _ = hear("keep-alive", streamed, timeout=0.4, slow=1.0, drip=0.1)
    assert (heard.error, heard.text) == (None, GOOD)


@both
def test_an_answer_comes_in_drips(streamed):
    begin = time.monotonic()
    heard, _ = hear("drip", streamed, drip=0.1, pieces=6)
    assert heard.text == GOOD and time.monotonic() - begin > 0.55
    if streamed:
        gaps = [b - a for a, b in zip(heard.times, heard.times[1:], strict=False)]
        assert sum(gap > 0.05 for gap in gaps) == 6


@both
@pytest.mark.parametrize("mood", ["reset", "reset midway"])
def test_a_connection_is_reset(mood, streamed):
    heard, server = hear(mood, streamed)
    assert isinstance(heard.error, openai.APIConnectionError)
    assert server.broken == 1
    assert bool(heard.text) == (streamed and mood == "reset midway")
    assert heard.finish is None


def test_a_reset_is_no_orderly_end():
    content = json.dumps(QUESTION).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(content)}\r\n\r\n"
    with chat_server(["reset"]) as server:
        address = ("127.0.0.1", urlsplit(server.url).port)
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(head.encode() + content)
            with pytest.raises(ConnectionResetError):
                connection.recv(1)


def test_a_stream_is_cut_off_without_a_sign():
    heard, server = hear("cut off", True)
    assert heard.error is None and heard.finish is None and heard.usage is None
    assert GOOD.startswith(heard.text) and 0 < len(heard.text) < len(GOOD)
    assert server.broken == 1


def test_a_whole_answer_is_cut_off_before_the_length_it_promised():
    heard, server = hear("cut off", False)
    assert isinstance(heard.error, openai.APIConnectionError) and server.broken == 1


def test_a_stream_breaks_into_an_error():
    heard, server = hear("error midway", True)
    assert "EngineCore" in str(heard.error) and not isinstance(heard.error, openai.APIStatusError)
    assert heard.text and heard.finish is None and server.broken == 1


def test_an_error_may_come_with_status_200():
    with chat_server(["error midway"]) as server:
        response = raw(server)
    assert response.status_code == 200
    assert response.json()["error"]["code"] == 500


@both
def test_a_page_comes_in_place_of_an_answer(streamed):
    with chat_server(["html page"]) as server:
        response = raw(server, streamed)
    assert response.status_code == 200 and response.headers["content-type"] == "text/html"
    assert response.text.startswith("<html>") and server.refused == 1


@both
def test_the_content_type_is_wrong(streamed):
    with chat_server(["wrong content type"]) as server:
        response = raw(server, streamed)
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.startswith("data: {" if streamed else "{")


def raw(server, streamed=False):
    """Return the response itself."""

    async def once():
        async with openai.AsyncOpenAI(base_url=server.url, api_key="none") as api:
            create = api.chat.completions.with_raw_response.create
            response = (await create(**QUESTION, stream=streamed)).http_response
            await response.aread()
            return response

    return asyncio.run(once())


STATUSES = {
    "429 seconds": (429, "rate_limit_exceeded"),
    "429 date": (429, "rate_limit_exceeded"),
    "429 ms": (429, "rate_limit_exceeded"),
    "429": (429, "rate_limit_exceeded"),
    "insufficient_quota": (429, "insufficient_quota"),
    "insufficient balance": (402, "invalid_request_error"),
    "500": (500, None),
    "502 html": (502, None),
    "503": (503, None),
    "context_length_exceeded": (400, "context_length_exceeded"),
    "context length vllm": (400, "400"),
    "context length llama.cpp": (400, "400"),
    "model_not_found": (404, "model_not_found"),
    "prompt filtered": (400, "content_filter"),
    418: (418, None),
    504: (504, None),
}


@both
@pytest.mark.parametrize("mood", STATUSES)
def test_an_error_has_its_status_and_code_and_comes_at_once(mood, streamed):
    begin = time.monotonic()
    heard, server = hear(mood, streamed, latency=3.0)
    assert isinstance(heard.error, openai.APIStatusError) and time.monotonic() - begin < 2
    assert (heard.error.status_code, heard.error.code) == STATUSES[mood]
    html = "<html>" in heard.error.response.text
    assert html == (mood == "502 html")
    assert (server.refused, server.answered) == (1, 0)


@pytest.mark.parametrize("mood", ["429 seconds", "429 date", "429 ms", "429"])
def test_a_429_says_how_long_to_wait_in_one_of_the_forms(mood):
    heard, _ = hear(mood, False, retry_after=2.5)
    headers = heard.error.response.headers
    told = {name: headers.get(name) for name in ("retry-after", "retry-after-ms")}
    if mood == "429 date":
        when = parsedate_to_datetime(told.pop("retry-after")).timestamp()
        assert 1.5 < when - time.time() < 4 and set(told.values()) == {None}
        return
    want = {"429 seconds": ("2.5", None), "429 ms": (None, "2500"), "429": (None, None)}
    assert tuple(told.values()) == want[mood]


def test_every_mood_is_tested_here():
    others = {
        *("extra keys", "missing key", "wrong enum", "prose around", "broken json"),
        *("refusal field", "no choices", "endless whitespace", "slow first token", "stall"),
        *("drip", "keep-alive", "reset", "reset midway", "cut off", "error midway", "html page"),
    }
    assert set(TEXTS) | others == set(MOODS)
    assert {name for name in STATUSES if isinstance(name, str)} == set(ERRORS)


def test_moods_are_met_in_order_and_then_all_is_well():
    async def thrice(server):
        said = []
        for _ in range(3):
            heard = Heard()
            await listen(server, False, 5, heard)
            said.append(heard.text)
        return said

    with chat_server(["empty", "not json"]) as server:
        assert asyncio.run(thrice(server)) == ["", PROSE, GOOD]
        server.moods.append("empty")
        assert asyncio.run(thrice(server)) == ["", GOOD, GOOD]


def test_a_function_picks_the_requests_that_fare_badly():
    async def both_of_them(server):
        async with openai.AsyncOpenAI(base_url=server.url, api_key="none") as api:
            asked = [
                api.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": f"clip {number}"}]
                )
                for number in range(6)
            ]
            return [one.choices[0].message.content for one in await asyncio.gather(*asked)]

    def moods(body):
        return "not json" if "clip 3" in body["messages"][0]["content"] else None

    with chat_server(moods) as server:
        assert asyncio.run(both_of_them(server)) == ["{}", "{}", "{}", PROSE, "{}", "{}"]


def test_an_unknown_mood_is_a_mistake_at_once():
    with pytest.raises(ValueError, match="sulky is no mood"), chat_server(["sulky"]):
        pass
    with pytest.raises(ValueError, match="sulky is no mood"), chat_server(batch_moods=["sulky"]):
        pass
