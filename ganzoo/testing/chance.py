"""The generators of random numbers that no checkpoint holds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def chance_kept() -> Iterator[None]:
    """Leave Python's and numpy's global generators as they were found, whatever is done to them inside."""
    kept = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
