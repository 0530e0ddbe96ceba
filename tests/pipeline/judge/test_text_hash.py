"""Captions that are nearly the same share bands; others do not."""

from auricle.pipeline.judge.text_hash import bands

LONG = "A man speaks calmly in English while soft piano music plays in a quiet room nearby."


def shared(one: str, other: str) -> int:
    return len(set(bands(one)) & set(bands(other)))


def test_the_same_words_have_the_same_bands_in_any_case_and_with_any_marks() -> None:
    assert bands(LONG) == bands(LONG.upper().replace(".", "!"))
    assert len(set(bands(LONG))) == 20


def test_a_word_changed_in_a_long_caption_leaves_bands_in_common() -> None:
    assert shared(LONG, LONG.replace("calmly", "softly")) > 0


def test_other_captions_share_none() -> None:
    assert shared(LONG, "A dog barks twice, then rain falls on a tin roof.") == 0
    assert shared(LONG, "A woman sings in Spanish over an acoustic guitar and a slow drum.") == 0


def test_a_text_without_words_has_none() -> None:
    assert bands("...") == ()


def test_bands_fit_a_column_of_integers() -> None:
    assert all(0 <= band < 2**63 for band in bands(LONG))
