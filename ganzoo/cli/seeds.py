"""Seeds as they are typed."""

from __future__ import annotations

import re

from ganzoo.errors import RequestError

LARGEST_SEED = 2**63 - 1  # that torch takes
LARGEST_BETWEEN = 2**52  # up to here there are numbers between two seeds
LARGEST_DRAW = 10_000_000  # seeds at once; a range beyond is a typing error


def parse_seeds(text: str, option: str = "--seeds") -> list[int | float]:
    """``"0-3,7,8.5"`` to ``[0, 1, 2, 3, 7, 8.5]``; RequestError for anything else."""
    seeds: list[int | float] = []
    has_fractions = False
    for part in text.split(","):
        found = re.fullmatch(r"\s*(?:(\d+)(?:-(\d+))?|(\d+\.\d+))\s*", part)
        if not found or (found[2] and int(found[2]) < int(found[1])):
            raise RequestError(f"{option} {text}: expected numbers and ranges, as in 0-63 or 7,12,40-44.")
        if found[3]:
            between = float(found[3])
            seeds.append(int(between) if between.is_integer() else between)
            has_fractions = True
            continue
        first, last = int(found[1]), int(found[2] or found[1])
        if last > LARGEST_SEED or last - first >= LARGEST_DRAW:
            raise RequestError(f"{option} {text}: expected seeds below 2^63, and at most {LARGEST_DRAW:,} at once.")
        seeds += range(first, last + 1)
    if has_fractions and max(seeds) > LARGEST_BETWEEN:
        raise RequestError(f"{option} {text}: fractions are for seeds up to 2^52.")
    return seeds
