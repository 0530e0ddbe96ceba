"""Files and batches of the chat server, through OpenAI's own package."""

import asyncio
import json
import time
from contextlib import closing

import openai
import pytest
from chat_server import chat_server

WINDOW = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}


def line(number, **changes):
    body = {"model": "m", "messages": [{"role": "user", "content": f"clip {number}"}]}
    asked = {"custom_id": f"id-{number}", "method": "POST", "url": WINDOW["endpoint"]}
    return {**asked, "body": body, **changes}


LINES = [line(number) for number in range(10)]


def echo(body):
    return json.dumps({"heard": body["messages"][0]["content"]})


def client(server):
    return closing(openai.OpenAI(base_url=server.url, api_key="none", max_retries=0, timeout=5))


def upload(api, lines, purpose="batch"):
    content = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines).encode()
    return api.files.create(file=("asked.jsonl", content), purpose=purpose)


def create(api, lines, **about):
    return api.batches.create(input_file_id=upload(api, lines).id, **WINDOW, **about)


def poll(api, ident, times):
    """Return what a batch is as it is asked after so many times."""
    return [api.batches.retrieve(ident) for _ in range(times)]


def results(api, ident):
    """Return the lines of a file of results."""
    return [json.loads(text) for text in api.files.content(ident).text.splitlines()]


def test_a_file_comes_back_as_it_was_sent():
    content = b'--x\r\n\r\n{"a": "\xc3\xa9"}\r\n--\r\n'
    with chat_server() as server, client(server) as api:
        file = api.files.create(file=("a b.jsonl", content), purpose="batch")
        assert (file.filename, file.bytes, file.purpose) == ("a b.jsonl", len(content), "batch")
        assert api.files.content(file.id).content == content
        assert api.files.retrieve(file.id) == file
        assert [one.id for one in api.files.list(purpose="batch")] == [file.id]
        assert list(api.files.list(purpose="vision")) == []
        assert api.files.delete(file.id).deleted
        with pytest.raises(openai.NotFoundError, match="No such File"):
            api.files.content(file.id)


def test_a_file_can_be_sent_by_the_asynchronous_client_that_pipelines_use():
    content = json.dumps(line(0)).encode() * 5000

    async def send(server):
        http = openai.DefaultAioHttpClient()
        async with openai.AsyncOpenAI(base_url=server.url, api_key="n", http_client=http) as api:
            file = await api.files.create(file=("x.jsonl", content), purpose="batch")
            return (await api.files.content(file.id)).content

    pytest.importorskip("aiohttp")
    with chat_server() as server:
        assert asyncio.run(send(server)) == content


def test_a_batch_is_answered_in_another_order_once_it_was_asked_after_often_enough():
    with chat_server(answer=echo, batch_polls=3) as server, client(server) as api:
        batch = create(api, LINES, metadata={"shard": "3"})
        assert (batch.status, batch.metadata) == ("validating", {"shard": "3"})
        seen = poll(api, batch.id, 3)
        assert [one.status for one in seen] == ["in_progress", "in_progress", "completed"]
        done = seen[-1]
        assert (done.request_counts.total, done.request_counts.completed) == (10, 10)
        assert done.completed_at and done.error_file_id is None
        lines = results(api, done.output_file_id)
        assert server.batched == 10 and server.requests == 0
        assert api.batches.retrieve(batch.id) == done and server.batched == 10
    said = {one["custom_id"]: one["response"]["body"] for one in lines}
    assert list(said) != [one["custom_id"] for one in LINES]
    assert {
        ident: json.loads(body["choices"][0]["message"]["content"])["heard"]
        for ident, body in said.items()
    } == {f"id-{number}": f"clip {number}" for number in range(10)}
    assert all(body["usage"]["prompt_tokens"] == 2 for body in said.values())
    assert all(one["response"]["status_code"] == 200 and one["error"] is None for one in lines)
    assert len(server.asked) == 10


def test_even_two_requests_change_places():
    with chat_server(batch_polls=1) as server, client(server) as api:
        for _ in range(6):
            (done,) = poll(api, create(api, LINES[:2]).id, 1)
            order = [one["custom_id"] for one in results(api, done.output_file_id)]
            assert order == ["id-1", "id-0"]


def test_a_batch_may_take_seconds_however_often_it_is_asked_after():
    with chat_server(batch_seconds=0.6) as server, client(server) as api:
        batch = create(api, LINES)
        assert {one.status for one in poll(api, batch.id, 5)} == {"in_progress"}
        time.sleep(0.6)
        assert next(iter(api.batches.list())).status == "completed"


def test_requests_that_fail_are_in_the_file_of_errors():
    def moods(body):
        kinds = {"clip 3": "500", "clip 4": "truncated", "clip 5": "reset", "clip 6": "html page"}
        return kinds.get(body["messages"][0]["content"])

    refused = line(10)
    refused["body"] = {**refused["body"], "max_tokens": 5}
    with chat_server(moods, max_tokens=False) as server, client(server) as api:
        batch = create(api, [*LINES, refused])
        done = poll(api, batch.id, 2)[-1]
        counts = done.request_counts
        assert (counts.total, counts.completed, counts.failed) == (11, 7, 4)
        good = {one["custom_id"]: one for one in results(api, done.output_file_id)}
        bad = {one["custom_id"]: one["response"] for one in results(api, done.error_file_id)}
    choice = good["id-4"]["response"]["body"]["choices"][0]
    assert choice["finish_reason"] == "length"
    assert {ident: reply["status_code"] for ident, reply in bad.items()} == {
        "id-3": 500,
        "id-5": 500,
        "id-6": 502,
        "id-10": 400,
    }
    assert bad["id-10"]["body"]["error"]["code"] == "unsupported_parameter"


def test_a_batch_may_expire_with_half_of_its_results():
    with chat_server(fates=["expired"]) as server, client(server) as api:
        batch = create(api, LINES)
        done = poll(api, batch.id, 2)[-1]
        assert done.status == "expired" and done.expired_at
        good, bad = (results(api, one) for one in (done.output_file_id, done.error_file_id))
        again = create(api, LINES)
        assert poll(api, again.id, 2)[-1].status == "completed"
    assert {one["custom_id"] for one in [*good, *bad]} == {one["custom_id"] for one in LINES}
    assert (len(good), len(bad), done.request_counts.failed) == (5, 5, 5)
    assert {(one["error"]["code"], one["response"]) for one in bad} == {("batch_expired", None)}


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        ([LINES[0], "{"], "invalid_json_line", 2),
        ([LINES[0], LINES[0]], "duplicate_custom_id", 2),
        ([line(0, url="/v1/embeddings")], "invalid_url", 1),
        ([line(0, method="GET")], "invalid_url", 1),
        ([{"custom_id": "a"}], "missing_required_parameter", 1),
        ([LINES[0], line(1, body={**LINES[1]["body"], "model": "n"})], "mismatched_model", 2),
        ([""], "empty_file", None),
    ],
)
def test_a_batch_with_a_bad_line_fails(lines, code, number):
    with chat_server() as server, client(server) as api:
        batch = create(api, lines)
        (failed,) = poll(api, batch.id, 1)
    assert failed.status == "failed" and failed.failed_at and failed.output_file_id is None
    assert (failed.errors.data[0].code, failed.errors.data[0].line) == (code, number)
    assert server.batched == 0


def test_a_batch_may_fail_because_the_queue_is_full_or_never_end():
    with chat_server(fates=["failed", "stuck"]) as server, client(server) as api:
        full, stuck = (create(api, LINES).id for _ in range(2))
        (failed,) = poll(api, full, 1)
        assert failed.errors.data[0].code == "token_limit_exceeded"
        assert poll(api, stuck, 9)[-1].status == "in_progress"


def test_a_batch_that_is_cancelled_keeps_what_it_has():
    with chat_server(batch_polls=5) as server, client(server) as api:
        early, late = (create(api, LINES).id for _ in range(2))
        assert api.batches.cancel(early).status == "cancelling"
        poll(api, late, 1)
        api.batches.cancel(late)
        nothing, half = (poll(api, ident, 1)[0] for ident in (early, late))
        assert nothing.status == half.status == "cancelled"
        assert nothing.output_file_id is None and nothing.cancelled_at
        good, bad = (results(api, one) for one in (half.output_file_id, half.error_file_id))
        assert (len(good), len(bad)) == (5, 5)
        assert {one["error"]["code"] for one in bad} == {"batch_cancelled"}
        with pytest.raises(openai.ConflictError):
            api.batches.cancel(late)


def test_a_client_that_comes_back_finds_its_batches_by_their_metadata():
    with chat_server() as server:
        with client(server) as api:
            made = [create(api, LINES[:1], metadata={"n": str(number)}).id for number in range(25)]
        with client(server) as api:
            page = api.batches.list(limit=20)
            assert (len(page.data), page.has_more) == (20, True)
            found = {batch.id: batch.metadata["n"] for batch in api.batches.list(limit=20)}
    assert list(found) == made[::-1]  # newest first
    assert found[made[3]] == "3"


def test_what_is_asked_about_batches_may_go_wrong():
    moods = ["fine", "reset", "503", "429 seconds"]
    with chat_server(batch_moods=moods) as server, client(server) as api:
        file = upload(api, LINES)
        with pytest.raises(openai.APIConnectionError):  # made, but the client does not know
            api.batches.create(input_file_id=file.id, **WINDOW)
        with pytest.raises(openai.InternalServerError):
            api.batches.list()
        with pytest.raises(openai.RateLimitError):
            api.batches.list()
        assert [batch.input_file_id for batch in api.batches.list()] == [file.id]


def test_what_is_not_there_or_incomplete_is_refused():
    with chat_server() as server, client(server) as api:
        with pytest.raises(openai.NotFoundError):
            api.batches.create(input_file_id="file-none", **WINDOW)
        with pytest.raises(openai.NotFoundError):
            api.batches.retrieve("batch-none")
        other = upload(api, LINES, purpose="user_data")
        with pytest.raises(openai.BadRequestError, match="purpose"):
            api.batches.create(input_file_id=other.id, **WINDOW)
        with pytest.raises(openai.BadRequestError, match="completion_window"):
            api.post("/batches", cast_to=object, body={"input_file_id": "x", "endpoint": "y"})
