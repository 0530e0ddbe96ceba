"""The local engine: every stage in this process, one after the other."""

from collections.abc import Sequence
from functools import partial

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.work import Work, clips_in, pending


def run_local(data: Dataset, works: Sequence[Work], progress: Progress) -> None:
    """Do what is pending of each work, in order; shards that are done are left as they are."""
    for work in works:
        todo = pending(data, work)
        total = len(data.shards(work.reads[0]))
        progress.start(work.name, total, total - len(todo), clips_in(data, work, todo))
        if not todo:
            continue
        work.load()
        for shard in todo:
            work.run(data, shard, partial(progress.tell, work.name))
            progress.shard(work.name)
