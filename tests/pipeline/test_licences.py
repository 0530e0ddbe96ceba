"""Licences as sources state them."""

import pytest

from auricle.pipeline.licences import check_licences, spdx


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("CC BY 3.0", "CC-BY-3.0"),
        ("cc-by-sa-3.0", "CC-BY-SA-3.0"),
        ("Creative Commons Attribution license (reuse allowed)", "CC-BY-3.0"),
        ("creativeCommon", "CC-BY-3.0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("Attribution-NonCommercial-NoDerivs 2.5 (Creative Commons)", "CC-BY-NC-ND-2.5"),
        ("CC BY 4.0 (AMI)", "CC-BY-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("Public Domain", "CC-PDM-1.0"),
        ("apache-2.0", "Apache-2.0"),
        ("CC BY", None),
        ("Sampling+", None),
        ("youtube", None),
        ("all rights reserved", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_source_says_becomes_an_spdx_id_or_nothing(
    told: str | None, known: str | None
) -> None:
    assert spdx(told) == known


def test_an_id_that_spdx_does_not_know_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(ValueError, match="did you mean CC-BY-4.0"):
        check_licences(("CC BY 4.0",))
