"""CycleGAN: translation between two sets of pictures of which no two belong together."""

from __future__ import annotations

from dataclasses import dataclass

import ganzoo
from ganzoo import LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of CycleGAN; the defaults are those of the paper where it names a number."""

    loss: LossName = "least-squares"  # the game between a translator and its judge
    width: int = 64  # channels of a generator at full size; four times as many inside
    blocks: int = 9  # residual blocks of a generator: 9 from 256 pixels, 6 for 128
    width_d: int = 64  # channels of a discriminator's first layer
    layers: int = 3  # halvings in a discriminator: a logit sees 16, 34, 70 or 142 pixels for 1 to 4
    cycle: float = 10.0  # weight of the way there and back
    identity: float = 0.5  # weight of leaving alone what is already there, as a share of cycle; 0 switches it off
    pool: int = 50  # earlier fakes a discriminator is also shown; 0 switches it off
    lr: float = 2e-4  # learning rate of all four networks
    betas: tuple[float, float] = (0.5, 0.999)  # decay of Adam's two running means
    decay: float = 0.5  # share of the run, at its end, over which the learning rate falls to 0
    enlarge: int = 0  # pixels a picture gains before a random crop to its size; the paper's 286 to 256 is 30
    flip: bool = False  # mirror half of the pictures

    def check(self) -> None:
        for name, least in {"width": 1, "blocks": 0, "width_d": 1, "layers": 1, "pool": 0, "enlarge": 0}.items():
            if getattr(self, name) < least:
                raise RequestError(f"{name}={getattr(self, name)}: expected {least} or more.")
        if not 0 <= self.decay <= 1:
            raise RequestError(f"decay={self.decay}: expected a share of the run, from 0 to 1.")


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_cyclegan.recipe import build

    return build(config, facts)


def build_discriminator(facts: ganzoo.Facts, *, width: int):
    from torch import nn

    from ganzoo_cyclegan.networks import Discriminator

    return nn.Sequential(Discriminator(facts.shape, width, layers=3), nn.AdaptiveAvgPool2d(1), nn.Flatten(0))


PAPER = "Zhu et al. 2017, arXiv:1703.10593"

FAMILY = ganzoo.Family(
    name="cyclegan",
    summary="Translates between two sets of pictures without a single matching pair",
    paper=PAPER,
    year=2017,
    build=build,
    config=Config,
    needs=("a", "b"),
    presets={
        # At 32 pixels two blocks see the whole of a shape; a short run bears ten times the paper's learning rate, and
        # wants batches as small as pay, for it is the number of steps that it is short of.
        "default": {
            "size": 32,
            "batch": 4,
            "images": 10_000,
            "width": 16,
            "blocks": 2,
            "width_d": 16,
            "layers": 2,
            "lr": 2e-3,
            "betas": (0.5, 0.99),
        },
        # 200 epochs of horse2zebra, whose larger side has 1,334 pictures
        "paper": {"size": 256, "batch": 1, "images": 266_800, "ema": 0, "enlarge": 30, "flip": True},
        "tiny": {"size": 16, "batch": 4, "images": 400, "ema": 50, "width": 4, "blocks": 2, "width_d": 4, "layers": 2},
    },
    data="swap",
    idea=(
        "One generator translates a into b, another b into a, and each answers to a discriminator that knows real "
        "pictures of its target. What makes the translation keep its subject is the way back: there and back again "
        "must end where it began."
    ),
    game=(
        "min_G,F  E (D_b(G(a)) - 1)^2 + E (D_a(F(b)) - 1)^2 + 10 (|F(G(a)) - a| + |G(F(b)) - b|)"
        " + 5 (|G(b) - b| + |F(a) - a|);  min_D  (E (D(x) - 1)^2 + E D(fake)^2) / 2"
    ),
    good_for="changing the look of pictures (colour, texture, style) where nobody has before and after",
    weakness="it keeps shapes, is blind to contrast, and may hide what it needs for the way back in faint noise",
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_discriminators(register):
    register(
        ganzoo.Discriminator(
            name="patchgan",
            summary="A logit for every 70x70 patch, averaged over the picture; instance norm, leaky ReLU",
            paper="Isola et al. 2017, arXiv:1611.07004",
            year=2017,
            build=build_discriminator,
        )
    )
