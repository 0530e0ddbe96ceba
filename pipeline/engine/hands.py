"""The workers of a run on Ray: made, asked how far they are, and let go."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from auricle.pipeline.engine.agenda import Piece
from auricle.pipeline.engine.places import Need
from auricle.pipeline.engine.work import Done, SideBySide, Work
from auricle.pipeline.engine.worker import Worker


@dataclass(eq=False)
class Hand:
    """A worker: where it is, what it has, and when it was last heard of."""

    stage: str
    actor: Any
    need: Need
    node: str
    seats: int
    heard: float
    """When it last told something new, or got something to do."""
    begun: dict[Piece, float] = field(default_factory=dict)
    """When it got the pieces that it has."""
    loaded: bool = False
    leaving: bool = False
    """It ends what it has and gets no more."""
    asked: bool = False
    beats: int = 0
    told: Done = Done()
    since: Done = Done()
    """What it told since it last finished a piece."""

    @property
    def free(self) -> bool:
        """Whether it can take a piece."""
        return self.loaded and not self.leaving and len(self.begun) < self.seats


class Call(NamedTuple):
    """Something that a worker was asked for."""

    kind: Literal["load", "run", "pulse"]
    hand: Hand
    piece: Piece | None = None


class Hands:
    """All workers, and the calls that they have not answered."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.all: list[Hand] = []
        self.calls: dict[Any, Call] = {}

    def of(self, stage: str) -> Iterator[Hand]:
        """Yield the workers of a stage."""
        return (hand for hand in self.all if hand.stage == stage)

    def hire(self, work: Work, need: Need, node: str, now: float) -> Hand:
        """Start a worker on a node and let it load."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        seats = work.at_once if isinstance(work, SideBySide) else 1
        options: dict[str, Any] = {**need.options(), "max_concurrency": seats + 2}
        if need.resources:
            options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(node, soft=False)
        worker: Any = ray.remote(Worker)
        actor = worker.options(**options).remote(work, self.uri)
        hand = Hand(work.name, actor, need, node, seats, now)
        self.all.append(hand)
        self.calls[actor.load.remote()] = Call("load", hand)
        return hand

    def give(self, hand: Hand, piece: Piece, now: float) -> None:
        """Give a worker a piece."""
        hand.begun[piece] = hand.heard = now
        if piece.join:
            ref = hand.actor.join.remote(piece.shard, piece.join)
        else:
            ref = hand.actor.run.remote(piece.shard, piece.rows)
        self.calls[ref] = Call("run", hand, piece)

    def ask(self) -> None:
        """Ask every worker that has something to do how far it is."""
        for hand in self.all:
            if hand.begun and not hand.asked:
                hand.asked = True
                self.calls[hand.actor.pulse.remote()] = Call("pulse", hand)

    def dismiss(self, hand: Hand) -> None:
        """End a worker at once; nobody waits for its answers any more."""
        import ray

        self.all.remove(hand)
        self.calls = {ref: call for ref, call in self.calls.items() if call.hand is not hand}
        ray.kill(hand.actor)

    def end(self, grace: float) -> None:
        """Let the workers end what they have, for so many seconds, and dismiss them."""
        import ray

        try:
            running = [ref for ref, call in self.calls.items() if call.kind == "run"]
            if running:
                for hand in self.all:
                    hand.actor.stop.remote()
                ray.wait(running, num_returns=len(running), timeout=grace)
        finally:
            for hand in list(self.all):
                self.dismiss(hand)


def news(hand: Hand, beats: int, done: Done) -> Done | None:
    """Return what a worker did since it was last heard, None where that is known already."""
    if beats <= hand.beats:
        return None
    fresh = done.without(hand.told)
    hand.beats, hand.told = beats, done
    hand.since = hand.since.and_also(fresh)
    return fresh
