"""StyleGAN2 in training: all attributes of drawn shapes come out, and styles carry them from parent to child.

Pictures of 16x16 show one of three shapes in one of three colours and two sizes on grey, drawn here, so that what a
picture shows can be read off: it is that of the nearest of all that could have been drawn.
"""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import Tensor

from ganzoo import Facts, find
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

pytestmark = pytest.mark.slow  # half a minute of one core for each
SIDE, SEEN, BATCH, DRAWN = 16, 8192, 16, 600
SHAPE, COLOUR, SIZE = range(3)  # columns of attributes
COUNTS = (3, 3, 2)
COLOURS = torch.tensor([[0.95, 0.2, 0.2], [0.2, 0.85, 0.25], [0.25, 0.35, 1.0]])
RADII = torch.tensor([3.8, 6.4])  # pixels
STRAY = 0.75  # pixels at most, of the middle of a shape from that of its picture
COARSE = 3  # styles of the layers up to 8 pixels; those of 16 pixels are as many


def shapes(attributes: Tensor, middle: Tensor) -> Tensor:
    """Pictures [N, 3, 16, 16] of discs, squares and crosses: attributes int64 [N, 3], middles [N, 2] in pixels."""
    place = torch.arange(SIDE) + 0.5 - SIDE / 2
    across = (place[None, None, :] - middle[:, :1, None]).abs()
    down = (place[None, :, None] - middle[:, 1:, None]).abs()
    radius = RADII[attributes[:, SIZE]][:, None, None]
    nearer, farther = torch.minimum(across, down), torch.maximum(across, down)
    depths = torch.stack(
        [
            radius - (across.square() + down.square()).sqrt(),
            0.85 * radius - farther,
            torch.minimum(radius - farther, 0.36 * radius - nearer),
        ],
        1,
    )  # pixels from inside to the edge, [N, shapes, 16, 16]
    cover = (depths[torch.arange(len(attributes)), attributes[:, SHAPE]] + 0.5).clamp(0, 1)[:, None]
    colour = COLOURS[attributes[:, COLOUR]][:, :, None, None]
    return cover * (2 * colour - 1)


ALL = torch.cartesian_prod(*map(torch.arange, COUNTS))
PLACES = torch.cartesian_prod(*[torch.linspace(-STRAY, STRAY, 4)] * 2)
KNOWN = ALL.repeat_interleave(len(PLACES), 0)
BANK = shapes(KNOWN, PLACES.repeat(len(ALL), 1)).flatten(1)


def attributes_of(x: Tensor) -> Tensor:
    """What pictures show, int64 [N, 3]."""
    return KNOWN[torch.cdist(x.flatten(1), BANK).argmin(1)]


def unevenness(attributes: Tensor) -> float:
    """Total variation distance of the histogram of all attributes together to the uniform one, 0 to 1."""
    shape, colour, size = attributes.unbind(1)
    code = (shape * COUNTS[COLOUR] + colour) * COUNTS[SIZE] + size
    share = code.bincount(minlength=len(ALL)) / len(code)
    return 0.5 * (share - 1 / len(ALL)).abs().sum().item()


@cache
def data() -> Tensor:
    random = torch.Generator().manual_seed(0)
    attributes = ALL[torch.randint(len(ALL), (SEEN,), generator=random)]
    return shapes(attributes, STRAY * (2 * torch.rand(SEEN, 2, generator=random) - 1))


def trained(seed: int, steps: int, **settings) -> Engine:
    family = find("families", "stylegan")
    small = {"size": SIDE, "base": 1024, "width": 32, "latent": 32, "style": 32, "mapping": 2, "batch": BATCH}
    config = resolve(family, "default", {**small, **settings})
    torch.manual_seed(seed)
    recipe = family.build(config, Facts((3, SIDE, SIDE), count=SEEN))

    def draw(position: int, n: int) -> dict[str, Tensor]:
        random = torch.Generator().manual_seed(1_000_000 * (seed + 1) + position)
        return {"image": data()[torch.randint(SEEN, (n,), generator=random)]}

    start = Progress(batch=BATCH, total=BATCH * steps)
    e = Engine(recipe, draw, Backend.choose("cpu", "fp32"), start, halflife=config.ema)
    for _ in range(steps):
        e.step()
    return e


def test_what_is_drawn_can_be_read():
    attributes = ALL[torch.randint(len(ALL), (DRAWN,), generator=torch.Generator().manual_seed(1))]
    middle = STRAY * (2 * torch.rand(DRAWN, 2, generator=torch.Generator().manual_seed(2)) - 1)
    x = shapes(attributes, middle)
    noisy = x + 0.2 * torch.randn(x.shape, generator=torch.Generator().manual_seed(3))
    assert (attributes_of(noisy) == attributes).float().mean() > 0.99
    assert unevenness(attributes) < 0.1
    assert unevenness(attributes[attributes[:, SIZE] == 0]) == pytest.approx(0.5)
