"""Journals: what was answered is on disk, once, whatever happens."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.llm.governor import Spent
from auricle.pipeline.llm.journal import Journal, entries, forget, spent, sum_up
from auricle.pipeline.llm.request import Reply, Request, Usage
from auricle.pipeline.llm.settings import LlmSettings
from auricle.schemas.errors import UserError

SAID = Reply("{}", "Hm.", "pen", "stop", None, None, Usage(10, 5, 2), True, 0.5)


def add(data: Dataset, keys: list[str], shard: int = 0) -> None:
    async def write() -> None:
        journal = Journal(data, "caption", shard)
        await asyncio.gather(
            *(journal.add(key, Request(f"clip{key}", (), {}), SAID, 0.5) for key in keys)
        )

    asyncio.run(write())


def file(tmp_path: Path) -> Path:
    return tmp_path / "journals" / "caption" / "shard-00000.jsonl"


def test_an_answer_is_found_by_what_was_asked(tmp_path: Path) -> None:
    data = Dataset(str(tmp_path))
    add(data, ["a", "b"])
    journal = Journal(data, "caption", 0)
    assert journal.find("a") == SAID
    assert journal.find("c") is None
    assert Journal(data, "caption", 1).find("a") is None
    assert [entry.key for entry in entries(data, "caption", 0)] == ["a", "b"]


def test_a_line_that_a_crash_cut_short_is_passed_over_and_does_not_spoil_the_next(
    tmp_path: Path,
) -> None:
    data = Dataset(str(tmp_path))
    add(data, ["a", "b"])
    content = file(tmp_path).read_bytes()
    for length in (1, 40, len(content) // 2 + 3, len(content) - 1):
        file(tmp_path).write_bytes(content[:length])
        add(data, ["c"])
        assert Journal(data, "caption", 0).find("c") == SAID
    assert Journal(data, "caption", 0).find("a") == SAID


def test_answers_that_are_to_be_forgotten_are_asked_for_again_but_stay_paid(tmp_path: Path) -> None:
    data = Dataset(str(tmp_path))
    add(data, ["a", "b"])
    forget(data, "caption", 0, ["clipa"])
    journal = Journal(data, "caption", 0)
    assert (journal.find("a"), journal.find("b")) == (None, SAID)
    add(data, ["a"])
    assert Journal(data, "caption", 0).find("a") == SAID
    assert spent(data, ("caption", "qa"), [0, 1]) == Spent(3, 45, 1.5)


def test_a_sum_holds_until_the_journal_grows(tmp_path: Path) -> None:
    data = Dataset(str(tmp_path))
    add(data, ["a", "b"])
    assert sum_up(data, "caption", 0) == Spent(2, 30, 1.0)
    content = file(tmp_path).read_bytes()
    file(tmp_path).write_bytes(b"x" * len(content))  # the sum is believed, the lines are not read
    assert spent(data, ["caption"], [0]) == Spent(2, 30, 1.0)
    file(tmp_path).write_bytes(content)
    add(data, ["c"])
    assert spent(data, ["caption"], [0]) == Spent(3, 45, 1.5)


def test_many_answers_at_once_are_synced_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), real(fd)))
    add(Dataset(str(tmp_path)), [str(i) for i in range(200)])
    assert 1 <= len(synced) <= 20
    assert len(file(tmp_path).read_text().splitlines()) == 200


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "journals").write_text("in the way")
    with pytest.raises(UserError, match="cannot write"):
        add(Dataset(str(tmp_path)), ["a"])


_KILLED = """
import asyncio, sys
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.llm.journal import Journal
from auricle.pipeline.llm.request import Reply, Request

async def write():
    journal = Journal(Dataset(sys.argv[1]), "caption", 0)
    asked, said = Request("clip", (), {}), Reply("x" * 3000)
    for i in range(10**6):
        await asyncio.gather(*(journal.add(f"{i}-{k}", asked, said, 0.1) for k in range(20)))
        print(i, flush=True)
asyncio.run(write())
"""


def test_what_was_said_to_be_on_disk_is_there_after_kill_9(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _KILLED, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(30):
        last = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    journal = Journal(Dataset(str(tmp_path)), "caption", 0)
    assert all(journal.find(f"{i}-{k}") for i in range(last + 1) for k in range(20))


def test_the_hash_of_a_question_follows_its_words_model_and_sampling_and_not_the_server() -> None:
    llm = LlmSettings(model="m", base_url="http://a")
    asked = Request("clip", ({"role": "user", "content": "x"},), {"type": "object"})
    key = asked.key(llm)
    same = [{"base_url": "http://b"}, {"concurrency": 3}, {"budget_tokens": 5}, {"mode": "batch"}]
    other = [
        {"model": "n"},
        {"temperature": 0.1},
        {"max_tokens": 5},
        {"extra_body": {"top_p": 0.9}},
    ]
    assert {asked.key(llm.model_copy(update=change)) for change in same} == {key}
    others = {asked.key(llm.model_copy(update=change)) for change in other}
    others |= {asked.again().key(llm), asked.again(2).key(llm), asked.then("a", "b").key(llm)}
    assert key not in others and len(others) == 7


def test_lines_hold_no_key_and_are_json(tmp_path: Path) -> None:
    add(Dataset(str(tmp_path)), ["a"])
    (line,) = file(tmp_path).read_text().splitlines()
    assert set(json.loads(line)) >= {"key", "clip_id", "at", "cost", "text", "usage", "model"}
