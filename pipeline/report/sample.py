"""Which clips a page holds when it cannot hold all: some of every domain, split and reason."""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain, islice, zip_longest
from typing import NamedTuple

from auricle.pipeline.dataset import Dataset

_Kind = tuple[str | None, str | None, str | None]


class Place(NamedTuple):
    """Where a clip stands, and a number by which clips are shuffled, the same every time."""

    order: bytes
    shard: int
    at: int


def sample(data: Dataset, count: int) -> list[tuple[int, list[int]]]:
    """Return at most so many clips, as shards with places in them.

    Clips of each domain, split and first reason against them take turns, so that what is rare is
    there too. All clips are taken where there are no more than `count`.
    """
    kinds: dict[_Kind, list[Place]] = defaultdict(list)
    for shard in data.shards("clips"):
        for kind, place in _clips(data, shard):
            kinds[kind].append(place)
        for kind, places in kinds.items():
            kinds[kind] = sorted(places)[:count]
    turns = chain.from_iterable(zip_longest(*(kinds[kind] for kind in sorted(kinds, key=str))))
    chosen = islice((place for place in turns if place is not None), count)
    by_shard: dict[int, list[int]] = defaultdict(list)
    for place in chosen:
        by_shard[place.shard].append(place.at)
    return [(shard, sorted(by_shard[shard])) for shard in sorted(by_shard)]


def _clips(data: Dataset, shard: int) -> Iterator[tuple[_Kind, Place]]:
    ids = data.table("clips", shard, ["clip_id"])["clip_id"].to_pylist()
    nothing = [None] * len(ids)
    columns = [
        data.table(table, shard, [column])[column].to_pylist()
        if data.has(table, shard)
        else nothing
        for table, column in (("domain", "code"), ("split", "split"), ("verdict", "against"))
    ]
    for at, (clip_id, domain, split, against) in enumerate(zip(ids, *columns, strict=True)):
        reason = against[0]["reason"] if against else None
        yield (domain, split, reason), Place(_shuffled(clip_id), shard, at)


def _shuffled(clip_id: str) -> bytes:
    return blake2b(clip_id.encode(), digest_size=8).digest()
