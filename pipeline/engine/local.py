"""The local engine: every stage in this process, one after the other."""

import copy
import gc
from collections.abc import Sequence
from functools import partial

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.work import Work, clips_in, pending


def run_local(data: Dataset, works: Sequence[Work], progress: Progress) -> None:
    """Do what is pending of each work, in order; shards that are done are left as they are.

    Only one work is loaded at a time: what it read is forgotten before the next one reads.
    """
    for work in works:
        todo = pending(data, work)
        total = len(data.shards(work.reads[0]))
        progress.start(work.name, total, total - len(todo), clips_in(data, work, todo))
        if todo:
            _run(data, copy.deepcopy(work), todo, progress)
            gc.collect()


def _run(data: Dataset, work: Work, shards: Sequence[int], progress: Progress) -> None:
    work.load()
    for shard in shards:
        work.run(data, shard, partial(progress.tell, work.name))
        progress.shard(work.name)
