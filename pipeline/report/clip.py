"""One clip as a page shows it: lanes, evidence, texts with what supports them, and who said so."""

from collections.abc import Iterable, Iterator
from typing import Any

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.report.lanes import lanes
from auricle.pipeline.show import Known, find_clip
from auricle.pipeline.tables import NO_STAGE
from auricle.pipeline.text.evidence import gather
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import CERTAINTY
from auricle.schemas.acoustics import Degradations, Quality, Reverb
from auricle.schemas.annotation import LabelScore, Scene
from auricle.schemas.clip import Signal
from auricle.schemas.decision import Against, Consistency, Verdict
from auricle.schemas.music import Music, Rhythm
from auricle.schemas.speech import Diarization, Emotion, Language, Traits
from auricle.schemas.text import CATEGORIES, QA, Captions, Evidence

_TAGS = 8


def clip_data(data: Dataset, clip: str) -> dict[str, Any]:
    """Return all that a page shows of a clip, its sound apart, as JSON can hold it.

    Raises:
        UserError: the dataset has no such clip.
    """
    return known_data(find_clip(data, clip))


def known_data(known: Known) -> dict[str, Any]:
    """Return all that a page shows of a clip whose rows are at hand."""
    recording, verdict = known.recording, known.rows.get("verdict")
    testimony = Testimony.of(known.clip_id, known.duration, known.rows.values(), recording)
    language = known.rows.get("language")
    return {
        "clip_id": known.clip_id,
        "duration": round(known.duration, 3),
        "domain": getattr(known.rows.get("domain"), "code", None),
        "language": language.language if isinstance(language, Language) else None,
        "split": getattr(known.rows.get("split"), "split", None),
        "recording": {
            name: getattr(recording, name)
            for name in ("recording_id", "title", "uploader", "license", "codec")
            + ("sample_rate", "channels")
        },
        "lanes": [
            {
                "kind": lane.kind,
                "name": lane.name,
                "spans": [
                    [round(s.start, 2), round(s.end, 2), round(s.score, 2), s.text]
                    for s in lane.spans
                ],
            }
            for lane in lanes(known.rows, _TAGS)
        ],
        "evidence": [_evidence(piece) for piece in gather(testimony)],
        "captions": list(_captions(known)),
        "questions": list(_questions(known)),
        "passed": verdict.passed if isinstance(verdict, Verdict) else None,
        "reasons": list(_reasons(known)),
        "against": [
            _reason(each) for each in (verdict.against if isinstance(verdict, Verdict) else ())
        ],
        "measured": [[name, told] for name, told in _measured(known) if told],
        "out": [
            [table, row.status, row.detail or row.reason]
            for table, row in known.rows.items()
            if row.status != "ok" and table not in NO_STAGE
        ],
        "made_by": list(known.makers.items()),
        "review": _review(known),
    }


def _reasons(known: Known) -> dict[str, None]:
    """Return why the clip is out or incomplete, as codes."""
    verdict = known.rows.get("verdict")
    found = [each.reason for each in verdict.against] if isinstance(verdict, Verdict) else []
    found += [row.reason for row in known.rows.values() if row.status == "error" and row.reason]
    return dict.fromkeys(found)


def _evidence(piece: Evidence) -> dict[str, Any]:
    return {
        "id": piece.id,
        "text": piece.text,
        "sure": CERTAINTY.word(piece.confidence) if piece.topic != "source" else "a hint",
        "start": piece.start,
        "end": piece.end,
    }


def _captions(known: Known) -> Iterator[dict[str, Any]]:
    captions = known.rows.get("captions")
    if not isinstance(captions, Captions):
        return
    for category in CATEGORIES:
        for index, text in enumerate(getattr(captions, category) or ()):
            where = f"{category}/{index}"
            yield {
                "where": where,
                "kind": category,
                "text": text.text,
                "support": list(text.support),
                "faults": _faults(known, where),
                "margin": _margin(known, where),
            }


def _questions(known: Known) -> Iterator[dict[str, Any]]:
    qa = known.rows.get("qa")
    for pair in qa.pairs if isinstance(qa, QA) else ():
        yield {
            "where": pair.qa_id,
            "kind": pair.category.replace("_", " "),
            "difficulty": pair.difficulty,
            "question": pair.question,
            "answer": pair.answer,
            "support": list(pair.support),
            "faults": _faults(known, pair.qa_id),
            "margin": _margin(known, pair.qa_id),
        }


def _faults(known: Known, where: str) -> list[str]:
    """Return why a text is out."""
    verdict = known.rows.get("verdict")
    found = verdict.texts_out if isinstance(verdict, Verdict) else ()
    return [_reason(each) for each in found if each.where == where]


def _margin(known: Known, where: str) -> float | None:
    """Return how much nearer a text is to the sound than texts of other clips."""
    scores = known.rows.get("consistency")
    if not isinstance(scores, Consistency):
        return None
    margins = {text.where: text.margin for text in scores.texts}
    margin = margins.get(where)
    return None if margin is None else round(margin, 3)


def _reason(against: Against) -> str:
    told = f"{against.rule}: {against.reason.replace('_', ' ')}"
    return f"{told} ({against.detail})" if against.detail else told


def _review(known: Known) -> dict[str, Any] | None:
    """Return what a person said of the clip, if one has."""
    review = known.rows.get("reviews")
    if review is None or review.status != "ok":
        return None
    return review.model_dump(mode="json", exclude={"clip_id", "status", "reason", "detail"})


def _measured(known: Known) -> Iterator[tuple[str, str]]:
    """Yield what the experts heard and measured, for a person to read."""
    for row in (row for row in known.rows.values() if row.status == "ok"):
        match row:
            case Signal():
                yield "level", _number(row.loudness, "LUFS", 1)
                yield "bandwidth", _number(row.bandwidth, "Hz", 0)
            case Language():
                yield "language", _share(row.language, row.probability)
            case Diarization():
                yield "speakers", str(row.speakers or "")
            case Traits():
                told = [f"{s.gender or ''} {s.age_band or ''}".strip() for s in row.speakers]
                yield "speakers sound", ", ".join(filter(None, told))
            case Emotion():
                yield "mood of speech", _share(row.category, row.probability)
                yield "excitement", _number(row.arousal, "of 1", 2)
            case Quality():
                yield "speech quality", _number(row.overall, "MOS", 1)
            case Music():
                yield "genre", _labels(row.genres)
                yield "instruments", _labels(row.instruments)
                yield "mood of music", _labels(row.moods)
            case Rhythm():
                yield "tempo", _number(row.tempo, "beats a minute", 0)
                yield "key", f"{row.key} {row.mode or ''}".strip() if row.key else ""
            case Reverb():
                yield "reverberation", _number(row.rt60, "s (RT60)", 2)
            case Degradations():
                yield "flaws", ", ".join(each.kind.replace("_", " ") for each in row.found)
                yield "speech over noise", _number(row.snr, "dB", 0)
            case Scene():
                yield "place", _share(row.place, row.probability)


def _number(value: float | None, unit: str, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f} {unit}"


def _share(what: str | None, probability: float | None) -> str:
    if what is None:
        return ""
    return what if probability is None else f"{what} ({probability:.0%})"


def _labels(found: Iterable[LabelScore]) -> str:
    return ", ".join(f"{each.label} {each.score:.0%}" for each in list(found)[:4])
