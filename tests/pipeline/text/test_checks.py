"""Checks: planted faults are found, and true texts are left alone."""

from collections.abc import Callable

import pytest

from auricle.pipeline.text.checks import check_captions, check_qa
from auricle.pipeline.text.facts import Facts, learn
from auricle.pipeline.text.rules.captions import write_captions
from auricle.pipeline.text.rules.questions import write_qa
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.wanted import Wanted
from auricle.schemas.clip import Source
from auricle.schemas.music import Music
from auricle.schemas.text import QA, Captions, QAPair, Text

Build = Callable[..., Testimony]


def text(words: str, support: tuple[str, ...] = ("E1",), confidence: float = 0.9) -> Text:
    return Text(text=words, support=support, confidence=confidence)


def found(facts: Facts, words: str, category: str = "long") -> set[str]:
    """Return the checks that a caption fails, put in the place of the first good one."""
    row = Captions(clip_id=facts.clip_id, **{category: (text(words),)})
    marks = check_captions(row, facts)
    return {mark.check for mark in marks if mark.where == f"{category}/0"}


@pytest.fixture
def dog_and_siren(build: Build) -> Facts:
    """A dog at the start, a siren at the end, rain throughout, and a title."""
    grid = [{"Bark": 0.95, "Rain": 0.9}, {"Rain": 0.9}, {"Rain": 0.9}, {"Rain": 0.9},
            {"Siren": 0.9, "Rain": 0.9}]  # fmt: skip
    source = Source(recording_id="r", path="p", title="Zebra parade in Lisbon with helicopter")
    return learn(build("00A", grid=grid, recording=source))


@pytest.fixture
def woman(by_code: dict[str, Testimony]) -> Facts:
    """A woman who speaks French, in her own words, with slight noise behind her."""
    return learn(by_code["S00"])


@pytest.fixture
def piano(build: Build) -> Facts:
    music = Music.model_validate(
        {
            "clip_id": "clip",
            "genres": [{"label": "jazz", "score": 0.9}],
            "instruments": [{"label": "piano", "score": 0.9}],
            "moods": [{"label": "sad", "score": 0.9}],
        }
    )
    return learn(build("0M0", grid=[{"Music": 0.9}] * 5, music=music))


@pytest.mark.parametrize(
    "words",
    [
        "A dog barks, then a siren wails, with rain falling throughout.",
        "Rain falls while a dog is barking; at the end a siren sounds.",
        "After the barking of a dog, a siren wails in the rain.",
        "An animal barks before a siren wails.",
        "Steady rain. No thunder is heard.",
        "Water falls as rain, and an alarm-like siren wails.",
    ],
)
def test_what_the_evidence_says_may_be_said(dog_and_siren: Facts, words: str) -> None:
    assert found(dog_and_siren, words) == set()


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("A cat meows in the rain.", "unsupported_claim"),
        ("A dog barks and a horse neighs.", "unsupported_claim"),
        ("A truck passes in the rain.", "unsupported_claim"),
        ("Rain falls in a kitchen while a dog barks.", "unsupported_claim"),
        ("Rain falls with much echo.", "unsupported_claim"),
        ("Rain falls under heavy static.", "unsupported_claim"),
        ("Thunder rolls while rain falls.", "unsupported_claim"),
        ("A man speaks in the rain.", "domain"),
        ("Rain falls over a sad melody.", "domain"),
        ("Rain falls while someone is singing.", "domain"),
        ("A siren wails, then a dog barks.", "order"),
        ("A siren wails, followed by the barking of a dog.", "order"),
        ("After the siren, a dog barks.", "order"),
        ("A siren wails before a dog barks.", "order"),
        ("A dog barks in Lisbon.", "hint"),
        ("A helicopter flies over in the rain.", "hint"),
        ("The classifier hears a dog.", "expert_talk"),
        ("A dog barks with a probability of 0.93.", "raw_number"),
        ("A dog barks at 2.0 s and a siren wails at 8 s.", "raw_number"),
        ("Un chien aboie sous la pluie dans le jardin avec une sirène.", "language"),
        ("Собака лает под дождём, а потом воет сирена.", "language"),
        ('A dog barks and someone says "look at that dog".', "quote"),
        ("", "length"),
        ("A dog barks. " * 3, "length"),
        ("A dog barks " + "and barks " * 30, "length"),
    ],
)
def test_a_planted_fault_is_found(dog_and_siren: Facts, words: str, check: str) -> None:
    assert check in found(dog_and_siren, words)


@pytest.mark.parametrize(
    "words",
    [
        "A woman speaks French.",
        'A woman says "Bonjour à tous" in French.',
        "A lady speaks; she says in French that she is here.",
        "A female voice speaks French without any music.",
    ],
)
def test_what_is_known_of_a_voice_may_be_said(woman: Facts, words: str) -> None:
    assert found(woman, words) == set()


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("A man speaks French.", "unsupported_claim"),
        ("A child speaks French.", "unsupported_claim"),
        ("An elderly woman speaks French.", "unsupported_claim"),
        ("A woman speaks Spanish.", "unsupported_claim"),
        ("A woman speaks French with an accent.", "unsupported_claim"),
        ("A woman angrily speaks French.", "unsupported_claim"),
        ("Two women speak French in conversation.", "unsupported_claim"),
        ("Several people discuss something in French.", "unsupported_claim"),
        ("A woman speaks French over guitar music.", "unsupported_claim"),
        ("A woman speaks French over soft music.", "unsupported_claim"),
        ("A woman speaks French in a cathedral.", "unsupported_claim"),
        ("A woman speaks French as a dog barks.", "unsupported_claim"),
        ("A distorted recording of a woman speaking French.", "unsupported_claim"),
        ('A woman says "Au revoir à demain" in French.', "quote"),
        ("The transcript is in French.", "expert_talk"),
    ],
)
def test_what_is_not_known_of_a_voice_is_found(woman: Facts, words: str, check: str) -> None:
    if "soft music" in words:
        check = "domain"
    assert check in found(woman, words, "speech")


@pytest.mark.parametrize(
    ("words", "ok"),
    [
        ("A sad jazz piece for piano.", True),
        ("Melancholy jazz on a piano, without singing.", True),
        ("A sad jazz piece for violin.", False),
        ("A sad rock song with piano.", False),
        ("A happy jazz piece for piano.", False),
        ("A woman sings over sad jazz piano.", False),
        ("Piano music rocks back and forth.", True),
    ],
)
def test_music_is_held_against_what_was_heard_of_it(piano: Facts, words: str, ok: bool) -> None:
    assert ("unsupported_claim" in found(piano, words, "music")) != ok


def test_what_is_only_possible_must_be_hedged(build: Build) -> None:
    facts = learn(build("00A", grid=[{"Siren": 0.3, "Rain": 0.9}] * 5))
    assert found(facts, "A siren wails in the rain.") == {"unsupported_claim"}
    assert found(facts, "There may be a siren in the rain.") == set()


def test_absence_is_no_caption_of_a_category(dog_and_siren: Facts, woman: Facts) -> None:
    assert "absence" in found(woman, "No speech is present.", "speech")
    assert "absence" in found(woman, "None", "speech")
    assert "absence" not in found(dog_and_siren, "Rain falls, and no voice is heard.", "long")


def test_categories_follow_the_domain(by_code: dict[str, Testimony]) -> None:
    facts = learn(by_code["00A"])
    row = write_captions(by_code["00A"])
    wrong = row.model_copy(update={"speech": row.long, "sound": None, "short": None})
    marks = {mark.where: mark for mark in check_captions(wrong, facts) if mark.check == "domain"}
    assert {"speech", "sound", "short"} <= set(marks)


def test_variants_that_say_the_same_are_found(dog_and_siren: Facts) -> None:
    same = (text("A dog barks."), text("The dog barks!"), text("A siren wails."))
    marks = check_captions(Captions(clip_id="clip", short=same), dog_and_siren)
    assert [mark.where for mark in marks if mark.check == "duplicate"] == ["short/1"]
    short = Captions(clip_id="clip", short=same[:2])
    assert "length" in {m.check for m in check_captions(short, dog_and_siren) if m.where == "short"}


@pytest.mark.parametrize(
    ("support", "confidence", "check"),
    [
        ((), 0.9, "unknown_evidence"),
        (("E1", "E99"), 0.9, "unknown_evidence"),
        (("HINT",), 0.9, "unknown_evidence"),
        (("E1",), 0.1, "low_confidence"),
    ],
)
def test_support_must_be_there_and_be_sure(
    dog_and_siren: Facts, support: tuple[str, ...], confidence: float, check: str
) -> None:
    hint = next(fact.id for fact in dog_and_siren.all if fact.kind == "title")
    support = tuple(hint if id == "HINT" else id for id in support)
    row = Captions(clip_id="clip", long=(text("Rain falls.", support, confidence),))
    marks = [mark for mark in check_captions(row, dog_and_siren) if mark.where == "long/0"]
    assert [mark.check for mark in marks] == [check]


def pair(question: str, answer: str, **changes: object) -> QAPair:
    given = {
        "qa_id": "clip_1", "category": "direct_perception", "difficulty": "basic",
        "question": question, "answer": answer, "support": ("E1",), "confidence": 0.9,
    }  # fmt: skip
    return QAPair.model_validate({**given, **changes})


def asked(facts: Facts, *pairs: QAPair, wanted: list[Wanted] | None = None) -> list[str]:
    return [mark.check for mark in check_qa(QA(clip_id="clip", pairs=pairs), facts, wanted)]


def test_questions_may_ask_what_is_not_so(dog_and_siren: Facts) -> None:
    assert asked(dog_and_siren, pair("Does a cat meow in the rain?", "No, a dog barks.")) == []
    assert asked(dog_and_siren, pair("How noisy is the rain?", "It falls steadily.")) == []
    wrong = pair("What does the cat do in the rain?", "It stays quiet.")
    assert set(asked(dog_and_siren, wrong)) == {"unsupported_claim"}
    wrong = pair("Does a cat meow in the rain?", "Yes, it is heard.")
    assert set(asked(dog_and_siren, wrong)) == {"unsupported_claim"}


def test_questions_keep_to_their_form(dog_and_siren: Facts) -> None:
    assert asked(dog_and_siren, pair("Tell what falls.", "Rain falls.")) == ["length"]
    assert asked(dog_and_siren, pair("What falls? And what barks?", "Rain.")) == ["length"]
    assert asked(dog_and_siren, pair("What falls?", "Rain, " * 40)) == ["length"]
    twice = pair("What falls in the clip?", "Rain."), pair("What falls, in the clip?", "Water.")
    assert asked(dog_and_siren, *twice) == ["duplicate"]


def test_questions_keep_to_the_plan(dog_and_siren: Facts) -> None:
    good = pair("Does rain fall?", "Yes, throughout.")
    assert asked(dog_and_siren, good, wanted=[Wanted("direct_perception", "basic", True)]) == []
    for wanted in (
        Wanted("direct_perception", "basic", False),
        Wanted("direct_perception", "basic", None),
        Wanted("direct_perception", "complex", True),
        Wanted("quality_assessment", "basic", True),
    ):
        assert asked(dog_and_siren, good, wanted=[wanted]) == ["plan"]
    two = [Wanted("direct_perception", "basic", True)] * 2
    assert asked(dog_and_siren, good, wanted=two) == ["plan"]


def test_a_mark_tells_its_writer_what_to_change(dog_and_siren: Facts) -> None:
    row = Captions(clip_id="clip", long=(text("A cat meows in the rain."),))
    (mark, *_) = [m for m in check_captions(row, dog_and_siren) if m.where == "long/0"]
    assert mark.detail == 'says "cat", which no evidence supports: leave it out'


def test_texts_by_rules_over_real_kinds_of_testimony_pass(golden: Testimony) -> None:
    facts = learn(golden)
    assert check_captions(write_captions(golden), facts) == []
    assert check_qa(write_qa(golden), facts) == []


def test_fewer_than_one_in_five_hundred_true_texts_is_doubted(many: list[Testimony]) -> None:
    texts = doubted = 0
    for said in many[:600]:
        facts, captions, qa = learn(said), write_captions(said), write_qa(said)
        marks = check_captions(captions, facts) + check_qa(qa, facts)
        texts += 5 + sum(len(getattr(captions, name) or ()) for name in ("short", "long", "speech",
                         "music", "sound", "environment"))  # fmt: skip
        doubted += len({mark.where for mark in marks})
    assert texts > 8000
    assert doubted / texts < 0.002
