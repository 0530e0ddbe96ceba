"""Jobs on a real head: shipped, followed, refused, stopped; and what is refused before."""

import importlib.metadata
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from conftest import ROOT

from auricle.jobs import submit as jobs
from auricle.pipeline.dataset import Dataset
from auricle.schemas.errors import UserError

SMOKE = str(ROOT / "jobs" / "smoke.yaml")
NOBODY = "http://127.0.0.1:9"
SLOW = ("--source", str(ROOT / "samples"))


def test_a_job_does_its_stage_and_its_log_and_status_come_back(head, tmp_path) -> None:
    prompt = tmp_path / "prompts" / "mine.yaml"
    prompt.parent.mkdir()
    prompt.write_bytes((ROOT / "prompts" / "caption_v1.yaml").read_bytes())
    config = tmp_path / "job.yaml"
    config.write_text("caption: {prompt: prompts/mine.yaml}\nllm: {key_variable: MY_KEY}\n")
    out = tmp_path / "set"
    done = head.submit(
        *(str(config), "--source", str(ROOT / "samples" / "nothing.flac"), "--out", str(out)),
        *("--stage", "ingest", "--follow"),
        MY_KEY="nobody-may-see-this",
        RAY_ADDRESS="http://127.0.0.1:9",  # --address counts
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1/1 shards" in done.stdout
    assert "every node must have MY_KEY" in done.stdout
    assert Dataset(str(out)).shards("clips") == [0]
    assert "nobody-may-see-this" not in head.jobs()


def test_a_job_that_fails_says_why_and_ends_with_one(head, tmp_path) -> None:
    done = head.submit(SMOKE, "--source", "/not/there", "--out", str(tmp_path / "set"), "--follow")
    assert done.returncode == 1
    assert "/not/there: no such file or folder" in done.stdout


def test_a_job_outlives_who_follows_it_and_is_alone_and_can_be_stopped(head, tmp_path) -> None:
    out = str(tmp_path / "set")
    follower = head.start(SMOKE, *SLOW, "--out", out, "--follow")
    told = ""
    while "reading" not in told:
        told += (line := follower.stdout.readline())
        assert line, told + follower.stderr.read()
    follower.send_signal(signal.SIGINT)
    _, complained = follower.communicate(timeout=30)
    assert follower.returncode == 130
    assert "goes on" in complained
    job = re.search(r"submitted (\S+)", told).group(1)
    second = head.submit(SMOKE, *SLOW, "--out", out)
    assert second.returncode == 2
    assert f"{job} works on it" in second.stderr
    stopped = head.submit("--stop", job)
    assert stopped.stdout == f"{job}: STOPPED\n"
    assert stopped.returncode == 0
    again = head.submit("--stop", "no-such-job")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "no-such-job" in again.stderr
    assert head.follow(job) == 143


def test_without_the_token_the_head_is_closed(head, tmp_path) -> None:
    for environment, words in (
        ({"RAY_AUTH_TOKEN": "some-other-token-that-is-not-it"}, "the token is wrong"),
        ({"RAY_AUTH_MODE": "disabled"}, "a token is needed"),
    ):
        done = head.submit(SMOKE, *SLOW, "--out", str(tmp_path), **environment)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr


def test_a_head_that_is_not_there_is_named_soon() -> None:
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"no dashboard answers .*refused"):
        jobs.submit(NOBODY, SMOKE, "/shared/set", "/shared/sound")
    assert time.monotonic() - begun < 5


def test_one_that_never_answers_is_given_up(monkeypatch) -> None:
    assert jobs._ANSWER <= 10
    monkeypatch.setattr(jobs, "_ANSWER", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UserError, match="no dashboard answers .*timed out"):
            jobs.stop(address, "job")


def test_what_answers_must_be_the_dashboard() -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(UserError, match="not the dashboard of Ray"):
            jobs.follow(f"http://127.0.0.1:{server.server_port}", "job")
        server.shutdown()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"address": "HEAD:8265"}, "the address of a dashboard is http://HEAD:8265"),
        ({"out": "set"}, "--out set: a cluster cannot see this machine's folders"),
        ({"source": "samples"}, "--source samples: a cluster cannot see"),
        ({"source": None}, "nothing to ingest: add --source"),
        ({"out": "s3://KEY:SECRET@bucket/set"}, "--out: no keys in a URI"),
        ({"source": "s3://KEY:SECRET@bucket/sound"}, "source: no keys in a URI"),
        ({"stages": ["anotate"]}, "--stage anotate: there are ingest, annotate"),
        ({"config_file": "no.yaml"}, "no.yaml: cannot read"),
    ],
)
def test_what_a_cluster_cannot_do_is_refused_before_it_is_asked(arguments, message) -> None:
    given = {"address": NOBODY, "config_file": SMOKE, "out": "/set", "source": "/sound"}
    with pytest.raises(UserError, match=re.escape(message)):
        jobs.submit(**given | arguments)


def test_what_is_shipped_runs_from_where_it_is_put(tmp_path) -> None:
    jobs.pack(tmp_path)
    code = (
        "import auricle.pipeline.cli as cli, auricle.jobs as jobs, auricle.prompts as prompts;"
        "from importlib.metadata import distribution;"
        "from auricle.experts.models import catalogue; from auricle.schemas import audioset;"
        "prompts.read_prompt('caption_v1'); catalogue(); known = distribution('auricle');"
        "print(cli.__file__, jobs.__file__, prompts.__file__, audioset.__file__,"
        "known.locate_file('').resolve(), known.version, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    *places, version = done.stdout.splitlines()
    assert len(places) == 5
    assert all(Path(place).is_relative_to(tmp_path) for place in places)
    assert version == importlib.metadata.version("auricle")
