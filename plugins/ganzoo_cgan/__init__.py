"""Conditional GANs: both players are told which class it is to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ganzoo
from ganzoo import DiscriminatorName, GeneratorName, LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of the conditional GANs; each preset is one of them, networks and training together."""

    generator: GeneratorName = "conditional-resnet"  # network from noise and class to pictures
    discriminator: DiscriminatorName = "projection"  # network from pictures and class to logits
    loss: LossName = "hinge"  # the game that is played
    latent: int = 128  # coordinates of the noise
    noise: Literal["normal", "uniform"] = "normal"  # law of the noise, of unit variance
    width: int = 64  # channels of the generator, or units of its widest layer
    width_d: int = 64  # the same of the discriminator; a maxout layer's affine pieces
    n_critic: int = 5  # turns of the discriminator for one of the generator
    fakes: int = 2  # fakes in the generator's turn for each real picture of a batch
    optimizer: Literal["adam", "sgd"] = "adam"  # sgd: decaying rate and rising momentum, as the first paper has it
    lr: float = 2e-4  # learning rate of the generator
    lr_d: float = 2e-4  # learning rate of the discriminator
    betas: tuple[float, float] = (0.0, 0.9)  # decay of Adam's two running means
    l2: float = 0.0  # L2 penalty on all weights, through Adam
    steady: float = 0.0  # part of the run after which Adam's rates fall in a line to 0; 1: they never do

    def check(self) -> None:
        for name in ("n_critic", "fakes"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        if not 0 <= self.steady <= 1:
            raise RequestError(f"steady={self.steady}: expected a part of the run, from 0 to 1.")


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_cgan.recipe import build

    return build(config, facts)


def build_perceptron(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_cgan.networks import Perceptron

    return Perceptron(facts, latent, width)


def build_maxout(facts: ganzoo.Facts, *, width: int):
    from ganzoo_cgan.networks import MaxoutPerceptron

    return MaxoutPerceptron(facts, width)


def build_generator(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_cgan.networks import Generator

    return Generator(facts, latent, width)


def build_discriminator(facts: ganzoo.Facts, *, width: int):
    from ganzoo_cgan.networks import Discriminator

    return Discriminator(facts, width)


def build_residual(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_cgan.residual import ResidualGenerator

    return ResidualGenerator(facts, latent, width)


def build_projection(facts: ganzoo.Facts, *, width: int):
    from ganzoo_cgan.residual import Projection

    return Projection(facts, width)


def build_concatenation(facts: ganzoo.Facts, *, width: int):
    from ganzoo_cgan.residual import Concatenation

    return Concatenation(facts, width)


MIRZA = "Mirza and Osindero 2014, arXiv:1411.1784"
RADFORD = "Radford, Metz and Chintala 2015, arXiv:1511.06434"
MIYATO = "Miyato and Koyama 2018, arXiv:1802.05637"

PERCEPTRONS = {
    "generator": "conditional-mlp",
    "discriminator": "conditional-maxout",
    "loss": "non-saturating",
    "latent": 100,
    "noise": "uniform",
    "width": 1200,
    "width_d": 1200,
    "n_critic": 1,
    "fakes": 1,
    "optimizer": "sgd",
    "lr": 0.1,
    # As in the vanilla GAN's code, which halves the discriminator's objective: under plain SGD that is half the rate.
    "lr_d": 0.05,
}
CONVOLUTIONS = {
    "generator": "conditional-dcgan",
    "discriminator": "conditional-dcgan",
    "loss": "non-saturating",
    "latent": 100,
    "noise": "uniform",
    "n_critic": 1,
    "fakes": 1,
    "betas": (0.5, 0.999),
    "l2": 2.5e-5,
    "steady": 0.5,
}
# 450,000 turns of the generator, the last 50,000 at a falling rate.
IMAGENET = {"images": 144_000_000, "steady": 8 / 9}

FAMILY = ganzoo.Family(
    name="cgan",
    summary="Conditional GAN: draws the class it is asked for",
    paper=MIRZA,
    year=2014,
    build=build,
    config=Config,
    needs=("image", "label"),
    presets={
        # The convolutions: what spectral norm and five turns buy is too dear for minutes.
        "default": {
            **CONVOLUTIONS,
            "width": 32,
            "width_d": 32,
            "latent": 64,
            "noise": "normal",
            "batch": 32,
            "lr": 5e-4,
            "lr_d": 5e-4,
            "betas": (0.5, 0.99),
            "l2": 0.0,
            "steady": 0.6,
            "images": 80_000,
            "ema": 3_000,
        },
        "paper": {**PERCEPTRONS, "size": 28, "channels": 1, "batch": 100, "images": 15_000_000},
        "dcgan": {**CONVOLUTIONS, "size": 28, "channels": 1, "batch": 128, "images": 5_000_000},
        # 50,000 turns of the generator; each asks for 5 batches of the discriminator.
        "cifar": {"size": 32, "width": 256, "width_d": 128, "images": 16_000_000},
        "imagenet64": {"size": 64, **IMAGENET},
        "imagenet128": {"size": 128, **IMAGENET},
        "tiny": {
            "size": 16,
            "width": 8,
            "width_d": 8,
            "latent": 16,
            "batch": 16,
            "n_critic": 2,
            "images": 1_600,
            "ema": 200,
        },
    },
    idea=(
        "Tell both players the class. The generator must then draw what was asked for, because the discriminator "
        "sees picture and class together. First the class was further input; the projection discriminator takes the "
        "inner product of what it saw with a vector of the class, and the generator's batch norm its gains from it."
    ),
    game="min_G max_D  E log D(x, y) + E log(1 - D(G(z, y'), y')); now D(x, y) = psi(phi(x)) + v_y . phi(x) and hinge",
    good_for="labelled pictures: one network for all classes, any of which can be asked for at the same noise",
    weakness="a class with few pictures is learned by heart; without normalisation D may not listen to the class",
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_generators(register):
    for name, summary, paper, year, build in (
        ("conditional-mlp", "Perceptron: a layer of the noise, one of the class, one of both", MIRZA, 2014,
         build_perceptron),
        ("conditional-dcgan", "Transposed convolutions, the class told before each", RADFORD, 2015, build_generator),
        ("conditional-resnet", "Residual blocks, batch norm with gains of the class", MIYATO, 2018, build_residual),
    ):  # fmt: skip
        register(ganzoo.Generator(name=name, summary=summary, paper=paper, year=year, needs=("label",), build=build))


@hookimpl
def register_discriminators(register):
    for name, summary, paper, year, build in (
        ("conditional-maxout", "Maxout layers: one of the picture, one of the class, one of both", MIRZA, 2014,
         build_maxout),
        ("conditional-dcgan", "Strided convolutions, the class told before each", RADFORD, 2015, build_discriminator),
        ("projection", "Residual blocks under spectral norm, the class as an inner product", MIYATO, 2018,
         build_projection),
        ("concatenation", "The blocks of projection, the class as further channels", MIYATO, 2018,
         build_concatenation),
    ):  # fmt: skip
        register(
            ganzoo.Discriminator(name=name, summary=summary, paper=paper, year=year, needs=("label",), build=build)
        )
