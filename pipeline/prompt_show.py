"""What a model would be told of a clip, word for word, and how many tokens that is."""

from typing import Any, NamedTuple

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.llm.journal import Entry, entries
from auricle.pipeline.llm.request import Request
from auricle.pipeline.show import find_clip
from auricle.pipeline.stages import task
from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.errors import UserError


class Told(NamedTuple):
    """A request, with its tokens and how they are known."""

    messages: tuple[dict[str, str], ...]
    schema: dict[str, Any]
    tokens: int
    counted_by: str


def prompt_of(data: Dataset, config: Config, clip: str, name: str) -> Told:
    """Return what a stage would send of a clip.

    Raises:
        UserError: there is no such clip, or no domain was decided of it.
    """
    known = find_clip(data, clip)
    said = Testimony.of(known.clip_id, known.duration, known.rows.values(), known.recording)
    if said.code is None:
        raise UserError(f"{known.clip_id}: no domain, so nothing is asked of it")
    request = task(config, name).request(learn(said))
    return Told(
        request.messages, request.schema, *_tokens(data, config, request, known.shard, name)
    )


def _tokens(
    data: Dataset, config: Config, request: Request, shard: int, name: str
) -> tuple[int, str]:
    """Return the server's own count, else what its other counts lead to expect, else a guess."""
    key = request.key(config.llm)
    counted: list[Entry] = []
    for entry in entries(data, name, shard):
        if entry.key == key and entry.reply.counted:
            return entry.reply.usage.prompt, "counted by the server"
        if entry.reply.counted and entry.letters:
            counted.append(entry)
    if counted:
        prompts = sum(entry.reply.usage.prompt for entry in counted)
        rate = prompts / sum(entry.letters for entry in counted)
        return round(request.letters * rate), f"by {len(counted)} prompts that the server counted"
    return request.letters // 4, "estimated: four characters a token"
