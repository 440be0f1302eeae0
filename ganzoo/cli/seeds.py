"""Seeds as they are typed."""

from __future__ import annotations

import re

from ganzoo.errors import RequestError

LARGEST_SEED = 2**63 - 1  # that torch takes
LARGEST_DRAW = 10_000_000  # seeds at once; a range beyond is a typing error


def parse_seeds(text: str) -> list[int]:
    """``"0-3,7"`` to ``[0, 1, 2, 3, 7]``; RequestError for anything else."""
    seeds: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        if not found or (found[2] and int(found[2]) < int(found[1])):
            raise RequestError(f"--seeds {text}: expected numbers and ranges, as in 0-63 or 7,12,40-44.")
        first, last = int(found[1]), int(found[2] or found[1])
        if last > LARGEST_SEED or last - first >= LARGEST_DRAW:
            raise RequestError(f"--seeds {text}: expected seeds below 2^63, and at most {LARGEST_DRAW:,} at once.")
        seeds += range(first, last + 1)
    return seeds
