"""WGAN: a critic that measures a distance instead of telling real from fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Literal

import ganzoo
from ganzoo import DiscriminatorName, Facts, GeneratorName, LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of WGAN; the defaults are those of the gradient penalty's 64 px networks."""

    variant: Literal["gp", "clip"] = "gp"  # what bounds the critic's slope: a penalty (Adam), or clipping (RMSprop)
    generator: GeneratorName = "wgan-resnet"  # network from noise to data
    discriminator: DiscriminatorName = "wgan-resnet"  # network from data to scores
    loss: LossName = "wasserstein"  # the game that is played
    latent: int = 128  # coordinates of the noise
    width: int = 64  # channels of the networks, at the pictures' full side in those that widen
    lr: float | None = None  # learning rate of both players; none takes the variant's, 1e-4 or (clip) 5e-5
    betas: tuple[float, float] = (0.0, 0.9)  # decay of Adam's two running means
    decay: bool = False  # let the learning rate fall to zero over the run, in a line
    n_critic: int = 5  # critic steps a generator step; each shows a batch of real images
    penalty: float = 10.0  # weight of the gradient penalty
    clip: float = 0.01  # clip: bound on every parameter of the critic
    warmup: int = 100  # clip: critic steps at each of the first 25 generator steps and at every 500th
    fakes: int = 1  # fake images in a generator step, in batches
    dither: float = 0.0  # width of the uniform noise added to real images
    conditional: bool = False  # draw by class, and have the critic name what it sees
    naming: float = 0.1  # conditional: weight of the class that the critic names in the generator's loss

    def check(self) -> None:
        for name in ("n_critic", "warmup", "fakes"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        if self.clip <= 0:
            raise RequestError(f"clip={self.clip}: expected a bound above 0.")


def build(config: Config, facts: Facts):
    from ganzoo_wgan.recipe import build

    return build(config, facts)


CLIPPING = "Arjovsky, Chintala and Bottou 2017, arXiv:1701.07875"
PENALTY = "Gulrajani et al. 2017, arXiv:1704.00028"

FAMILY = ganzoo.Family(
    name="wgan",
    summary="Wasserstein GAN: the critic measures how far fakes are from the data, and its loss means something",
    paper=f"{PENALTY}; {CLIPPING}",
    year=2017,
    build=build,
    config=Config,
    presets={
        "default": {
            "size": 32,
            "generator": "wgan-conv4-batch",
            "discriminator": "wgan-conv4-layer",
            "width": 32,
            "latent": 64,
            "batch": 16,
            "images": 90_000,
            "n_critic": 2,
            "lr": 5e-4,
            "decay": True,
            "warmup": 20,
            "naming": 1.0,
            "ema": 5_000,
        },
        "paper": {"size": 64, "batch": 64, "images": 64_000_000, "ema": 50_000},
        "clip": {
            "variant": "clip",
            "size": 64,
            "generator": "dcgan",
            "discriminator": "dcgan",
            "latent": 100,
            "images": 64_000_000,
            "ema": 50_000,
        },
        "cifar": {
            "generator": "wgan-resnet-cifar",
            "discriminator": "wgan-resnet-cifar",
            "width": 128,
            "lr": 2e-4,
            "decay": True,
            "fakes": 2,
            "dither": 1 / 128,
            "images": 32_000_000,
            "ema": 50_000,
        },
        "points": {
            "generator": "wgan-mlp",
            "discriminator": "wgan-mlp",
            "latent": 2,
            "width": 128,
            "batch": 256,
            "images": 5_120_000,  # 4,000 generator steps
            "lr": 2e-3,
            "betas": (0.5, 0.9),
            "decay": True,
            "penalty": 0.1,
            "ema": 20_000,
        },
        "tiny": {
            "size": 8,
            "width": 4,
            "latent": 8,
            "batch": 8,
            "images": 1_600,
            "n_critic": 2,
            "warmup": 3,
            "ema": 200,
        },
    },
    points_preset="points",
    idea=(
        "Ask for a distance instead of an opinion. A critic whose slope is at most 1 gives, at its best, the cost of "
        "moving the fakes onto the data; it may be trained as far as one likes, and its gradient does not die. "
        "The first paper keeps the slope in bounds by clipping weights, the second by penalising every other slope."
    ),
    game="min_G max_D  E D(x) - E D(G(z)),  |D| having slope at most 1: + 10 E(|grad D(x')| - 1)^2, or |w| <= 0.01",
    good_for="steady training whatever the networks, a loss that falls as the pictures get better, and few lost modes",
    weakness="several critic steps for one of the generator, each penalty differentiated twice: slow for its sharpness",
)


def part(card: Callable, name: str, network: str, summary: str, paper: str = PENALTY, **options: Any):
    """The card of a network, given as "module.Class" of this package and imported when it is built."""
    module, wanted = network.split(".")

    def build(facts: Facts, **sizes: int):
        return getattr(import_module(f"ganzoo_wgan.{module}"), wanted)(facts, **sizes, **options)

    return card(name=f"wgan-{name}", summary=summary, paper=paper, year=2017, build=build)


generator, critic = partial(part, ganzoo.Generator), partial(part, ganzoo.Discriminator)

GENERATORS = (
    generator("resnet", "resnets.GoodGenerator", "Residual blocks from 4x4, narrowing; batch norm, by label if asked"),
    generator("resnet-cifar", "resnets.CifarGenerator", "Residual blocks of one width, batch norm, by label if asked"),
    generator("resnet-101", "bottlenecks.DeepGenerator", "Bottleneck blocks, 101 layers deep"),
    generator(
        "conv4", "convolutions.Conv4Generator", "DCGAN without any norm, by label if asked", CLIPPING, norm="none"
    ),
    generator("conv4-batch", "convolutions.Conv4Generator", "DCGAN, by label if asked", norm="batch"),
    generator("conv5", "convolutions.Conv5Generator", "Doublings by 5x5 to any side, batch norm", norm="batch"),
    generator("conv5-cifar", "convolutions.Conv5Generator", "Doublings by 5x5, first norm by number", norm="element"),
    generator("conv5-plain", "convolutions.Conv5Generator", "Doublings by 5x5, no norm, as for MNIST", norm="none"),
    generator("mlp", "perceptrons.MLPGenerator", "Perceptron of three ReLU layers", hidden=3, paper=CLIPPING),
    generator("mlp-4", "perceptrons.MLPGenerator", "Perceptron of four ReLU layers", hidden=4),
)

DISCRIMINATORS = (
    critic("resnet", "resnets.GoodCritic", "Residual blocks to 4x4, wider as they shrink, layer norm"),
    critic("resnet-cifar", "resnets.CifarCritic", "Residual blocks of one width, no norm; names labels if asked"),
    critic("resnet-101", "bottlenecks.DeepCritic", "Bottleneck blocks, 101 layers deep, layer norm"),
    critic("conv4", "convolutions.Conv4Critic", "DCGAN without any norm", norm="none", paper=CLIPPING),
    critic("conv4-layer", "convolutions.Conv4Critic", "DCGAN with layer norm; names labels if asked", norm="layer"),
    critic("conv5", "convolutions.Conv5Critic", "Halvings by 5x5 from any side, layer norm", norm="layer"),
    critic("conv5-batch", "convolutions.Conv5Critic", "Halvings by 5x5, batch norm, for clipping", norm="batch"),
    critic("conv5-plain", "convolutions.Conv5Critic", "Halvings by 5x5, no norm", norm="none"),
    critic("mlp", "perceptrons.MLPCritic", "Perceptron of three ReLU layers", paper=CLIPPING),
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_generators(register):
    for card in GENERATORS:
        register(card)


@hookimpl
def register_discriminators(register):
    for card in DISCRIMINATORS:
        register(card)
