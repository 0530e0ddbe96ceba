"""The second reader on the sample clips, whose texts are by rules, against a real chat server."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from chat_server import ChatServer, chat_server
from conftest import FROM_TEXTS, auricle

from auricle.pipeline.config import Config, load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.run import saved_config
from auricle.pipeline.stages import works
from auricle.pipeline.text.judge_blind import read_blind_prompt
from auricle.pipeline.text.telltales import polar
from auricle.pipeline.writing import spent_before
from auricle.schemas.errors import UserError
from auricle.schemas.judgement import Judgement
from auricle.schemas.text import QA, Captions, QAPair, Text, Written

MODEL = "test/judge"
PRICES = {MODEL: {"input": 1.0, "output": 4.0}}
PLANTED = "A volcano erupts in the distance."
DECIDED = {"experts.tags.backend": "events"}
"""A configuration in which no backend is open."""
W = TypeVar("W", bound=Written)


def texts_in(body: dict[str, Any]) -> dict[str, Any]:
    """Return the texts that a request shows."""
    user = next(m["content"] for m in body["messages"] if m["role"] == "user")
    found: dict[str, Any] = json.loads(user.rpartition(":\n{")[2].join(("{", "")))
    return found


def is_blind(body: dict[str, Any]) -> bool:
    return "q1" in texts_in(body)


class Reader:
    """A model that knows some answers by heart and finds the volcanoes that nobody heard."""

    def __init__(self, known: dict[str, tuple[str, float]] | None = None) -> None:
        self.known = known or {}

    def __call__(self, body: dict[str, Any]) -> str:
        texts = texts_in(body)
        return json.dumps(self._guess(texts) if is_blind(body) else self._judge(texts, body))

    def _guess(self, questions: dict[str, str]) -> dict[str, Any]:
        told = {
            name: self.known.get(asked, ("cannot know", 0.1)) for name, asked in questions.items()
        }
        return {name: {"answer": said, "confidence": sure} for name, (said, sure) in told.items()}

    def _judge(self, texts: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        evidence = body["messages"][-1]["content"].partition("Evidence:")[2].partition("Texts:")[0]

        def checked(text: str) -> dict[str, Any]:
            wrong = "volcano" in text and "volcano" not in evidence
            claim = {"claim": "A volcano erupts", "why": "No line tells of it.", "fault": "missing"}
            return {"claims": 2, "unsupported": [claim] if wrong else []}

        answer: dict[str, Any] = {}
        if "captions" in texts:
            answer["captions"] = {n: [checked(t) for t in v] for n, v in texts["captions"].items()}
        if "questions" in texts:
            answer["questions"] = {
                name: {**checked(told["answer"]), "same": told["blind"] == told["answer"]}
                for name, told in texts["questions"].items()
            }
        return answer


class Place:
    """A dataset of the sample clips with texts, a server, and the settings that name a judge."""

    def __init__(self, folder: Path, server: ChatServer) -> None:
        self.folder, self.server = folder, server
        self.data = Dataset(str(folder))

    def run(self, *arguments: str, **judge: Any) -> subprocess.CompletedProcess[str]:
        command, *more = arguments
        return auricle(command, str(self.folder), "--config", str(self.config(**judge)), *more)

    def config(self, llm: dict[str, Any] | None = None, **judge: Any) -> Path:
        saved = saved_config(self.data)
        assert saved is not None
        told = saved.model_dump(mode="json")
        settings = {"base_url": self.server.url, "model": MODEL, "prices": PRICES, "retries": 2}
        told["judge"] = {"llm": {**settings, **(llm or {})}, **judge}
        path = self.folder.parent / "judge.yaml"
        path.write_text(yaml.safe_dump(told))
        return path

    def rows(self) -> list[Judgement]:
        shards = self.data.shards("judgements")
        return [row for shard in shards for row in self.data.rows(Judgement, shard)]

    def change(self, table: str, kind: type[W], change: Callable[[W], W]) -> None:
        """Write a table anew, with every row changed."""
        made = self.data.provenance(table, 0)
        assert made is not None and self.data.shards(table) == [0]
        self.data.write(table, 0, [change(row) for row in self.data.rows(kind, 0)], made)

    def modified(self) -> dict[str, int]:
        files = self.folder.rglob("*.parquet")
        return {str(p.relative_to(self.folder)): p.stat().st_mtime_ns for p in files}


@pytest.fixture
def place(demo: Path, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    with ExitStack() as stack:

        def make(**about: Any) -> Place:
            folder = tmp_path / "set"
            shutil.copytree(demo, folder)
            for table in FROM_TEXTS:
                shutil.rmtree(folder / table)
            given = {"answer": Reader(), "models": (MODEL,), **about}
            return Place(folder, stack.enter_context(chat_server(**given)))

        yield make


@pytest.fixture(scope="module")
def captions(demo: Path) -> dict[str, Captions]:
    return {row.clip_id: row for row in Dataset(str(demo)).rows(Captions, 0)}


@pytest.fixture(scope="module")
def qa(demo: Path) -> dict[str, QA]:
    return {row.clip_id: row for row in Dataset(str(demo)).rows(QA, 0)}


@pytest.fixture(scope="module")
def judged(captions: dict[str, Captions], qa: dict[str, QA]) -> list[str]:
    """The clips that have captions and questions."""
    return [name for name, row in captions.items() if {row.status, qa[name].status} == {"ok"}]


def once(qa: dict[str, QA], form: bool | None) -> QAPair:
    """Return the first pair of a form whose question is asked of one clip alone."""
    pairs = [pair for row in qa.values() for pair in row.pairs]
    asked = Counter(pair.question for pair in pairs)
    return next(p for p in pairs if asked[p.question] == 1 and polar(p.answer) is form)


def test_an_ordinary_run_has_no_judge(demo: Path) -> None:
    assert not (demo / "judgements").exists()
    assert "judge" not in [work.name for work in works(load_config(None, DECIDED))]
    done = auricle("judge", str(demo))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == (
        "auricle: judge.llm.model is not set; docs/judge.md shows how to name a judge"
    )


def test_questions_that_need_no_listening_and_planted_claims_are_found(
    place: Any, captions: dict[str, Captions], qa: dict[str, QA], judged: list[str]
) -> None:
    known, lucky = once(qa, None), once(qa, False)
    sure = next(pair for row in qa.values() for pair in row.pairs if polar(pair.answer) is True)
    by_heart = {known.question: (known.answer, 0.9), lucky.question: (lucky.answer, 0.6),
                sure.question: (sure.answer, 0.9)}  # fmt: skip
    made = place(answer=Reader(by_heart), moods=lambda body: "reasoning_content")
    liar = judged[-1]

    def plant(row: Captions) -> Captions:
        if row.clip_id != liar:
            return row
        first, *others = row.long or ()
        lie = Text(text=f"{first.text} {PLANTED}", support=first.support, confidence=0.9)
        return row.model_copy(update={"long": (lie, *others)})

    made.change("captions", Captions, plant)
    done = made.run("judge")
    assert done.returncode == 0, done.stderr
    rows = {row.clip_id: row for row in made.rows()}
    assert list(rows) == list(captions)
    assert [name for name, row in rows.items() if row.status == "ok"] == judged

    found = [(row.clip_id, claim) for row in rows.values() for claim in row.unsupported]
    assert [(name, claim.where, claim.fault) for name, claim in found] == [
        (liar, "long/0", "missing")
    ]
    assert found[0][1].claim == "A volcano erupts"
    unheard = {q.qa_id: q for row in rows.values() for q in row.questions if not q.needs_listening}
    assert known.qa_id in unheard and sure.qa_id in unheard
    answers = {pair.qa_id: pair for row in qa.values() for pair in row.pairs}
    assert {answers[name].question for name in unheard} == {known.question, sure.question}
    guess = next(q for row in rows.values() for q in row.questions if q.qa_id == lucky.qa_id)
    assert guess.same and guess.needs_listening and guess.blind_confidence == 0.6

    row = rows[liar]
    assert [q.qa_id for q in row.questions] == [pair.qa_id for pair in qa[liar].pairs]
    texts = [t for kind in ("short", "long", "speech", "music", "sound", "environment")
             for t in getattr(captions[liar], kind) or ()]  # fmt: skip
    assert row.claims == 2 * (len(texts) + 5)
    assert (row.model, row.requests) == (MODEL, 2)
    assert row.cost == pytest.approx((row.prompt_tokens + 4 * row.completion_tokens) / 1e6)
    assert (row.reasoning or "").count("Is it a dog") == 2
    assert made.server.requests == 2 * len(judged)
    spent = sum(row.prompt_tokens + row.completion_tokens for row in rows.values())
    assert spent == made.server.prompt_tokens + made.server.completion_tokens


def test_the_blind_reader_is_shown_questions_alone(
    place: Any, qa: dict[str, QA], judged: list[str]
) -> None:
    made = place()
    assert made.run("judge").returncode == 0
    blind = [asked.body for asked in made.server.asked if is_blind(asked.body)]
    assert len(blind) == len(judged)
    system = read_blind_prompt("blind_v1").system
    shown = []
    for body in blind:
        told = {message["role"]: message["content"] for message in body["messages"]}
        assert len(body["messages"]) == len(told) == 2 and told["system"] == system
        head, _, rest = told["user"].partition("\n")
        questions = json.loads(rest)
        assert head == "Questions:" and list(questions) == ["q1", "q2", "q3", "q4", "q5"]
        shown.append(list(questions.values()))
    wanted = [[pair.question for pair in qa[name].pairs] for name in judged]
    assert sorted(shown) == sorted(wanted)
    outside = {json.dumps({**body, "messages": []}, sort_keys=True) for body in blind}
    assert len(outside) == 1  # what is sent beside the messages does not depend on the clip
    judge = [asked.body for asked in made.server.asked if not is_blind(asked.body)]
    assert all("[E1]" in body["messages"][-1]["content"] for body in judge)


def test_a_clip_with_captions_or_questions_alone_is_judged_by_what_it_has(
    place: Any, judged: list[str]
) -> None:
    asked, told, neither, *_ = judged
    made = place()

    def lose(*names: str) -> Callable[[Any], Any]:
        return lambda row: (
            type(row).failed(row.clip_id, "refused", "no") if row.clip_id in names else row
        )

    made.change("captions", Captions, lose(asked, neither))
    made.change("qa", QA, lose(told, neither))
    assert made.run("judge").returncode == 0
    rows = {row.clip_id: row for row in made.rows()}
    assert [rows[name].requests for name in (asked, told, neither)] == [2, 1, 0]
    assert (rows[asked].status, rows[asked].claims, len(rows[asked].questions)) == ("ok", 10, 5)
    assert rows[told].status == "ok" and rows[told].claims > 0 and rows[told].questions == ()
    assert (rows[neither].status, rows[neither].reason) == ("skipped", "no_texts")
    assert rows[neither].model is None


def test_a_judge_that_misquotes_is_told_and_what_stays_wrong_can_be_tried_again(
    place: Any, qa: dict[str, QA], judged: list[str]
) -> None:
    first = {name: qa[name].pairs[0].question for name in judged}
    counts = Counter(first.values())
    mended, stubborn, silent, *_ = [name for name in judged if counts[first[name]] == 1]
    good = Reader()

    def answer(body: dict[str, Any]) -> str:
        said = json.loads(good(body))
        asked = texts_in(body).get("questions", {}).get("q1", {}).get("question")
        repaired = len(body["messages"]) > 2
        if asked == first[stubborn] or (asked == first[mended] and not repaired):
            claim = {"claim": "a purple elephant", "why": "No line.", "fault": "missing"}
            said["questions"]["q1"]["unsupported"] = [claim]
        return json.dumps(said)

    def mood(body: dict[str, Any]) -> str | None:
        mute = is_blind(body) and texts_in(body)["q1"] == first[silent]
        return "refusal in prose" if mute else None

    made = place(answer=answer, moods=mood)
    done = made.run("judge")
    assert done.returncode == 0 and "1 invalid_answer in judgements" in done.stdout
    rows = {row.clip_id: row for row in made.rows()}
    assert (rows[mended].status, rows[mended].requests) == ("ok", 3)
    bad, mute = rows[stubborn], rows[silent]
    assert (bad.status, bad.reason, bad.requests) == ("error", "invalid_answer", 3)
    assert 'does not say "a purple elephant"' in (bad.detail or "")
    assert (mute.status, mute.reason, mute.requests) == ("error", "refused", 1)
    assert (mute.detail or "").startswith("asked blind: ") and mute.cost
    before, texts = made.server.requests, made.modified()
    made.server.answer = good
    assert auricle("errors", str(made.folder), "--retry", "invalid_answer").returncode == 0
    assert made.server.requests == before + 2  # that clip's two, and no other's
    rows = {row.clip_id: row for row in made.rows()}
    assert (rows[stubborn].status, rows[silent].status) == ("ok", "error")
    changed = {name for name, when in made.modified().items() if texts.get(name, when) != when}
    assert changed == {"judgements/shard-00000.parquet"}


def test_its_budget_is_its_own_and_what_was_paid_for_is_not_asked_again(
    place: Any, judged: list[str]
) -> None:
    made = place()
    line = {"key": "k", "clip_id": "c", "cost": 500.0, "letters": 9, "text": "{}",
            "usage": {"prompt": 900, "completion": 100, "cached": 0}}  # fmt: skip
    journal = made.folder / "journals" / "caption" / "shard-00000.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text(f"{json.dumps(line)}\n")
    small = {"budget_usd": 0.03, "max_tokens": 700, "concurrency": 4}
    stopped = made.run("judge", llm=small)
    assert stopped.returncode == 2
    (told,) = stopped.stderr.strip().splitlines()
    assert told.startswith("auricle: judge: the budget of 0.03 USD is spent")
    first = made.server.requests
    assert 0 < first < 2 * len(judged)
    assert (made.run("judge", llm=small).returncode, made.server.requests) == (2, first)
    done = made.run("judge", llm={**small, "budget_usd": 9.0})
    assert done.returncode == 0, done.stderr
    assert made.server.requests == 2 * len(judged)
    rows = made.rows()
    again = made.run("judge", "--redo", "judge", llm={**small, "budget_usd": 9.0})
    assert again.returncode == 0, again.stderr
    assert made.server.requests == 2 * len(judged)
    assert made.rows() == rows
    writer = LlmSettings(budget_tokens=1)
    assert spent_before(made.data, writer) == (1, 1000, 500.0)
    assert spent_before(made.data, writer, ("judge",)).requests == 2 * len(judged)


def test_another_judge_is_refused_until_it_is_meant_and_leaves_the_texts_alone(
    place: Any, judged: list[str], tmp_path: Path
) -> None:
    made = place()
    assert made.run("judge").returncode == 0
    texts, before = made.modified(), made.server.requests
    prompt = tmp_path / "terse.yaml"
    prompt.write_text(yaml.safe_dump({"notes": "Terse.", "user": "JSON. Questions:\n{questions}"}))
    refused = made.run("judge", blind_prompt=str(prompt))
    assert refused.returncode == 2 and "judgements was made with other" in refused.stderr
    assert "another prompt" in refused.stderr and "nothing else" in refused.stderr
    done = made.run("judge", "--redo", "judge", blind_prompt=str(prompt))
    assert done.returncode == 0, done.stderr
    # the blind answers are the same words, so the judge's own answers are in the journal
    assert made.server.requests == before + len(judged)
    changed = {name for name, when in made.modified().items() if texts.get(name, when) != when}
    assert changed == {"judgements/shard-00000.parquet"}
    wrong = made.run("judge", "--redo", "judge", llm={"model": "test/jugde"})
    assert wrong.returncode == 2
    (told,) = wrong.stderr.strip().splitlines()
    assert told.startswith("auricle: judge.llm.model: ") and "it has test/judge" in told


def test_what_decides_a_judgement_is_in_its_fingerprint_and_in_no_other(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    user = "{evidence} {texts} {questions}"
    other.write_text(yaml.safe_dump({"notes": "Other.", "user": user}))

    def digests(table: str, **judge: Any) -> str:
        llm = {"base_url": "http://here/v1", "model": MODEL, **judge.pop("llm", {})}
        config = Config.model_validate({"judge": {"llm": llm, **judge}})
        stage = {"judgements": "judge", "captions": "caption", "qa": "qa"}[table]
        (work,) = works(config, stage)
        return work.fingerprints(dict.fromkeys(work.reads, ""))[table].digest

    changes: Sequence[dict[str, Any]] = (
        {"llm": {"model": "test/other"}},
        {"llm": {"temperature": 0.5}},
        {"prompt": str(other)},
        {"blind_prompt": str(other)},
    )
    assert len({digests("judgements", **change) for change in ({}, *changes)}) == 5
    elsewhere = {"llm": {"base_url": "http://there/v1", "budget_tokens": 5}}
    assert digests("judgements", **elsewhere) == digests("judgements")
    for table in ("captions", "qa"):
        assert len({digests(table, **change) for change in ({}, *changes)}) == 1


def test_the_judge_reads_after_the_writers_and_before_the_split() -> None:
    llm = {"base_url": "http://here/v1", "model": MODEL}
    names = [work.name for work in works(load_config(None, {**DECIDED, "judge.llm": llm}))]
    assert names[-8:-5] == ["caption", "qa", "judge"]
    assert names[-2:] == ["verify", "split"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("judge: {model: m}", "judge.model: model is not a setting"),
        (
            "judge: {blind_promt: b}",
            "judge.blind_promt: blind_promt is not a setting; did you mean",
        ),
        (
            "judge: {llm: {modell: m}}",
            "judge.llm.modell: modell is not a setting; did you mean model?",
        ),
        ("judge: {llm: {model: m}}", "judge: llm.base_url is not set"),
        ("judge: {llm: {base_url: 'http://x/v1'}}", "judge: llm.model is not set"),
        (
            "judge: {llm: {base_url: 'http://x/v1', model: m, budget_usd: 1}}",
            "judge.llm: budget_usd needs the price of m in prices",
        ),
    ],
)
def test_a_mistake_in_its_settings_is_named_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_config(str(path))
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_prompt_that_is_not_there_is_one_line(place: Any) -> None:
    made = place()
    done = made.run("judge", prompt="juge_v1")
    (told,) = done.stderr.strip().splitlines()
    assert done.returncode == 2 and "juge_v1 is not a prompt; did you mean judge_v1?" in told
    assert made.server.requests == 0


def test_on_ray_a_run_judges_what_it_finds_with_the_same_rows(place: Any) -> None:
    made = place()
    assert made.run("judge").returncode == 0
    rows, total = made.rows(), made.server.requests
    shutil.rmtree(made.folder / "judgements")
    shutil.rmtree(made.folder / "journals")
    source = saved_config(made.data)
    assert source is not None and source.source is not None
    done = auricle(
        "run", source.source, "--out", str(made.folder), "--config", str(made.config()),
        "--engine", "ray",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert made.rows() == rows
    assert made.server.requests == 2 * total
