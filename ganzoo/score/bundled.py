"""The extractor that comes with ganzoo: random convolutions, looked at along 64 directions that were found to matter.

Features of random weights tell distributions of pictures apart far from the photographs that Inception was trained on
(Naeem et al. 2020, section 4), but most of what they say is brightness. The 64 directions are linear discriminants:
what best tells hair, shape, species and the other known attributes of the drawn sets, each of unit variance there
(docs/bundled.py finds them, in closed form, and writes the file beside this one). docs/validity.md has what these
features are worth.

The random weights follow from a seed by SplitMix64 and the normal quantile in double precision: no generator of torch,
which may change with its version.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate, relu

FILE = Path(__file__).with_suffix(".safetensors")
SMALLEST, LARGEST = 32, 64  # pixels a side: others are brought to the nearer of the two
WIDTHS = (64, 96, 128, 128)  # channels after each halving
GRID = 2  # cells a side in which the last maps are described, so that places count
DIRECTIONS = 64
RESIZE = f"antialiased bilinear to {SMALLEST} where smaller, to {LARGEST} where larger"
SEED = 20_241_107


def prepared(images: Tensor) -> Tensor:
    """Pictures [n, 3, H, W] in 0 ... 255 to float32 in [-1, 1], of 32 to 64 pixels a side.

    Those between keep their size: to enlarge them costs four times the work, and shows nothing that is not there.
    """
    scaled = images.float() / 127.5 - 1
    side = min(max(max(images.shape[2:]), SMALLEST), LARGEST)
    if scaled.shape[2:] == (side, side):
        return scaled
    return interpolate(scaled, (side, side), mode="bilinear", antialias=True)


class Responses(nn.Module):
    """Pictures [n, 3, s, s] to what random filters say of them, [n, 1350].

    Mean and root mean square of every map, whatever its size; of the last maps also the means of four quarters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        inputs = 3
        for number, outputs in enumerate(WIDTHS):
            side = 5 if number == 0 else 3
            conv = nn.Conv2d(inputs, outputs, side, 2, side // 2, bias=False)
            with torch.no_grad():
                conv.weight.copy_(filters(outputs, inputs, side, SEED + number))
            self.layers.append(conv)
            inputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        told = [x.mean((2, 3)), _energy(x)]
        for conv in self.layers:
            x = relu(conv(x)) * 2**0.5  # keeps the energy that relu halves
            told += [x.mean((2, 3)), _energy(x)]
        told.append(adaptive_avg_pool2d(x, GRID).flatten(1))
        return torch.cat(told, 1)


class Directions(nn.Module):
    """Pictures [n, 3, s, s] to features [n, 64]: responses along ``axes`` [1350, 64], from ``middle`` [1350]."""

    def __init__(self, middle: Tensor, axes: Tensor) -> None:
        super().__init__()
        self.responses = Responses()
        self.register_buffer("middle", middle)
        self.register_buffer("axes", axes)

    def forward(self, x: Tensor) -> Tensor:
        # In double precision: the axes weigh small differences of large numbers.
        return (self.responses(x).double() - self.middle.double()) @ self.axes.double()


def load() -> Directions:
    """The network, always the same."""
    return Directions(**load_file(FILE))


def filters(outputs: int, inputs: int, side: int, seed: int) -> Tensor:
    """Normal filters of unit length, half of them without a mean: those look at edges, the others at colours."""
    weight = normal(outputs * inputs * side * side, seed).view(outputs, inputs, side, side)
    weight[::2] -= weight[::2].mean((2, 3), keepdim=True)
    return (weight / weight.flatten(1).norm(dim=1).view(-1, 1, 1, 1)).float()


def normal(count: int, seed: int) -> Tensor:
    """Normal numbers float64 [count] from a seed."""
    import numpy as np

    state = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    unit = ((state ^ (state >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return torch.special.ndtri(torch.from_numpy(np.clip(unit, 2.0**-53, 1 - 2.0**-53)))


def _energy(x: Tensor) -> Tensor:
    return x.square().mean((2, 3)).sqrt()
