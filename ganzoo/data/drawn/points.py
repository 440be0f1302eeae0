"""Points in the plane from Gaussians whose centres are known: to count the modes a GAN finds.

Constants as in the WGAN-GP authors' toy sets, scaled to unit variance: of a perfect sampler 98.889% of the points lie
within 3 sigma of a centre.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ganzoo.data.drawn.chance import choice, cosine, normal_pair, sine
from ganzoo.data.drawn.source import STRETCH, MadeSource
from ganzoo.data.source import Chunk

VERSION = "1"
COUNTS = {"train": 100_000, "test": 10_000}


class MixtureSource(MadeSource):
    """Equally likely round Gaussians; label k is the Gaussian ``centres[k]`` a point comes from.

    ``centres`` is float64 [k, 2], ``sigma`` the standard deviation along each axis.
    """

    gives = ("points", "label")

    def __init__(self, name: str, centres: np.ndarray, sigma: float, seed: int = 0) -> None:
        super().__init__(name, VERSION, COUNTS, seed)
        self.centres, self.sigma = centres, sigma
        self.classes = tuple(str(k) for k in range(len(centres)))

    def modes(self) -> Mapping[str, int]:
        """Points have no picture format."""
        return {}

    def channels(self) -> int:
        """The dimensions of a point."""
        return 2

    def stretch(self, size: int) -> int:
        """Points come in the same chunks whatever ``size``."""
        return STRETCH

    def labels(self, indices: np.ndarray) -> np.ndarray:
        """Return the Gaussian each point comes from, int64 [n]."""
        return choice(indices, self.seed, "mode", len(self.centres))

    def make(self, indices: np.ndarray, size: int, channels: int) -> Chunk:
        """Throw some points, float32 [n, 2]."""
        labels = self.labels(indices)
        points = self.centres[labels] + self.sigma * normal_pair(indices, self.seed, "offset")
        return Chunk(images=points.astype(np.float32), labels=labels)


def ring_source() -> MixtureSource:
    """Eight Gaussians on a circle of radius 1.4144, sigma 0.01414."""
    turns = np.arange(8) / 8  # not linspace(0, 1, 8), whose first and last centre coincide
    return MixtureSource("ring", 1.4144 * np.stack([cosine(turns), sine(turns)], axis=-1), sigma=0.01414)


def grid_source() -> MixtureSource:
    """Twenty-five Gaussians on a square grid of pitch 0.7072, sigma 0.01768."""
    steps = 0.7072 * (np.arange(25)[:, None] // [5, 1] % 5 - 2)
    return MixtureSource("grid", steps, sigma=0.01768)
