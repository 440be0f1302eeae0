"""DCGAN: convolutions instead of dense layers, and the choices that made them train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ganzoo
from ganzoo import DiscriminatorName, GeneratorName, LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of DCGAN; the defaults are those of the paper where it names a number."""

    generator: GeneratorName = "dcgan"  # network from noise to pictures
    discriminator: DiscriminatorName = "dcgan"  # network from pictures to logits
    loss: LossName = "non-saturating"  # the game that is played
    smoothing: float = 0.0  # a real picture counts as real with 1 minus this (one-sided label smoothing); 0: off
    latent: int = 100  # coordinates of the noise
    noise: Literal["normal", "uniform"] = "normal"  # law of the noise, of unit variance
    width: int = 64  # channels at half the picture's size; twice as many at each halving
    lr: float = 2e-4  # learning rate of both players
    betas: tuple[float, float] = (0.5, 0.999)  # decay of Adam's two running means
    l2: float = 0.0  # L2 penalty on all weights, through Adam

    def check(self) -> None:
        if not 0 <= self.smoothing < 0.5:
            raise RequestError(f"smoothing={self.smoothing}: expected a part below a half, such as 0.1; 0 is off.")
        if self.smoothing and self.loss not in CROSS_ENTROPIES:
            raise RequestError(f"smoothing changes labels, and {self.loss} has none. Use --set loss=non-saturating.")


CROSS_ENTROPIES = ("non-saturating", "minimax")


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_dcgan.recipe import build

    return build(config, facts)


def build_generator(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_dcgan.networks import Generator

    return Generator(facts.shape, latent, width)


def build_discriminator(facts: ganzoo.Facts, *, width: int):
    from ganzoo_dcgan.networks import Discriminator

    return Discriminator(facts.shape, width)


def build_published_generator(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_dcgan.published import PublishedGenerator

    return PublishedGenerator(facts.shape, latent, width)


def build_published_discriminator(facts: ganzoo.Facts, *, width: int):
    from ganzoo_dcgan.published import PublishedDiscriminator

    return PublishedDiscriminator(facts.shape, width)


PAPER = "Radford, Metz and Chintala 2015, arXiv:1511.06434"

FAMILY = ganzoo.Family(
    name="dcgan",
    summary="Deep convolutional GAN, the first recipe that trained reliably on pictures",
    paper=PAPER,
    year=2015,
    build=build,
    config=Config,
    presets={
        "default": {"size": 32, "width": 32, "images": 240_000},
        "paper": {"size": 64, "width": 64, "batch": 128, "images": 5_000_000},
        # The authors' own code, as they trained it on faces.
        "published": {
            "generator": "dcgan-5x5",
            "discriminator": "dcgan-5x5",
            "noise": "uniform",
            "size": 64,
            "width": 128,
            "batch": 128,
            "l2": 1e-5,
            "images": 9_000_000,
        },
        "tiny": {"size": 16, "width": 8, "latent": 16, "batch": 16, "images": 1_600, "ema": 200},
    },
    idea=(
        "Replace pooling and dense layers by strided convolutions, normalise every layer but the outermost by its "
        "batch, and start from small Gaussian weights. The generator grows a picture from 4x4 by doublings; the "
        "discriminator is its mirror image."
    ),
    game="min_G max_D  E log D(x) + E log(1 - D(G(z))), with the non-saturating turn for G",
    good_for="a first result on any set of pictures, in minutes, with one small network on either side",
    weakness="it drops modes: among 1,000 combinations of digits it finds about 79; larger sizes lose global coherence",
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_generators(register):
    for name, summary, build in (
        ("dcgan", "Transposed convolutions from 4x4 upwards, batch norm, tanh", build_generator),
        ("dcgan-5x5", "The same as its authors coded it: 5x5 kernels, dense at first", build_published_generator),
    ):
        register(ganzoo.Generator(name=name, summary=summary, paper=PAPER, year=2015, build=build))


@hookimpl
def register_discriminators(register):
    for name, summary, build in (
        ("dcgan", "Strided convolutions down to 4x4, batch norm, leaky ReLU", build_discriminator),
        (
            "dcgan-5x5",
            "The same as the authors coded it: 5x5 kernels, a dense layer last",
            build_published_discriminator,
        ),
    ):
        register(ganzoo.Discriminator(name=name, summary=summary, paper=PAPER, year=2015, build=build))
