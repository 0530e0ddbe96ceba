"""Hashes of a caption by which captions that are nearly the same are found (MinHash)."""

import re
from functools import cache
from itertools import pairwise
from typing import Any

PERMUTATIONS, ROWS = 80, 4
"""Twenty bands of four. A band is equal with probability J**4 where the share of equal parts is J,
so that of twenty 8 are at .8, 2.6 at .6 and 1.2 at .5: near texts meet, and the number of equal
bands tells them from others (Broder 1997; Leskovec et al., Mining of massive datasets, 3.4)."""
_WORD = re.compile(r"\w+")


def bands(text: str) -> tuple[int, ...]:
    """Return the bands of a text, 63 bits each; texts that share one may be nearly the same.

    It is read as a set of its words and pairs of words, in lower case. A text without words has
    none.
    """
    words = _WORD.findall(text.lower())
    if not words:
        return ()
    made = _minhash().copy()
    pairs = (" ".join(pair) for pair in pairwise(words))
    made.update_batch([part.encode() for part in {*words, *pairs}])
    values = made.hashvalues
    return tuple(
        hash_of(band, values[at : at + ROWS].tobytes())
        for band, at in enumerate(range(0, PERMUTATIONS, ROWS))
    )


def hash_of(band: int, values: bytes) -> int:
    """Return a band as a number that no other band's can be taken for."""
    import hashlib

    told = hashlib.blake2b(values, digest_size=8, salt=band.to_bytes(8, "big")).digest()
    return int.from_bytes(told, "big") >> 1


@cache
def _minhash() -> Any:
    """Return an empty MinHash; its permutations take longer to make than to copy."""
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1)
