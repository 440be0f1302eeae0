"""What a family may know of its data before the first batch arrives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Facts:
    """The shape and the vocabulary of a data set; networks are built to fit it."""

    shape: tuple[int, ...]  # (channels, height, width) of a picture, (dimensions,) of a point
    count: int = 0  # examples in the set; 0 where no data is open (`ganzoo show`)
    classes: tuple[str, ...] = ()  # names of the labels: label k is classes[k]
    words: tuple[str, ...] = ()  # vocabulary of the captions: token k is words[k - 1], 0 pads
    mean: np.ndarray | None = field(default=None, compare=False)  # of the data, in [-1, 1], of this shape

    @property
    def is_points(self) -> bool:
        """Vectors rather than pictures."""
        return len(self.shape) == 1
