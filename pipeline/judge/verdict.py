"""The verdict: every reason why a clip, or one of its texts, is out of the dataset."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.whole import old_first, update
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.judge.calibrate import Calibration, calibrate, stored
from auricle.pipeline.judge.reviews import reviews_of
from auricle.pipeline.judge.texts import GENERAL, kind_of
from auricle.pipeline.licences import spdx
from auricle.pipeline.provenance import made_by
from auricle.pipeline.recordings import of_recordings
from auricle.pipeline.stage_settings import VerifySettings
from auricle.schemas.arrow import to_table
from auricle.schemas.base import Provenance
from auricle.schemas.decision import Against, Scored, Verdict
from auricle.schemas.text import CATEGORIES

_PASSED_OVER = {"plan"}
"""Marks that say how a text fits a plan, and nothing of its truth."""
_ABSENT: dict[str, Any] = {"status": "skipped", "reason": None, "texts": []}


@dataclass
class Verdicts:
    """One verdict a clip, from its licence, its signal, its texts and what it repeats."""

    settings: VerifySettings
    scored: bool
    judged: bool
    name: str = "verify"
    writes: tuple[str, ...] = ("verdict",)

    @property
    def reads(self) -> tuple[str, ...]:
        """All that speaks for or against a clip."""
        some = ("recordings", "clips", "signal", "captions", "qa", "support", "duplicates")
        maybe = {"consistency": self.scored, "judgements": self.judged}
        return (*some, *(table for table, there in maybe.items() if there))

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the verdicts."""
        needed = {table: needs[table] for table in self.reads}
        told = self.settings.model_dump(mode="json")
        return {"verdict": Fingerprint(provenance=self._made, settings=told, needs=needed)}

    def run_all(self, data: Dataset, tell: Tell) -> None:
        """Judge all clips; thresholds are measured once, and kept when data is added."""
        limits = None
        if self.scored:
            limits = stored(data) or calibrate(data, self.settings.false_accept)
        for shard in old_first(data, "verdict"):
            rows = self._rows(data, shard, limits)
            update(data, "verdict", shard, to_table(Verdict, rows), self._made)
            tell(Done(len(rows)))

    def _rows(self, data: Dataset, shard: int, limits: Calibration | None) -> list[Verdict]:
        licences = of_recordings(data, shard, "license").to_pylist()
        reviews = reviews_of(data, shard)
        columns = {**_COLUMNS, "qa": [*_COLUMNS["qa"], "pairs"]}
        tables = {
            name: data.table(name, shard, names).to_pylist()
            for name, names in (columns if any(r.fixes for r in reviews) else _COLUMNS).items()
            if name in self.reads
        }
        tables["reviews"] = [review.model_dump() for review in reviews]
        return [
            self._verdict({name: rows[at] for name, rows in tables.items()}, licence, limits)
            for at, licence in enumerate(licences)
        ]

    def _verdict(
        self, said: Mapping[str, Any], licence: str | None, limits: Calibration | None
    ) -> Verdict:
        clip_id, review = said["clips"]["clip_id"], said["reviews"]
        good, fixed = review["mark"] == "good", _fixed(said, review)
        texts_out = tuple(
            each
            for each in _texts_out(said, limits, self.settings)
            if each.where not in fixed and not (good and each.where == GENERAL)
        )
        against = (
            *_review(review),
            *_licence(licence, self.settings.licenses),
            *(() if good else _signal(said["signal"], self.settings)),
            *_captions(said["captions"]),
            *(each for each in texts_out if each.where == GENERAL),
            *_duplicate(clip_id, said["duplicates"]),
        )
        scored, margin = (
            ("not_scored", None)
            if GENERAL in fixed
            else _general(said.get("consistency", _ABSENT), limits, self.settings)
        )
        return Verdict(
            clip_id=clip_id,
            passed=not against,
            against=against,
            texts_out=texts_out,
            consistency=scored,
            margin=margin,
            support=None if GENERAL in fixed else _share(said["support"]),
            reviewed=review["time"],
            license=spdx(licence),
            license_evidence=licence,
        )

    @property
    def _made(self) -> Provenance:
        return made_by("verdict", "rules", self.settings.model_dump(mode="json"))


_COLUMNS = {
    "clips": ["clip_id"],
    "signal": ["status", "reason", "silence", "clipped"],
    "captions": ["status", "reason", "detail", "marks", *CATEGORIES],
    "qa": ["status", "marks"],
    "consistency": ["status", "texts", "label"],
    "support": ["status", "texts"],
    "duplicates": ["exact", "near"],
    "judgements": ["status", "unsupported", "questions"],
}


def _review(review: Mapping[str, Any]) -> Iterable[Against]:
    if review["mark"] == "bad":
        yield Against(rule="review", reason="marked_bad", detail=review["note"])


def _fixed(said: Mapping[str, Mapping[str, Any]], review: Mapping[str, Any]) -> set[str]:
    """Return the places of the texts that a person corrected and that were not written anew."""
    if not review["fixes"]:
        return set()
    now = {
        f"{category}/{index}": text["text"]
        for category in CATEGORIES
        for index, text in enumerate(said["captions"][category] or ())
    }
    for pair in said["qa"]["pairs"] or ():
        now |= {f"{pair['qa_id']}/{part}": pair[part] for part in ("question", "answer")}
    held = [fix["where"] for fix in review["fixes"] if now.get(fix["where"]) == fix["was"]]
    return {where.removesuffix("/question").removesuffix("/answer") for where in held}


def _licence(told: str | None, allowed: Iterable[str]) -> Iterable[Against]:
    """Yield what is wrong with a licence; where none is asked for, all are right."""
    allowed = {each.lower() for each in allowed}
    if not allowed:
        return
    known = spdx(told)
    if not told:
        yield Against(rule="licence", reason="no_licence", detail="the source states none")
    elif known is None:
        yield Against(rule="licence", reason="unclear_licence", detail=f'it says "{told}"')
    elif known.lower() not in allowed:
        yield Against(rule="licence", reason="licence_not_allowed", detail=known)


def _signal(signal: Mapping[str, Any], settings: VerifySettings) -> Iterable[Against]:
    if signal["status"] != "ok":
        yield Against(rule="signal", reason="unmeasured", detail=signal["reason"])
        return
    if (signal["silence"] or 0.0) > settings.max_silence:
        told = f"{signal['silence']:.0%} of it is silent"
        yield Against(rule="signal", reason="silent", detail=told)
    if (signal["clipped"] or 0.0) > settings.max_clipped:
        told = f"{signal['clipped']:.1%} of its samples are clipped"
        yield Against(rule="signal", reason="clipped", detail=told)


def _captions(captions: Mapping[str, Any]) -> Iterable[Against]:
    if captions["status"] != "ok" or not captions["long"]:
        told = captions["detail"] or captions["reason"]
        yield Against(rule="checks", reason="no_captions", detail=told)


def _duplicate(clip_id: str, found: Mapping[str, Any]) -> Iterable[Against]:
    """Yield of what a clip is a copy; the first of a cluster stays."""
    first = found["exact"]
    if first is not None and first != clip_id:
        yield Against(rule="duplicate", reason="same_samples", detail=f"duplicate of {first}")
        return
    first = found["near"]
    if first is not None and first != clip_id:
        yield Against(rule="duplicate", reason="same_sound", detail=f"duplicate of {first}")


def _texts_out(
    said: Mapping[str, Mapping[str, Any]], limits: Calibration | None, settings: VerifySettings
) -> Iterable[Against]:
    """Yield the texts that are out, each once a rule."""
    there = {
        f"{category}/{index}"
        for category in CATEGORIES
        for index in range(len(said["captions"][category] or ()))
    }
    for table in ("captions", "qa"):
        for mark in said[table]["marks"] or ():
            where = mark["where"]
            places = sorted(at for at in there if at.startswith(f"{where}/")) or [where]
            if mark["check"] not in _PASSED_OVER and where and (table == "qa" or places != [where]
                                                                or where in there):  # fmt: skip
                for place in places:
                    yield Against(
                        rule="checks", reason=mark["check"], where=place, detail=mark["detail"]
                    )
    scores = said.get("consistency", _ABSENT)
    for text in scores["texts"] or ():
        if limits and _holds(text, scores.get("label"), limits, settings) is False:
            told = f"its margin is {text['margin']:.3f}" if text["margin"] is not None else None
            yield Against(
                rule="consistency", reason="not_consistent", where=text["where"], detail=told
            )
    judged = said.get("judgements", {})
    for claim in judged.get("unsupported") or ():
        if claim["fault"] == "contradicted":
            yield Against(
                rule="judge", reason="contradicted", where=claim["where"], detail=claim["claim"]
            )
    for question in judged.get("questions") or ():
        if not question["needs_listening"]:
            yield Against(
                rule="judge",
                reason="answered_unheard",
                where=question["qa_id"],
                detail=question["blind_answer"],
            )


def _holds(
    text: Mapping[str, Any],
    label: float | None,
    limits: Calibration,
    settings: VerifySettings,
) -> bool | None:
    """Tell whether a text is consistent with the sound; None where that was not measured."""
    kind = kind_of(text["where"])
    if settings.rule == "label" and kind in ("short", "long") and label is not None:
        return bool(text["similarity"] > label)
    if text["margin"] is None or kind not in limits.kinds:
        return None
    return bool(text["margin"] > limits.kinds[kind].threshold)


def _general(
    scores: Mapping[str, Any], limits: Calibration | None, settings: VerifySettings
) -> tuple[Scored, float | None]:
    """Return how the general caption fared, and its margin."""
    general = next((text for text in scores["texts"] or () if text["where"] == GENERAL), None)
    held = _holds(general, scores.get("label"), limits, settings) if general and limits else None
    if general is None or held is None:
        return "not_scored", None
    return ("passed" if held else "failed"), general["margin"]


def _share(support: Mapping[str, Any]) -> float | None:
    """Return the share of the general caption's claims that evidence supports."""
    for text in support["texts"] or ():
        if text["where"] == GENERAL and text["claims"]:
            return float(text["supported"] / text["claims"])
    return None
