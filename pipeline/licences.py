"""What a licence means for a user, as far as its name says it."""

import re

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

_NO_COMMERCE = re.compile(r"\bnc\b|non.?commercial|research.only", re.IGNORECASE)
_COPYLEFT = re.compile(r"\ba?gpl\b|\bgpl-", re.IGNORECASE)


def commercial(licence: str) -> bool | None:
    """Tell whether a licence allows commercial use; None where it is unknown."""
    if licence == "unknown":
        return None
    return not _NO_COMMERCE.search(licence.replace("-", " "))


def remark(licence: str) -> str | None:
    """Return what a user has to know of a licence, or None where it asks nothing unusual."""
    if licence == "unknown":
        return "read its terms before you use it"
    if not commercial(licence):
        return "no commercial use"
    return "copyleft" if _COPYLEFT.search(licence) else None


def spdx(told: str | None) -> str | None:
    """Return the SPDX id of a licence as sources state it, or None where it cannot be told.

    It knows SPDX ids and expressions in any case, the names and addresses of Creative Commons
    licences, and YouTube's name for its one open licence. A licence without its version is none.
    """
    if not told or not told.strip():
        return None
    said = told.strip().lower()
    if _YOUTUBE.search(said):
        return "CC-BY-3.0"
    if re.search(r"\bcc[ -]?0\b|publicdomain/zero|creative commons zero", said):
        return "CC0-1.0"
    if re.search(r"public ?domain|\bcc[ -]?pdm?\b", said):
        return "CC-PDM-1.0"
    if "sampling" not in said and re.search(r"\bcc\b|\bcc[ -_]?by|creative ?commons", said):
        version = re.search(r"\b(\d\.\d)\b", said)
        parts = "".join(f"-{part}" for part, words in _PARTS.items() if re.search(words, said))
        if version and re.search(r"\bby\b|attribution", said):
            return f"CC-BY{parts}-{version.group(1)}"
        return None
    try:
        return str(canonicalize_license_expression(told.strip()))
    except InvalidLicenseExpression:
        return None


def check_licences(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return SPDX ids as they are.

    Raises:
        ValueError: names one that SPDX does not know.
    """
    for each in ids:
        try:
            canonicalize_license_expression(each)
        except InvalidLicenseExpression:
            hint = f"; did you mean {known}?" if (known := spdx(each)) else ""
            raise ValueError(f"{each} is no SPDX licence id{hint}") from None
    return ids


_YOUTUBE = re.compile(r"attribution licen[sc]e \(reuse allowed\)|^creativecommon$")
_PARTS = {
    "NC": r"\bnc\b|non-?commercial",
    "ND": r"\bnd\b|no-?deriv",
    "SA": r"\bsa\b|share-?alike",
}
