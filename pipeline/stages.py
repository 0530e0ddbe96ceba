"""The stages of a run, in order, each a piece of work over one shard."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, get_type_hints

from auricle.experts.base import Expert
from auricle.experts.catalogue import AUTO, EXPERTS
from auricle.pipeline.config import Config, make_expert
from auricle.pipeline.containers_cut import cut_all
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.work import Done, Stage, Tell, Work, errors_in
from auricle.pipeline.judge.duplicates import Duplicates
from auricle.pipeline.judge.prints import Prints
from auricle.pipeline.judge.score import Score
from auricle.pipeline.judge.split import Deal
from auricle.pipeline.judge.support import Supported
from auricle.pipeline.judge.verdict import Verdicts
from auricle.pipeline.judging import Judge
from auricle.pipeline.packing import pack
from auricle.pipeline.provenance import made_by
from auricle.pipeline.stage_settings import IngestSettings
from auricle.pipeline.tables import TABLES
from auricle.pipeline.testimonies import testimonies
from auricle.pipeline.text.asking import Task
from auricle.pipeline.text.caption_task import CaptionTask
from auricle.pipeline.text.checks import check_captions, check_qa
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.qa_task import QATask
from auricle.pipeline.text.rules.captions import captions_of
from auricle.pipeline.text.rules.questions import qa_of
from auricle.pipeline.writing import Generate
from auricle.schemas.clip import Recording, Source
from auricle.schemas.text import Mark, Written

STAGES = ("ingest", "annotate", "caption", "qa", "judge", "score", "verify", "split")
"""The stages as the command line names them; `annotate` is all the chains, `judge` may be off."""


def works(config: Config, stage: str | None = None) -> list[Stage]:
    """Return the work of a stage, or of all of them, in order."""
    heard = ("signal", *config.roles())
    makers: dict[str, Callable[[], list[Stage]]] = {
        "ingest": lambda: [Ingest(config.ingest)],
        "annotate": lambda: [
            Chain(name, experts, config.engine.batch_clips)
            for chain, roles in config.chains().items()
            for name, experts in _workers(config, chain, list(roles)).items()
        ],
        "caption": lambda: [_captions(config, heard)],
        "qa": lambda: [_questions(config, heard)],
        "judge": lambda: _judgements(config, heard),
        "score": lambda: _scores(config, heard),
        "verify": lambda: [Duplicates(), _verdicts(config)],
        "split": lambda: [Deal(config.split, "language" in config.roles())],
    }
    return [work for name in ([stage] if stage else STAGES) for work in makers[name]()]


def task(config: Config, name: str) -> Task[Any]:
    """Return what a model is to write in a stage: `caption` or `qa`."""
    return CaptionTask(config.caption.prompt) if name == "caption" else QATask(config.qa)


def _captions(config: Config, heard: tuple[str, ...]) -> Work:
    if config.writer == "llm":
        told = {"writer": "llm"}
        return Generate("caption", "captions", config.llm, heard, told, task(config, "caption"))
    return Write("caption", "captions", captions_of, check_captions, heard, {})


def _questions(config: Config, heard: tuple[str, ...]) -> Work:
    told = config.qa.model_dump(mode="json", exclude={"prompt"})
    if config.writer == "llm":
        told = {"writer": "llm", **told}
        return Generate("qa", "qa", config.llm, heard, told, task(config, "qa"))
    write = partial(qa_of, settings=config.qa)
    return Write("qa", "qa", write, check_qa, heard, told)


def _judgements(config: Config, heard: tuple[str, ...]) -> list[Stage]:
    """Return the work of the second reader, if the configuration names one."""
    judge = config.judge
    if not judge.llm.model:
        return []
    return [Judge("judge", "judgements", judge.llm, heard, {}, judge.prompt, judge.blind_prompt)]


def _scores(config: Config, heard: tuple[str, ...]) -> list[Stage]:
    """Return what is measured of texts and sounds for the verdict; a scorer may be off."""
    score = scoring(config)
    return [Supported(heard), Prints(), *([score] if score else [])]


def scoring(config: Config) -> Score | None:
    """Return the work that holds texts against sound, if a scorer is set."""
    score = config.score
    if score.scorer == "off":
        return None
    settings = {"device": score.device, **({"model": score.model} if score.model else {})}
    tagged = "tags" in config.roles()
    return Score(score.scorer, settings, score.controls, score.seed, tagged)


def _verdicts(config: Config) -> Verdicts:
    return Verdicts(config.verify, config.score.scorer != "off", bool(config.judge.llm.model))


def expert(config: Config, role: str, backend: str | None = None) -> Expert[Any]:
    """Return the expert a configuration asks for in a role, or one of its backends; not loaded."""
    backend = backend or config.backend(role)
    settings = config.expert_settings(role)
    if "threads" in get_type_hints(EXPERTS[role][backend]):
        settings.setdefault("threads", config.engine.threads)
    return make_expert(role, backend, settings)


def experts_of(config: Config) -> tuple[list[Expert[Any]], list[Expert[Any]]]:
    """Return the experts that a run needs, and those of `auto` that one of the first can replace.

    The meter of the signal, which is a part of ingest, and the scorer are among them.
    """
    needed: list[Expert[Any]] = [EXPERTS["signal"]["dsp"]()]
    spare = []
    for role, backend in config.roles().items():
        *better, last = AUTO[role] if backend == "auto" else (backend,)
        spare += [expert(config, role, each) for each in better]
        needed.append(expert(config, role, last))
    if score := scoring(config):
        scorer: Any = score.made()
        needed.append(scorer)
    return needed, spare


def _workers(
    config: Config, chain: str, roles: Sequence[str]
) -> dict[str, tuple[Expert[Any], ...]]:
    experts = [expert(config, role) for role in roles]
    return pack(chain, experts, config.engine.gigabytes, config.engine.gpu_gigabytes)


@dataclasses.dataclass
class Ingest:
    """Sources become recordings, clips and the facts of their native signal."""

    settings: IngestSettings
    name: str = "ingest"
    reads: tuple[str, ...] = ("sources",)
    writes: tuple[str, ...] = ("recordings", "clips", "signal")
    by_row: ClassVar[bool] = True

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return one for each table; where the sources lie does not change a clip."""
        told = self.settings.model_dump(exclude={"shard_clips", "store"})
        return {
            table: Fingerprint(provenance=made_by(table, "ingest", told), settings=told, needs={})
            for table in self.writes
        }

    def load(self) -> None:
        """Nothing to get ready."""

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Cut the clips of a shard of sources; memory holds a few clips at a time."""
        prints = self.fingerprints({})
        with (
            data.writer("signal", shard, prints["signal"].provenance) as add_signal,
            data.writer("clips", shard, prints["clips"].provenance) as add_clips,
            data.writer("recordings", shard, prints["recordings"].provenance) as add_recordings,
        ):
            taken: set[str] = set()
            met: set[int] = set()
            for source in data.rows(Source, shard):
                twice = 0
                for made in cut_all(source, self.settings, met):
                    if isinstance(made, Recording):
                        row, twice = _without(made, twice) if twice else made, 0
                        add_recordings([row])
                        tell(Done(errors=errors_in(row)))
                    elif made[0].clip_id in taken:
                        twice += 1
                    else:
                        clip, signal = made
                        taken.add(clip.clip_id)
                        add_clips([clip])
                        add_signal([signal])
                        tell(Done(1, clip.duration))


def _without(recording: Recording, twice: int) -> Recording:
    """Return the row of an excerpt some of whose clips another excerpt has made already."""
    return recording.model_copy(
        update={
            "status": "error",
            "reason": "overlaps",
            "detail": f"{twice} of its clips belong to another excerpt of this recording too",
            "clips": recording.clips - twice,
        }
    )


@dataclasses.dataclass
class Write:
    """Texts from evidence by rules, which need nothing but the facts of one clip."""

    name: str
    table: str
    write: Callable[[Facts], Written]
    check: Callable[[Any, Facts], list[Mark]]
    heard: tuple[str, ...]
    settings: dict[str, Any]
    by_row: ClassVar[bool] = False

    @property
    def reads(self) -> tuple[str, ...]:
        """All that was said of a clip."""
        return ("recordings", "clips", *self.heard)

    @property
    def writes(self) -> tuple[str, ...]:
        """The one table of texts."""
        return (self.table,)

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the texts."""
        told = {"writer": "rules", **self.settings}
        made = Fingerprint(
            provenance=made_by(self.table, "rules", told),
            settings=told,
            needs={table: needs[table] for table in self.reads},
        )
        return {self.table: made}

    def load(self) -> None:
        """Nothing to get ready."""

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Write the texts of a shard, and mark those that break a rule."""
        record = TABLES[self.table].record
        assert issubclass(record, Written)
        begun = time.perf_counter()
        rows: list[Written] = []
        for testimony in testimonies(data, shard, self.heard):
            facts = learn(testimony)
            if facts.code is None:
                rows.append(record.skipped(facts.clip_id, "no_domain"))
            else:
                row = self.write(facts)
                marks = tuple(self.check(row, facts)) if row.status == "ok" else ()
                rows.append(row.model_copy(update={"marks": marks}) if marks else row)
            tell(Done(1, testimony.duration, errors_in(rows[-1])))
        told = self.fingerprints(dict.fromkeys(self.reads, ""))[self.table].provenance
        data.write(self.table, shard, rows, told, time.perf_counter() - begun)
