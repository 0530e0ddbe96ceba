"""The server of the report: a real one, asked over HTTP."""

import http.client
import io
import json
import shutil
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
import soundfile

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.reviews import reviews_of
from auricle.pipeline.report.server import serve
from auricle.schemas.errors import UserError

PAGE = b"<title>page</title>__TOKEN__"


@pytest.fixture(scope="module")
def data(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    place = tmp_path_factory.mktemp("served") / "set"
    shutil.copytree(demo, place)
    return Dataset(str(place))


@pytest.fixture(scope="module")
def server(data: Dataset) -> Iterator[ThreadingHTTPServer]:
    made = serve(data, 0, PAGE)
    Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


def ask(
    server: ThreadingHTTPServer,
    path: str,
    method: str = "GET",
    body: Any = None,
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, named)
    answer = connection.getresponse()
    received = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), received


def told(server: ThreadingHTTPServer, path: str) -> Any:
    status, _, content = ask(server, path)
    assert status == 200, content
    return json.loads(content)


def token(server: ThreadingHTTPServer) -> str:
    return ask(server, "/")[2].decode().removeprefix("<title>page</title>")


def an_id(server: ThreadingHTTPServer) -> str:
    return str(told(server, "/api/clips?limit=1")["clips"][0]["clip_id"])


def test_listens_on_this_machine_alone(server: ThreadingHTTPServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_an_error_in_one_line(
    server: ThreadingHTTPServer, data: Dataset
) -> None:
    with pytest.raises(UserError, match=f"--port {server.server_port}"):
        serve(data, server.server_port, PAGE)


def test_lists_clips_by_pages_with_counts_of_all(
    server: ThreadingHTTPServer, data: Dataset
) -> None:
    count = data.count("clips", 0)
    some = told(server, "/api/clips?offset=2&limit=3")
    assert some["total"] == count
    assert len(some["clips"]) == 3
    assert sum(some["facets"]["domain"].values()) == count
    ids = [clip["clip_id"] for clip in told(server, "/api/clips?limit=500")["clips"]]
    assert [clip["clip_id"] for clip in some["clips"]] == ids[2:5]


def test_filters_and_search_agree_with_the_rows(server: ThreadingHTTPServer) -> None:
    everything = told(server, "/api/clips?limit=500")
    for name in ("domain", "language", "split"):
        for value, count in everything["facets"][name].items():
            found = told(server, f"/api/clips?limit=500&{name}={quote(value)}")
            assert found["total"] == count
            assert {clip[name] for clip in found["clips"]} == {value}
    for reason, count in everything["facets"]["reason"].items():
        found = told(server, f"/api/clips?reason={reason}")
        assert found["total"] == count
        assert all(reason in clip["reasons"] for clip in found["clips"])
    words = everything["clips"][0]["caption"].upper()
    found = told(server, f"/api/clips?q={quote(words)}")
    assert everything["clips"][0]["clip_id"] in {clip["clip_id"] for clip in found["clips"]}
    assert told(server, "/api/clips?q=nobody%20says%20this")["total"] == 0


def test_a_clip_comes_with_lanes_texts_and_evidence(server: ThreadingHTTPServer) -> None:
    clip = told(server, f"/api/clip/{an_id(server)}")
    assert clip["lanes"]
    known = {piece["id"] for piece in clip["evidence"]}
    assert clip["captions"]
    assert all(set(each["support"]) <= known for each in clip["captions"] + clip["questions"])


def test_sound_comes_whole_and_in_ranges(server: ThreadingHTTPServer, data: Dataset) -> None:
    name = an_id(server)
    status, headers, whole = ask(server, f"/audio/{name}")
    assert status == 200
    assert headers["Content-Type"] == "audio/flac"
    assert whole == data.table("clips", 0, ["audio"])["audio"][0].as_py()
    assert soundfile.info(io.BytesIO(whole)).samplerate == 16_000
    for asked, expected in (
        ("bytes=0-99", whole[:100]),
        ("bytes=100-", whole[100:]),
        ("bytes=-50", whole[-50:]),
    ):
        status, headers, part = ask(server, f"/audio/{name}", Range=asked)
        assert status == 206
        assert part == expected
        assert headers["Content-Range"].endswith(f"/{len(whole)}")
    status, headers, _ = ask(server, f"/audio/{name}", Range=f"bytes={len(whole)}-")
    assert status == 416


def test_a_spectrogram_is_a_picture(server: ThreadingHTTPServer) -> None:
    status, headers, content = ask(server, f"/spectrogram/{an_id(server)}.png")
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "path",
    ["/api/clip/nothing", "/audio/..%2f..%2fdataset.yaml", "/dataset.yaml", "/../../etc/passwd"],
)
def test_what_is_not_in_the_index_is_not_there(server: ThreadingHTTPServer, path: str) -> None:
    status, _, content = ask(server, path)
    assert status == 404
    assert json.loads(content)["error"]


def test_an_unknown_filter_is_an_error(server: ThreadingHTTPServer) -> None:
    assert ask(server, "/api/clips?colour=blue")[0] == 400
    assert ask(server, "/api/clips?offset=first")[0] == 400
    assert told(server, f"/api/clips?offset={10**14}")["clips"] == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_other_names_of_this_machine_are_refused(server: ThreadingHTTPServer, host: str) -> None:
    assert ask(server, "/", Host=host)[0] == 403


def test_answers_forbid_other_sites_to_frame_or_sniff_them(server: ThreadingHTTPServer) -> None:
    headers = ask(server, "/")[1]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_mark_needs_the_token_of_the_page(server: ThreadingHTTPServer, data: Dataset) -> None:
    path = f"/api/review/{an_id(server)}"
    assert ask(server, path, "POST", {"mark": "bad"})[0] == 403
    assert ask(server, path, "POST", {"mark": "bad"}, X_Auricle_Token="guessed")[0] == 403
    assert ask(server, path, "POST", {"mark": "bad"}, X_Auricle_Token="gu\xe9")[0] == 403
    assert not data.shards("reviews")


def test_a_mark_from_a_page_of_another_origin_is_refused(
    server: ThreadingHTTPServer, data: Dataset
) -> None:
    path, secret = f"/api/review/{an_id(server)}", token(server)
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{server.server_port}"):
        given = {"X_Auricle_Token": secret, "Origin": origin}
        assert ask(server, path, "POST", {"mark": "bad"}, **given)[0] == 403
    assert not data.shards("reviews")
    own = {"X_Auricle_Token": secret, "Origin": f"http://127.0.0.1:{server.server_port}"}
    assert ask(server, path, "POST", {}, **own)[0] == 200


@pytest.mark.parametrize("length, status", [("1000001", 413), ("many", 411), (None, 411)])
def test_a_body_of_another_size_than_a_mark_has_is_refused(
    server: ThreadingHTTPServer, length: str | None, status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.putrequest("POST", f"/api/review/{an_id(server)}")
    connection.putheader("X-Auricle-Token", token(server))
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == status
    assert json.loads(answer.read())["error"]
    connection.close()


def test_a_corrected_caption_stands_in_the_list(server: ThreadingHTTPServer) -> None:
    clip, secret = told(server, "/api/clips?limit=1")["clips"][0], token(server)
    path = f"/api/review/{clip['clip_id']}"
    fix = {"where": "long/0", "was": clip["caption"], "text": "A zither, plucked (slowly)."}
    assert ask(server, path, "POST", {"fixes": [fix]}, X_Auricle_Token=secret)[0] == 200
    (found,) = told(server, f"/api/clips?q={quote('zither, plucked (')}")["clips"]
    assert (found["clip_id"], found["caption"]) == (clip["clip_id"], fix["text"])
    ask(server, path, "POST", {}, X_Auricle_Token=secret)


def test_a_mark_is_written_and_shows_at_once(server: ThreadingHTTPServer, data: Dataset) -> None:
    name, secret = an_id(server), token(server)
    review = {"mark": "bad", "note": "hum", "fixes": [{"where": "long/0", "was": "a", "text": "b"}]}
    status, _, content = ask(server, f"/api/review/{name}", "POST", review, X_Auricle_Token=secret)
    assert status == 200, content
    assert reviews_of(data, 0)[0].mark == "bad"
    assert told(server, f"/api/clip/{name}")["review"]["note"] == "hum"
    assert [c["clip_id"] for c in told(server, "/api/clips?review=bad")["clips"]] == [name]
    ask(server, f"/api/review/{name}", "POST", {}, X_Auricle_Token=secret)
    assert told(server, "/api/clips?review=bad")["total"] == 0


@pytest.mark.parametrize(
    "body", [{"mark": "perfect"}, {"colour": "blue"}, {"fixes": [{"where": "long/0"}]}, []]
)
def test_a_review_that_is_none_is_refused(server: ThreadingHTTPServer, body: Any) -> None:
    path = f"/api/review/{an_id(server)}"
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    headers = {"X-Auricle-Token": token(server)}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    assert answer.status == 400
    assert json.loads(answer.read())["error"]


def test_marks_from_many_threads_are_all_kept(server: ThreadingHTTPServer, data: Dataset) -> None:
    secret = token(server)
    ids = [clip["clip_id"] for clip in told(server, "/api/clips?limit=500")["clips"]]
    threads = [
        Thread(
            target=ask,
            args=(server, f"/api/review/{name}", "POST", {"mark": "good"}),
            kwargs={"X_Auricle_Token": secret},
        )
        for name in ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.mark for row in reviews_of(data, 0)] == ["good"] * len(ids)
