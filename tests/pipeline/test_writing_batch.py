"""Captions through a provider's batch API, on copies of the sample clips."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_server import ChatServer, chat_server
from clones import clone
from conftest import ROOT, auricle
from scribe import answering, scribe

from auricle.pipeline import testimonies as shard
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.run import saved_config
from auricle.pipeline.text.caption_task import CaptionTask
from auricle.pipeline.text.facts import learn
from auricle.schemas.text import Captions

CLIPS = 60


class Set:
    """A dataset of sixty clips, and a server that takes batches."""

    def __init__(self, folder: Path, server: ChatServer) -> None:
        self.folder, self.server = folder, server

    def command(self, **llm: Any) -> list[str]:
        saved = saved_config(Dataset(str(self.folder)))
        assert saved is not None
        told = saved.model_dump(mode="json")
        given = {"base_url": self.server.url, "model": "test/pen", "mode": "batch"}
        told.update(writer="llm", llm={**given, "poll_seconds": 0.2, "retries": 2, **llm})
        path = self.folder.parent / "batch.yaml"
        path.write_text(yaml.safe_dump(told))
        return ["caption", str(self.folder), "--config", str(path)]

    def rows(self) -> list[Captions]:
        data = Dataset(str(self.folder))
        return [row for n in data.shards("captions") for row in data.rows(Captions, n)]

    def records(self) -> list[Path]:
        return list((self.folder / "journals" / "batches").glob("*.json"))


@pytest.fixture(scope="module")
def many(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch") / "set"
    clone(Dataset(str(demo)), folder, CLIPS, shard_clips=20)
    return folder


@pytest.fixture(scope="module")
def answers(many: Path) -> dict[str, str]:
    data = Dataset(str(many))
    config = saved_config(data)
    assert config is not None
    heard = ("signal", *config.roles())
    said = (s for n in data.shards("clips") for s in shard.testimonies(data, n, heard))
    return scribe(map(learn, said), CaptionTask("caption_v1"))


@pytest.fixture
def place(many: Path, answers: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Set]]:
    with ExitStack() as stack:

        def make(**about: Any) -> Set:
            shutil.copytree(many, tmp_path / "set")
            about = {"answer": answering(answers), **about}
            return Set(tmp_path / "set", stack.enter_context(chat_server(**about)))

        yield make


def test_all_shards_go_into_one_batch_but_for_the_first_request(place: Any) -> None:
    made = place()
    done = auricle(*made.command())
    assert done.returncode == 0, done.stderr
    assert {row.status for row in made.rows()} == {"ok"}
    assert len(made.rows()) == CLIPS
    assert made.server.requests == 1
    assert made.server.batched >= CLIPS - 1
    assert made.records() == []
    first = next(iter(made.server.batches._batches.values())).shown
    assert first["request_counts"]["total"] == CLIPS - 1
    assert set(first["metadata"]) == {"auricle"}


def test_repairs_go_into_a_later_batch(place: Any) -> None:
    turns: dict[str, int] = {}

    def mood(body: dict[str, Any]) -> str | None:
        question = json.dumps(body["messages"])
        turns[question] = turns.get(question, 0) + 1
        return "not json" if len(body["messages"]) == 2 and len(turns) % 2 else None

    made = place(moods=mood)
    assert auricle(*made.command()).returncode == 0
    assert {row.status for row in made.rows()} == {"ok"}
    assert max(row.requests for row in made.rows()) >= 2
    assert len(made.server.batches._batches) >= 2


def test_what_a_batch_did_not_come_to_goes_into_the_next(place: Any) -> None:
    made = place(fates=["expired"])
    assert auricle(*made.command()).returncode == 0
    assert {row.status for row in made.rows()} == {"ok"}
    assert len(made.server.batches._batches) >= 2


def test_a_batch_that_the_provider_refuses_ends_the_run_in_one_line(place: Any) -> None:
    made = place(fates=["failed"])
    done = auricle(*made.command())
    assert done.returncode == 2
    assert "failed: Enqueued token limit reached" in done.stderr
    assert "Traceback" not in done.stderr
    again = auricle(*made.command())
    assert again.returncode == 0, again.stderr
    assert made.server.requests == 1


@pytest.mark.parametrize("lost", [False, True])
def test_a_killed_run_finds_its_batch_again_and_pays_nothing_twice(place: Any, lost: bool) -> None:
    made = place(batch_seconds=60.0)
    process = subprocess.Popen(
        [sys.executable, "-m", "auricle.pipeline.cli", *made.command()],
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while not made.server.batches._batches or not made.records():
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not made.rows()
    if lost:  # it died after the batch was made and before its id was written down
        (record,) = made.records()
        record.write_text(json.dumps({**json.loads(record.read_text()), "batch": None}))
    made.server.settings.batch_seconds = 0.0
    done = auricle(*made.command())
    assert done.returncode == 0, done.stderr
    assert len(made.rows()) == CLIPS
    assert len(made.server.batches._batches) - bool(made.server.batched > CLIPS - 1) <= 2
    asked = [json.dumps(asked.body["messages"]) for asked in made.server.asked]
    first_turns = [
        one for one in asked if json.loads(one)[-1]["role"] == "user" and len(json.loads(one)) == 2
    ]
    assert len(first_turns) == CLIPS
    assert made.records() == []


def test_a_budget_holds_for_batches(place: Any) -> None:
    made = place()
    price = {"test/pen": {"input": 1.0, "output": 4.0}}
    done = auricle(*made.command(budget_usd=0.05, prices=price, max_tokens=700))
    assert done.returncode == 2
    assert "the budget of 0.05 USD is spent" in done.stderr
    assert 5 < made.server.requests + made.server.batched < CLIPS
    paid = made.server.requests + made.server.batched
    again = auricle(*made.command(budget_usd=5.0, prices=price, max_tokens=700))
    assert again.returncode == 0, again.stderr
    assert len(made.rows()) == CLIPS
    assert made.server.requests + made.server.batched <= CLIPS + 30 and paid > 0
