"""The Ray engine: supervised pools of actors that pull the shards that are ready for them."""

import dataclasses
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.agenda import Agenda, Piece
from auricle.pipeline.engine.hands import Call, Hand, Hands, news
from auricle.pipeline.engine.metrics import Metrics
from auricle.pipeline.engine.pace import Pace
from auricle.pipeline.engine.parts import Reason
from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.ray_start import connect
from auricle.pipeline.engine.staffing import Staffing
from auricle.pipeline.engine.stopping import Terminated, listen, noticed
from auricle.pipeline.engine.work import Done, Work
from auricle.pipeline.llm.governor import Governor
from auricle.pipeline.llm.ray_governor import start_governor
from auricle.pipeline.stage_settings import EngineSettings
from auricle.pipeline.writing import GRACE, Generate, spent_before
from auricle.schemas.errors import UserError

Fault = Literal["node", "slow", "worker_died", "worker_hung"]

_TICK = 1.0
"""Seconds between two looks at the workers."""
_LONGEST_TICK = 5.0
"""What is more is time in which this process was stopped itself; workers are not to blame."""
_STARTS = 3
"""How often in a row the workers of a stage may die or hang while they load."""
_LOADING, _LEAST_LOADING = 3, 120.0
"""How many times `patience` a worker may take to load, and seconds that are never too long."""
_NODE_GONE = ("node has died", "node was terminated", "node is dead", "unschedulable")
"""What Ray says of a worker that died with its node."""
_WHY: dict[Reason, str] = {
    "worker_died": "its worker died each time that it came here: a crash, or lack of memory",
    "worker_hung": "its worker hung each time that it came here",
}


def run_ray(
    data: Dataset, works: Sequence[Work], progress: Progress, settings: EngineSettings
) -> None:
    """Do what is pending of all works; a shard starts a stage as soon as it has what it needs.

    There are at once as many workers as the cluster has room for. A stage with little left makes
    room for one with more. Nodes may come and go. Workers that die, hang or are far too slow are
    replaced. A shard whose worker died or hung is divided until the clip that does it is alone:
    that one gets an error row. A stage that waits for a server has one worker, which takes no
    place and has several shards.

    Raises:
        UserError: the cluster cannot be reached or has no place, a stage cannot load, or a shard
            that cannot be divided kills its worker again and again.
        Terminated: SIGTERM came; what was in flight has had some seconds to end.
    """
    import ray

    with noticed() as asked:
        started = connect(settings)
        listen(asked)  # Ray's own handler would end the process at once
        try:
            told = Metrics(progress, data.storage.uri)
            _Pool(data, list(_governed(data, works)), told, settings, asked).run()
        finally:
            if started:
                ray.shutdown()


def _governed(data: Dataset, works: Sequence[Work]) -> Iterator[Work]:
    """Yield the works; those that ask the same model share its pace and budget."""
    governors: dict[str, Governor] = {}
    for work in works:
        if isinstance(work, Generate):
            key = work.llm.model_dump_json()
            if key not in governors:
                governors[key] = start_governor(work.llm, spent_before(data, work.llm))
            yield dataclasses.replace(work, governor=governors[key])
        else:
            yield work


class _Pool:
    """The workers of all stages, the pieces they have, and what happens to both."""

    def __init__(
        self,
        data: Dataset,
        works: Sequence[Work],
        progress: Progress,
        settings: EngineSettings,
        asked: threading.Event,
    ) -> None:
        self.asked_to_end = asked
        self.agenda = Agenda(data, works)
        self.progress = progress
        self.patience = settings.patience
        self.hands = Hands(data.storage.uri)
        self.pace = Pace(settings.patience)
        self.staffing = Staffing(self.agenda, self.hands, self.pace, settings)
        self.starts: Counter[str] = Counter()
        """How often in a row the workers of a stage did not load."""
        self.now = 0.0
        """Seconds that the run takes so far, less those in which this process was stopped."""
        self.last = time.monotonic()
        self.looked = 0.0

    def run(self) -> None:
        """Work until no piece is ready and none is in flight."""
        for stage, work in self.agenda.works.items():
            todo, total = self.agenda.todo(stage), len(self.agenda.shards)
            cut = "clips" in work.reads and self.agenda.done["clips"].issuperset(todo)
            clips = sum(map(self.agenda.clips, todo)) if cut else None
            self.progress.start(stage, total, total - len(todo), clips)
        try:
            while self._assign():
                self._wait()
        finally:
            self.staffing.end()
            self.hands.end(GRACE + 5)
            for stage, pieces in self.agenda.ready.items():
                self.progress.pool(stage, 0, 0, len(pieces))

    def _assign(self) -> bool:
        """Give every free worker a piece; False when there is nothing left to wait for."""
        ready, staffing = self.agenda.ready, self.staffing
        if not any(ready.values()) and not any(hand.begun for hand in self.hands.all):
            return False
        staffing.look(self.now)
        for stage in sorted(ready, key=lambda name: -staffing.left(name)):
            for hand in self.hands.of(stage):
                while ready[stage] and hand.free:
                    self.hands.give(hand, ready[stage].popleft(), self.now)
            staffing.hire(stage, self.now)
        for stage in ready:
            own = list(self.hands.of(stage))
            busy = sum(bool(hand.begun) for hand in own)
            self.progress.pool(stage, len(own), busy, len(ready[stage]))
        return True

    def _wait(self) -> None:
        """Wait for an answer or for a tick, and see to the workers."""
        import ray

        if self.asked_to_end.is_set():
            raise Terminated
        calls = list(self.hands.calls)
        if calls:
            ray.wait(calls, num_returns=1, timeout=_TICK)
            for ref in ray.wait(calls, num_returns=len(calls), timeout=0)[0]:
                if ref in self.hands.calls:
                    self._answer(self.hands.calls.pop(ref), ref)
        else:
            time.sleep(_TICK)
        before, self.last = self.last, time.monotonic()
        self.now += min(self.last - before, _LONGEST_TICK)
        if self.now - self.looked >= _TICK:
            self.looked = self.now
            self.hands.ask()
            for hand in list(self.hands.all):
                self._check(hand)

    def _answer(self, call: Call, ref: Any) -> None:
        """Take what a worker answered, or mourn it."""
        import ray
        from ray.exceptions import OutOfMemoryError, RayActorError, RayTaskError

        hand = call.hand
        try:
            answer = ray.get(ref)
        except RayTaskError as error:
            self._raised(call, error)
            return
        except (RayActorError, OutOfMemoryError) as error:
            self._lost(hand, "node" if _node_gone(error) else "worker_died", str(error))
            return
        if call.kind == "load":
            hand.loaded, hand.heard = True, self.now
            self.starts[hand.stage] = 0
            return
        self._hear(hand, *answer)
        if call.piece is None:
            hand.asked = False
            return
        self._finish(call.piece, self.now - hand.begun.pop(call.piece))
        hand.since = Done()
        if hand.leaving and not hand.begun:
            self.hands.dismiss(hand)

    def _hear(self, hand: Hand, beats: int, done: Done) -> None:
        fresh = news(hand, beats, done)
        if fresh is not None:
            self.pace.heard(hand.stage, self.now - hand.heard)
            hand.heard = self.now
            self.progress.tell(hand.stage, fresh)

    def _finish(self, piece: Piece, seconds: float) -> None:
        if piece.rows is None and not piece.join:
            self.pace.finished(piece.stage, self.agenda.size(piece), seconds)
        if self.agenda.finish(piece):
            self.progress.shard(piece.stage)

    def _raised(self, call: Call, error: Any) -> None:
        """End the run with a worker's own words, unless it merely lacked memory."""
        cause = error.cause
        if isinstance(cause, MemoryError) and call.kind == "run":
            self._lost(call.hand, "worker_died", "out of memory")
        elif isinstance(cause, UserError):
            raise cause from None
        elif call.kind == "load":
            words = f"{type(cause).__name__}: {cause}"
            raise UserError(f"{call.hand.stage}: a worker cannot load: {words}") from error
        else:
            raise error

    def _lost(self, hand: Hand, fault: Fault, words: str) -> None:
        """Replace a worker; what it had is done again, in halves where that may be to blame."""
        if hand not in self.hands.all:
            return
        self.hands.dismiss(hand)
        self.progress.tell(hand.stage, Done().without(hand.since))
        if not hand.loaded and fault != "node":
            self._not_started(hand.stage, words)
        for piece in hand.begun:
            if fault == "node" or fault == "slow":
                self.agenda.again(piece, slow=fault == "slow")
                continue
            given_up = self.agenda.suspect(piece, fault, _WHY[fault])
            if given_up:
                self.progress.tell(hand.stage, Done(errors={fault: given_up}))

    def _not_started(self, stage: str, words: str) -> None:
        self.starts[stage] += 1
        if self.starts[stage] == _STARTS:
            raise UserError(
                f"{stage}: {_STARTS} workers in a row did not start ({' '.join(words.split())}); "
                "look for lack of memory, or for other work on the cluster"
            )

    def _check(self, hand: Hand) -> None:
        """Replace a worker that hangs, or is far slower than the others of its stage."""
        silence = self.now - hand.heard
        if hand.need.resources and hand.node not in self.staffing.nodes:
            self._lost(hand, "node", "its node is gone")
            return
        if not hand.loaded:
            if silence > max(_LOADING * self.patience, _LEAST_LOADING):
                self._lost(hand, "worker_hung", f"not ready after {silence:.0f} s")
            return
        if not hand.need.resources:  # it waits for a server, which has deadlines of its own
            return
        for piece, begun in hand.begun.items():
            limit = self.pace.deadline(hand.stage, self.agenda.size(piece), piece.tries)
            if silence > self.pace.longest_silence(hand.stage):
                self._lost(hand, "worker_hung", f"no progress for {silence:.0f} s")
                return
            if limit is not None and self.now - begun > limit:
                self._lost(hand, "slow", f"not done after {self.now - begun:.0f} s")
                return


def _node_gone(error: Exception) -> bool:
    """Tell whether a worker died with its node, not of what it worked on."""
    gone = any(words in str(error) for words in _NODE_GONE)
    return gone or bool(getattr(error, "preempted", False))
