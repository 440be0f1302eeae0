"""ProGAN: both networks grow while they learn, from 4x4 to the full size."""

from __future__ import annotations

from dataclasses import dataclass

import ganzoo
from ganzoo import LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of ProGAN; the defaults are those of the paper where it names a number."""

    loss: LossName = "wasserstein"  # the game that is played, under a gradient penalty
    labels: bool = False  # draw the classes of the data too, learnt by a second head of the discriminator
    latent: int = 512  # coordinates of the noise
    base: int = 8192  # feature maps times the picture's half side, where that is below width
    width: int = 512  # most feature maps of a layer
    stable: int = 0  # real images shown at each size before the next fades in
    fade: int = 0  # real images during which a size fades in; stable=0 fade=0: growth is a share of the run
    growth: float = 0.6  # that share; half of it fading in, half stable
    batches: tuple[int, ...] = ()  # real images per batch at 4, 8, 16, ... pixels, the last for all above; none: batch
    rates: tuple[float, ...] = ()  # learning rate at 4, 8, 16, ... pixels, the last for all above; none: lr
    lr: float = 1e-3  # learning rate of both players
    betas: tuple[float, float] = (0.0, 0.99)  # decay of Adam's two running means
    penalty: float = 10.0  # weight of the gradient penalty
    target: float = 1.0  # slope that it asks for, measured at the full size; the penalty is divided by its square
    drift: float = 1e-3  # weight of the squared score of reals
    group: int = 4  # examples whose deviation is taken together, at the discriminator's 4x4
    fused: bool = False  # pool before the activation, as the released code; the paper pools after it

    def check(self) -> None:
        for name in ("latent", "base", "width", "group"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        if self.stable < 0 or self.fade < 0 or not 0 <= self.growth <= 1:
            raise RequestError("expected stable and fade to be counts of images, and growth between 0 and 1.")
        if self.target <= 0:
            raise RequestError(f"target={self.target}: expected a slope above 0.")

    def sizes_of_batches(self) -> tuple[int, ...]:
        return self.batches or super().sizes_of_batches()


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_progan.recipe import build

    return build(config, facts)


def build_generator(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_progan.networks import Generator

    return Generator(facts.shape, latent, base=16 * width, width=width)


def build_discriminator(facts: ganzoo.Facts, *, width: int):
    from ganzoo_progan.networks import Discriminator

    return Discriminator(facts.shape, base=16 * width, width=width)


PAPER = "Karras, Aila, Laine and Lehtinen 2017, arXiv:1710.10196"

FAMILY = ganzoo.Family(
    name="progan",
    summary="Progressive growing: both networks begin at 4x4 and double as they learn",
    paper=PAPER,
    year=2017,
    build=build,
    config=Config,
    presets={
        # Minutes, not days: the rate is six times the paper's, and the slope asked for is about the one that new
        # networks have, for at the paper's rate and slope a short run is over before the discriminator is as steep.
        "default": {
            "base": 512,
            "width": 32,
            "latent": 64,
            "batch": 16,
            "images": 60_000,
            "growth": 0.75,
            "lr": 6e-3,
            "target": 0.125,
            "penalty": 1.25,
            "ema": 1_500,
        },
        "paper": {
            "size": 1024,
            "batch": 16,
            "batches": (16, 16, 16, 16, 16, 16, 14, 6, 3),
            "stable": 800_000,
            "fade": 800_000,
            "images": 19_000_000,
            "group": 16,
            "ema": 11_000,  # 0.999 a step of 16
        },
        # The second release, on one accelerator.
        "released": {
            "size": 1024,
            "batch": 4,
            "batches": (128, 128, 128, 64, 32, 16, 8, 4),
            "rates": (1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1.5e-3),
            "stable": 600_000,
            "fade": 600_000,
            "images": 12_000_000,
            "fused": True,
            "ema": 11_000,
        },
        "paper256": {
            "size": 256,
            "batch": 16,
            "batches": (16, 16, 16, 16, 16, 16, 14),
            "stable": 800_000,
            "fade": 800_000,
            "images": 12_000_000,
            "group": 16,
            "ema": 11_000,
        },
        "tiny": {"size": 16, "base": 64, "width": 8, "latent": 16, "batch": 16, "images": 1_600, "ema": 200},
    },
    idea=(
        "Learn what a picture is at 4x4, then let both networks double, each new layer faded in over many images. "
        "Weights are scaled when used, so that all layers learn at one pace; features are normalised pixel by pixel; "
        "and the discriminator is told how much a batch varies."
    ),
    game="min_G max_D  E D(x) - E D(G(z)) - 10 E(|grad D| - 1)^2 - 0.001 E D(x)^2, at a size that grows",
    good_for="large pictures, learnt steadily: the first faces of a megapixel; and a film of how pictures come about",
    weakness="details cling to places in the frame, because each size learnt its own before the next one came",
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_generators(register):
    register(
        ganzoo.Generator(
            name="progan",
            summary="Pairs of equalized convolutions from 4x4 upwards, pixel norm, linear output",
            paper=PAPER,
            year=2017,
            build=build_generator,
        )
    )


@hookimpl
def register_discriminators(register):
    register(
        ganzoo.Discriminator(
            name="progan",
            summary="Pairs of equalized convolutions down to 4x4, deviation of the batch",
            paper=PAPER,
            year=2017,
            build=build_discriminator,
        )
    )
