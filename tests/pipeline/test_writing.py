"""The stages that a model writes, on the sample clips, against a real chat server."""

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
from conftest import FROM_TEXTS, ROOT, auricle
from scribe import answering, scribe

from auricle.pipeline import testimonies as shard
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.run import saved_config
from auricle.pipeline.spending import spending
from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.caption_task import CaptionTask
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.qa_task import QATask
from auricle.schemas.text import QA, Captions

KEY = "sk-secret-0123456789abcdef"
PRICES = {"test/pen": {"input": 1.0, "output": 4.0}}


class Place:
    """A dataset of the sample clips, a server, and the settings to bring them together."""

    def __init__(self, folder: Path, server: ChatServer) -> None:
        self.folder, self.server = folder, server
        self.data = Dataset(str(folder))

    def run(self, *arguments: str, **llm: Any) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line on the dataset, writing by the server's model."""
        config = self.config(**llm)
        command, *more = arguments
        return auricle(command, str(self.folder), "--config", str(config), *more, PEN_KEY=KEY)

    def config(self, prompt: str = "caption_v1", **llm: Any) -> Path:
        saved = saved_config(self.data)
        assert saved is not None
        told = saved.model_dump(mode="json")
        settings = {"base_url": self.server.url, "model": "test/pen", "key_variable": "PEN_KEY"}
        quick = {"retries": 2, "first_token_seconds": 20, "prices": PRICES}
        told["writer"] = "llm"
        told["llm"] = {**settings, **quick, **llm}
        told["caption"] = {"prompt": prompt}
        path = self.folder.parent / "llm.yaml"
        path.write_text(yaml.safe_dump(told))
        return path

    def captions(self) -> list[Captions]:
        shards = self.data.shards("captions")
        return [row for shard in shards for row in self.data.rows(Captions, shard)]

    def qa(self) -> list[QA]:
        return [row for shard in self.data.shards("qa") for row in self.data.rows(QA, shard)]


def facts_of(data: Dataset) -> list[Facts]:
    config = saved_config(data)
    assert config is not None
    heard = ("signal", *config.roles())
    numbers = data.shards("clips")
    return [learn(said) for number in numbers for said in shard.testimonies(data, number, heard)]


@pytest.fixture(scope="module")
def known(demo: Path) -> list[Facts]:
    return facts_of(Dataset(str(demo)))


@pytest.fixture(scope="module")
def answers(known: list[Facts]) -> dict[str, str]:
    return scribe(known, CaptionTask("caption_v1"), QATask(QASettings()))


@pytest.fixture
def place(demo: Path, answers: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """A copy of the samples' dataset without texts, and a server with some moods."""
    with ExitStack() as stack:

        def make(**about: Any) -> Place:
            folder = tmp_path / "set"
            shutil.copytree(demo, folder)
            for table in ("captions", "qa", *FROM_TEXTS):
                shutil.rmtree(folder / table)
            about = {"key": KEY, "answer": answering(answers), **about}
            return Place(folder, stack.enter_context(chat_server(**about)))

        yield make


def clip_of(body: dict[str, Any]) -> str:
    return str(next(m["content"] for m in body["messages"] if m["role"] == "user"))


def test_the_samples_are_captioned_and_questioned(place: Any, known: list[Facts]) -> None:
    made = place(moods=lambda body: "reasoning_content")
    for stage in ("caption", "qa"):
        done = made.run(stage)
        assert done.returncode == 0, done.stderr
    spent = spending(made.data)
    assert [(used.table, used.model) for used in spent] == [
        ("captions", "test/pen"),
        ("qa", "test/pen"),
    ]
    assert f"qa by test/pen: {spent[1].rows} rows, {spent[1].requests} requests" in done.stdout
    captions, qa = made.captions(), made.qa()
    assert [row.clip_id for row in captions] == [facts.clip_id for facts in known]
    assert [row.clip_id for row in qa] == [facts.clip_id for facts in known]
    for row, facts in zip(captions, known, strict=True):
        ids = {fact.id for fact in facts.all}
        assert row.status == "ok" and row.long is not None
        assert row.model == "test/pen" and row.requests >= 1
        assert row.prompt_tokens > 500 and row.completion_tokens > 50
        paid = (row.prompt_tokens + 4 * row.completion_tokens) / 1e6
        assert row.cost == pytest.approx(paid)
        assert row.reasoning is not None and "Is it a dog" in row.reasoning
        assert all("dog?" not in text.text for text in row.long)
        assert all(set(text.support) <= ids and text.support for text in row.long)
    assert all(len(row.pairs) == 5 for row in qa if row.status == "ok")
    assert made.data.provenance("captions", 0).backend == "llm"
    assert made.data.provenance("captions", 0).prompt_hash
    assert made.server.failures == []


def test_the_key_is_nowhere_in_the_dataset_or_the_output(place: Any) -> None:
    made = place()
    done = made.run("caption")
    assert done.returncode == 0
    assert all(asked.headers["authorization"] == f"Bearer {KEY}" for asked in made.server.asked)
    assert KEY not in done.stdout + done.stderr
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_what_was_paid_for_is_not_asked_again(place: Any) -> None:
    made = place()
    assert made.run("caption").returncode == 0
    before, rows = made.server.requests, made.captions()
    again = made.run("caption", "--redo", "caption")
    assert again.returncode == 0, again.stderr
    assert made.server.requests == before
    assert made.captions() == rows


def test_another_prompt_is_refused_until_it_is_meant_and_then_asks_anew(
    place: Any, tmp_path: Path, known: list[Facts]
) -> None:
    made = place()
    for stage in ("caption", "qa"):
        assert made.run(stage).returncode == 0
    before, qa = made.server.requests, made.qa()
    prompt = tmp_path / "terse.yaml"
    user = "Evidence:\n{evidence}\n{categories} of {domain}. It is {seconds} long."
    prompt.write_text(yaml.safe_dump({"notes": "Terse.", "system": "JSON.", "user": user}))
    refused = made.run("caption", prompt=str(prompt))
    assert refused.returncode == 2 and "another prompt" in refused.stderr
    assert made.server.requests == before
    made.server.answer = answering(scribe(known, CaptionTask(str(prompt))))
    done = made.run("caption", "--redo", "caption", prompt=str(prompt))
    assert done.returncode == 0, done.stderr
    assert made.server.requests >= before + len(known)
    assert all(row.status == "ok" for row in made.captions())
    assert made.qa() == qa


def test_an_answer_that_is_not_valid_gets_one_repair_turn(place: Any, known: list[Facts]) -> None:
    first = {"not json", "broken json", "missing key"}
    seen: dict[str, int] = {}

    def mood(body: dict[str, Any]) -> str | None:
        turn = seen[clip_of(body)] = seen.get(clip_of(body), 0) + 1
        return sorted(first)[len(seen) % 3] if turn == 1 else None

    made = place(moods=mood)
    assert made.run("caption").returncode == 0
    assert all(row.status == "ok" and row.requests >= 2 for row in made.captions())
    repairs = [
        asked.body["messages"] for asked in made.server.asked if len(asked.body["messages"]) == 4
    ]
    assert len(repairs) >= len(known)
    assert all("not a valid answer" in messages[-1]["content"] for messages in repairs)


@pytest.mark.parametrize(
    ("mood", "reason", "requests"),
    [
        ("not json", "invalid_answer", 2),
        ("wrong enum", "invalid_answer", 2),
        ("truncated", "truncated", 2),
        ("empty", "empty_answer", 2),
        ("refusal in prose", "refused", 1),
        ("context_length_exceeded", "prompt_too_long", 0),
    ],
)
def test_what_stays_wrong_is_a_row_with_its_reason(
    place: Any, known: list[Facts], mood: str, reason: str, requests: int
) -> None:
    wanted = next(facts for facts in known if facts.code == "S00")
    bad = QATask(QASettings()).request(wanted).messages[-1]["content"]
    made = place(moods=lambda body: mood if clip_of(body) == bad else None)
    assert made.run("qa").returncode == 0
    rows = {row.clip_id: row for row in made.qa()}
    row = rows[wanted.clip_id]
    assert (row.status, row.reason, row.requests) == ("error", reason, requests)
    assert [r.clip_id for r in rows.values() if r.status == "error"] == [wanted.clip_id]


def test_what_stayed_wrong_is_tried_again_when_asked_for_and_not_before(
    place: Any, known: list[Facts]
) -> None:
    wanted = next(facts for facts in known if facts.code == "S00")
    bad = QATask(QASettings()).request(wanted).messages[-1]["content"]
    made = place(moods=lambda body: "not json" if clip_of(body) == bad else None)
    assert made.run("qa").returncode == 0
    before = made.server.requests
    made.server.moods = []
    made.config()
    assert made.run("qa").returncode == 0 and made.server.requests == before
    done = auricle("errors", str(made.folder), "--retry", "invalid_answer", PEN_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert {row.status for row in made.qa()} <= {"ok", "skipped"}


def test_texts_that_break_a_rule_are_written_anew_once_and_then_marked(
    place: Any, known: list[Facts], answers: dict[str, str]
) -> None:
    task = CaptionTask("caption_v1")
    questions = {task.request(f).messages[-1]["content"]: f for f in known if f.code == "S00"}
    mended, stubborn, *_ = questions

    def answer(body: dict[str, Any]) -> str:
        good = answers[clip_of(body)]
        told = len(body["messages"]) > 2
        if clip_of(body) == stubborn or (clip_of(body) == mended and not told):
            said = json.loads(good)
            said["long"][0]["text"] = "The classifier hears a voice with a probability of 0.93."
            return json.dumps(said)
        return good

    made = place(answer=answer)
    assert made.run("caption").returncode == 0
    rows = {row.clip_id: row for row in made.captions()}
    assert rows[questions[mended].clip_id].marks == ()
    assert rows[questions[mended].clip_id].requests == 2
    marked = rows[questions[stubborn].clip_id]
    assert (marked.status, marked.requests) == ("ok", 2)
    assert "expert_talk" in {mark.check for mark in marked.marks}
    assert {mark.where for mark in marked.marks} == {"long/0"}
    told = next(
        asked.body["messages"][-1]["content"]
        for asked in made.server.asked
        if clip_of(asked.body) == mended and len(asked.body["messages"]) == 4
    )
    assert "long, variant 1" in told and "classifier" in told


def test_a_question_that_another_clip_asks_too_is_written_anew(
    place: Any, known: list[Facts], answers: dict[str, str]
) -> None:
    task = QATask(QASettings())
    asked = {task.request(f).messages[-1]["content"] for f in known if f.code and f.all}

    def answer(body: dict[str, Any]) -> str:
        said = json.loads(answers[clip_of(body)])
        if len(body["messages"]) == 2:
            said["pairs"][0]["question"] = "What is the very first thing to be heard here?"
        return json.dumps(said)

    made = place(answer=answer)
    assert made.run("qa").returncode == 0
    repeated = [row for row in made.qa() if any(m.check == "repeated_question" for m in row.marks)]
    assert len(repeated) <= len(asked) // 4  # samples that sound alike are asked alike by rules
    again = [a for a in made.server.asked if len(a.body["messages"]) == 4]
    assert len(again) >= len(asked) - 1
    assert any("is asked of another clip too" in a.body["messages"][-1]["content"] for a in again)


def start(made: Place, *arguments: str, **llm: Any) -> "subprocess.Popen[str]":
    command, *more = arguments
    line = [sys.executable, "-m", "auricle.pipeline.cli", command, str(made.folder)]
    return subprocess.Popen(
        [*line, "--config", str(made.config(**llm)), *more],
        cwd=ROOT,
        env={**os.environ, "PEN_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def test_killed_with_50_requests_in_flight_the_rerun_asks_again_for_those_alone(
    demo: Path, tmp_path: Path
) -> None:
    total, held = 200, 50
    data = clone(Dataset(str(demo)), tmp_path / "set", total, shard_clips=80)
    answers = scribe(facts_of(data), CaptionTask("caption_v1"))

    def latency(body: dict[str, Any]) -> float:
        return 0.05 if server.requests <= total - held else 60.0

    with chat_server(key=KEY, answer=answering(answers), latency=latency) as server:
        made = Place(tmp_path / "set", server)
        process = start(made, "caption")
        wait_for(lambda: server.answered >= total - held and server.busy >= held)
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (server.answered, server.requests) == (total - held, total)
        wait_for(lambda: server.busy == 0)
        server.settings.latency = 0.0
        assert made.run("caption").returncode == 0
        assert server.requests == total + held
        assert len({row.clip_id for row in made.captions()}) == total


def test_a_budget_stops_cleanly_and_a_larger_one_goes_on(place: Any, known: list[Facts]) -> None:
    total = sum(1 for facts in known if facts.code and facts.all)
    made = place()
    stopped = made.run("caption", budget_usd=0.02, max_tokens=700, concurrency=4)
    assert stopped.returncode == 2
    assert "the budget of 0.02 USD is spent" in stopped.stderr
    first = made.server.requests
    assert 0 < first < total
    journal = made.folder / "journals" / "caption" / "shard-00000.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len(lines) == first
    assert 0.01 < sum(line["cost"] for line in lines) <= 0.021
    again = made.run("caption", budget_usd=0.02, max_tokens=700, concurrency=4)
    assert (again.returncode, made.server.requests) == (2, first)
    done = made.run("caption", budget_usd=9.0, max_tokens=700)
    assert done.returncode == 0, done.stderr
    assert made.server.requests == total
    assert made.server.aborted == 0


def test_a_terminated_run_lets_what_is_in_flight_end(place: Any, known: list[Facts]) -> None:
    made = place(latency=2.0)
    process = start(made, "caption", concurrency=8)
    wait_for(lambda: made.server.busy >= 8)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 143, error
    sent = made.server.requests
    assert 8 <= sent <= 9  # the first one goes alone
    assert (made.server.answered, made.server.aborted) == (sent, 0)
    made.server.settings.latency = 0.0
    assert made.run("caption").returncode == 0
    assert made.server.requests == sum(1 for facts in known if facts.code and facts.all)


def test_on_ray_both_stages_end_with_the_same_texts_under_one_budget(
    place: Any, demo: Path, tmp_path: Path
) -> None:
    made = place(latency=0.05)
    for stage in ("caption", "qa"):
        assert made.run(stage).returncode == 0
    captions, qa = made.captions(), made.qa()
    total = made.server.requests
    for table in ("captions", "qa", "journals"):
        shutil.rmtree(made.folder / table)
    made.server.requests = made.server.busiest = 0
    source = saved_config(made.data).source
    done = auricle(
        "run", source, "--out", str(made.folder), "--config", str(made.config(concurrency=3)),
        "--engine", "ray", PEN_KEY=KEY,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (made.captions(), made.qa()) == (captions, qa)
    assert made.server.requests == total
    assert made.server.busiest <= 3


def test_on_ray_a_spent_budget_is_one_line(place: Any) -> None:
    made = place()
    stopped = made.run("caption", "--engine", "ray", budget_tokens=9000, max_tokens=700)
    assert stopped.returncode == 2, stopped.stdout
    assert stopped.stderr.strip().splitlines()[-1].startswith("auricle: the budget of 9,000 tokens")
    assert "Traceback" not in stopped.stderr


def test_what_would_be_sent_is_shown_word_for_word(place: Any, known: list[Facts]) -> None:
    made = place()
    clip = next(facts.clip_id for facts in known if facts.code == "S00")
    config = str(made.config())
    shown = auricle("prompt", "show", str(made.folder), clip, "--config", config, "--json")
    told = json.loads(shown.stdout)
    assert told["counted_by"].startswith("estimated")
    assert made.run("caption").returncode == 0
    sent = [asked.body["messages"] for asked in made.server.asked]
    assert told["messages"] in sent
    counted = json.loads(
        auricle("prompt", "show", str(made.folder), clip, "--json", PEN_KEY=KEY).stdout
    )
    row = next(row for row in made.captions() if row.clip_id == clip)
    assert counted["counted_by"] == "counted by the server"
    assert counted["tokens"] == row.prompt_tokens
    plain = auricle("prompt", "show", str(made.folder), clip, "--task", "qa", PEN_KEY=KEY)
    assert "tokens (by" in plain.stdout or "estimated" in plain.stdout
    assert "direct_perception" in plain.stdout and "[E1]" in plain.stdout
