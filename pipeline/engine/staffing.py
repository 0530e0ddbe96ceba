"""How many workers each stage has, and where: as many as there is room and work for."""

from collections import Counter

from auricle.pipeline.engine.agenda import Agenda
from auricle.pipeline.engine.hands import Hand, Hands
from auricle.pipeline.engine.pace import Pace
from auricle.pipeline.engine.places import Need, giver, need_of, place
from auricle.pipeline.stage_settings import EngineSettings
from auricle.schemas.errors import UserError

_LOOK = 5.0
"""Seconds between two looks at the cluster."""
_MOST_ASKED = 500
"""Workers of a stage that an autoscaler is asked to make room for."""


class Staffing:
    """Hires and dismisses the workers of a run. Nodes may come and go."""

    def __init__(self, agenda: Agenda, hands: Hands, pace: Pace, settings: EngineSettings) -> None:
        self.agenda, self.hands, self.pace, self.settings = agenda, hands, pace, settings
        self.nodes: dict[str, dict[str, float]] = {}
        self.needs: dict[str, Need] = {}
        self._seen = -_LOOK
        self._staffed = 0.0
        self._asked: list[dict[str, float]] = []

    def look(self, now: float) -> None:
        """See what nodes there are.

        Raises:
            UserError: none has room for a worker, and that for long.
        """
        import ray

        if now - self._seen >= _LOOK:
            self._seen = now
            nodes = ray.nodes()  # type: ignore[no-untyped-call]
            self.nodes = {node["NodeID"]: node["Resources"] for node in nodes if node["Alive"]}
            works = self.agenda.works
            self.needs = {n: need_of(work, self.settings, self.nodes) for n, work in works.items()}
            self._ask(self._wanted())
        if self.hands.all:
            self._staffed = now
        elif not self.nodes and self.settings.address is None:
            raise UserError("ray: its raylet on this machine has died; run again to go on")
        elif now - self._staffed > self.settings.patience:
            self._complain()

    def end(self) -> None:
        """Tell the cluster's autoscaler that no more nodes are wanted."""
        self._ask([])

    def _wanted(self) -> list[dict[str, float]]:
        """Return what a worker for each piece that is ready or running would take, some of each."""
        wanted = []
        for stage, ready in self.agenda.ready.items():
            pieces = len(ready) + sum(len(hand.begun) for hand in self.hands.of(stage))
            wanted += [dict(self.needs[stage].resources)] * min(pieces, _MOST_ASKED)
        return [each for each in wanted if each]

    def _ask(self, wanted: list[dict[str, float]]) -> None:
        """Ask the autoscaler for room, where a cluster has one; nodes it does not need may go."""
        if self.settings.address is None or wanted == self._asked:
            return
        from ray.autoscaler.sdk import request_resources

        request_resources(bundles=wanted)
        self._asked = wanted

    def left(self, stage: str) -> float:
        """Return the seconds of work that are ready or running."""
        running = sum(len(hand.begun) for hand in self.hands.of(stage))
        return (len(self.agenda.ready[stage]) + running) * self.pace.shard_seconds(stage)

    def hire(self, stage: str, now: float) -> None:
        """Start workers of a stage until it has enough, or there is no room for more."""
        ready = len(self.agenda.ready[stage])
        coming = sum(hand.seats for hand in self.hands.of(stage) if not hand.loaded)
        while ready > coming:
            need = self.needs[stage]
            if not need.resources and any(self.hands.of(stage)):
                return
            node = place(need, self.nodes, self._taken())
            if node is None and self._make_room(stage):
                node = place(need, self.nodes, self._taken())
            if node is None:
                return
            coming += self.hands.hire(self.agenda.works[stage], need, node, now).seats

    def _make_room(self, stage: str) -> bool:
        """Dismiss a worker that has nothing to do, or have one leave when it has ended its piece.

        True if there is room now.
        """
        useful = [hand for hand in self.hands.all if self._would_help(stage, hand)]
        for hand in useful:
            if not hand.begun and not self.agenda.ready[hand.stage]:
                self.hands.dismiss(hand)
                return True
        if any(hand.leaving for hand in useful):
            return False
        counts = Counter(hand.stage for hand in useful)
        counts[stage] = sum(1 for _ in self.hands.of(stage))
        gives = giver(stage, {name: self.left(name) for name in self.agenda.ready}, counts)
        leaver = next((hand for hand in useful if hand.stage == gives), None)
        if leaver is None:
            return False
        if leaver.begun:
            leaver.leaving = True
            return False
        self.hands.dismiss(leaver)
        return True

    def _would_help(self, stage: str, hand: Hand) -> bool:
        if hand.stage == stage or not hand.need.resources:
            return False
        return place(self.needs[stage], self.nodes, self._taken(but=hand)) is not None

    def _taken(self, but: Hand | None = None) -> list[tuple[str, Need]]:
        return [(hand.node, hand.need) for hand in self.hands.all if hand is not but]

    def _complain(self) -> None:
        stage = next(name for name, pieces in self.agenda.ready.items() if pieces)
        most: Counter[str] = Counter()
        for has in self.nodes.values():
            most |= Counter({name: n for name, n in has.items() if not name.startswith("node:")})
        raise UserError(
            f"{stage}: no node has room for a worker ({self.needs[stage]}); the most that nodes "
            f"have is {Need(most)}; change engine.pools or add nodes"
        )
