"""The funnel: how many clips each rule removed, alone and in turn."""

from typing import NamedTuple, get_args

from auricle.pipeline.dataset import Dataset
from auricle.schemas.decision import Rule
from auricle.schemas.errors import UserError

_ORDER: tuple[Rule, ...] = (
    "review",
    "licence",
    "signal",
    "checks",
    "judge",
    "consistency",
    "duplicate",
)


class Step(NamedTuple):
    """One rule, or one of its reasons.

    `clips` are against it, `alone` are out for it and nothing else, `left` remain after it and
    all above it.
    """

    rule: str
    reason: str
    clips: int
    alone: int
    left: int


class Funnel(NamedTuple):
    """What the verdicts of a dataset come to."""

    clips: int
    passed: int
    texts_out: int
    scored: int
    steps: list[Step]


def funnel(data: Dataset) -> Funnel:
    """Return how many clips each rule removed.

    Raises:
        UserError: there are no verdicts yet.
    """
    shards = data.shards("verdict")
    if not shards:
        raise UserError(f"{data.storage.uri}: no verdicts yet; run: auricle verify")
    assert set(_ORDER) == set(get_args(Rule))
    reasons: dict[tuple[str, str], list[int]] = {}
    first = dict.fromkeys(_ORDER, 0)
    clips = passed = texts_out = scored = 0
    for shard in shards:
        columns = ["against", "texts_out", "consistency"]
        for row in data.table("verdict", shard, columns).to_pylist():
            clips += 1
            scored += row["consistency"] != "not_scored"
            texts_out += len({each["where"] for each in row["texts_out"]})
            found = {(each["rule"], each["reason"]) for each in row["against"]}
            rules = {rule for rule, _ in found}
            passed += not rules
            for key in found:
                count = reasons.setdefault(key, [0, 0])
                count[0] += 1
                count[1] += len(rules) == 1
            for rule in _ORDER:
                if rule in rules:
                    first[rule] += 1
                    break
    steps, left = [], clips
    for rule in _ORDER:
        left -= first[rule]
        known = sorted((key for key in reasons if key[0] == rule), key=lambda k: -reasons[k][0])
        for _, reason in known:
            against, alone = reasons[rule, reason]
            steps.append(Step(rule, reason, against, alone, left))
        if not known:
            steps.append(Step(rule, "", 0, 0, left))
    return Funnel(clips, passed, texts_out, scored, steps)
