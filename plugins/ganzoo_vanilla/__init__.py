"""The vanilla GAN: two perceptrons and the game that started it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ganzoo
from ganzoo import DiscriminatorName, GeneratorName, LossName, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of the vanilla GAN; preset `paper` holds the numbers of the released MNIST configuration."""

    generator: GeneratorName = "mlp"  # network from noise to data
    discriminator: DiscriminatorName = "maxout"  # network from data to logits
    loss: LossName = "non-saturating"  # the game that is played; "minimax" is the paper's equation 1
    latent: int = 100  # coordinates of the noise
    noise: Literal["uniform", "normal"] = "uniform"  # law of the noise, of unit variance
    width: int = 1200  # hidden units of the generator; affine pieces of a maxout layer
    optimizer: Literal["adam", "sgd"] = "adam"  # sgd: decaying rate and rising momentum, as in the paper's code
    lr: float = 2e-4  # learning rate of the generator
    lr_d: float = 2e-4  # learning rate of the discriminator
    betas: tuple[float, float] = (0.5, 0.999)  # decay of Adam's two running means


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_vanilla.recipe import build

    return build(config, facts)


def build_generator(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_vanilla.networks import Generator

    return Generator(facts, latent, width)


def build_maxout(facts: ganzoo.Facts, *, width: int):
    from ganzoo_vanilla.networks import MaxoutDiscriminator

    return MaxoutDiscriminator(facts.shape, width)


def build_mlp(facts: ganzoo.Facts, *, width: int):
    from ganzoo_vanilla.networks import MLPDiscriminator

    return MLPDiscriminator(facts.shape, width)


PAPER = "Goodfellow et al. 2014, arXiv:1406.2661"

FAMILY = ganzoo.Family(
    name="vanilla",
    summary="The original GAN: two perceptrons, one minimax game",
    paper=PAPER,
    year=2014,
    build=build,
    config=Config,
    presets={
        # On digits a discriminator as fast as the generator soon knows every fake, and most modes are lost.
        "default": {"size": 32, "width": 600, "images": 300_000, "lr": 3e-4, "lr_d": 1e-4, "ema": 15_000},
        "paper": {
            "size": 28,
            "channels": 1,
            "batch": 100,
            "images": 15_000_000,
            "optimizer": "sgd",
            "lr": 0.1,
            # The released code halves the discriminator's objective; under plain SGD that is half the rate.
            "lr_d": 0.05,
        },
        "points": {
            "discriminator": "mlp",
            "latent": 2,
            "noise": "normal",
            "width": 128,
            "batch": 256,
            "images": 2_000_000,
            "lr": 5e-4,
            "lr_d": 1e-3,
        },
        "tiny": {"size": 8, "width": 40, "latent": 8, "batch": 16, "images": 1_600, "ema": 200},
    },
    points_preset="points",
    data="anime",
    idea=(
        "A generator turns noise into data; a discriminator learns to tell its work from the real thing; each is "
        "the other's loss function. No likelihood, no Markov chain: gradients from one network teach the other."
    ),
    game="min_G max_D  E log D(x) + E log(1 - D(G(z)))",
    good_for="small pictures and points in the plane, and for seeing the game itself without any further machinery",
    weakness="it forgets modes: of 8 Gaussians on a ring it keeps about 6; pictures without convolutions are rough",
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_generators(register):
    register(
        ganzoo.Generator(
            name="mlp",
            summary="Perceptron: two hidden ReLU layers for pictures, three for points",
            paper=PAPER,
            year=2014,
            build=build_generator,
        )
    )


@hookimpl
def register_discriminators(register):
    register(
        ganzoo.Discriminator(
            name="maxout",
            summary="Two maxout layers with dropout, no normalisation",
            paper=PAPER,
            year=2014,
            build=build_maxout,
        )
    )
    register(
        ganzoo.Discriminator(
            name="mlp",
            summary="Perceptron with three hidden ReLU layers, for points in the plane",
            paper="Gulrajani et al. 2017, arXiv:1704.00028",
            year=2017,
            build=build_mlp,
        )
    )
