"""WGAN: a critic that measures a distance instead of telling real from fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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

    def check(self) -> None:
        for name in ("n_critic", "warmup", "fakes"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        if self.clip <= 0:
            raise RequestError(f"clip={self.clip}: expected a bound above 0.")


def build(config: Config, facts: Facts):
    from ganzoo_wgan.recipe import build

    return build(config, facts)


def build_resnet(facts: Facts, *, latent: int, width: int):
    from ganzoo_wgan.resnets import GoodGenerator

    return GoodGenerator(facts.shape, latent, width)


def build_resnet_critic(facts: Facts, *, width: int):
    from ganzoo_wgan.resnets import GoodCritic

    return GoodCritic(facts.shape, width)


def build_cifar(facts: Facts, *, latent: int, width: int):
    from ganzoo_wgan.resnets import CifarGenerator

    return CifarGenerator(facts.shape, latent, width, len(facts.classes))


def build_cifar_critic(facts: Facts, *, width: int):
    from ganzoo_wgan.resnets import CifarCritic

    return CifarCritic(facts.shape, width, len(facts.classes))


def build_deep(facts: Facts, *, latent: int, width: int):
    from ganzoo_wgan.bottlenecks import DeepGenerator

    return DeepGenerator(facts.shape, latent, width)


def build_deep_critic(facts: Facts, *, width: int):
    from ganzoo_wgan.bottlenecks import DeepCritic

    return DeepCritic(facts.shape, width)


def build_conv4(facts: Facts, *, latent: int, width: int):
    from ganzoo_wgan.convolutions import Conv4Generator

    return Conv4Generator(facts.shape, latent, width)


def conv4_critic(norm: str) -> Callable[..., Any]:
    def build(facts: Facts, *, width: int):
        from ganzoo_wgan.convolutions import Conv4Critic

        return Conv4Critic(facts.shape, width, norm)

    return build


def conv5(first: str) -> Callable[..., Any]:
    def build(facts: Facts, *, latent: int, width: int):
        from ganzoo_wgan.convolutions import Conv5Generator

        return Conv5Generator(facts.shape, latent, width, first)

    return build


def conv5_critic(norm: str) -> Callable[..., Any]:
    def build(facts: Facts, *, width: int):
        from ganzoo_wgan.convolutions import Conv5Critic

        return Conv5Critic(facts.shape, width, norm)

    return build


def mlp(hidden: int) -> Callable[..., Any]:
    def build(facts: Facts, *, latent: int, width: int):
        from ganzoo_wgan.perceptrons import MLPGenerator

        return MLPGenerator(facts, latent, width, hidden)

    return build


def build_mlp_critic(facts: Facts, *, width: int):
    from ganzoo_wgan.perceptrons import MLPCritic

    return MLPCritic(facts, width)


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
            "generator": "dcgan",
            "discriminator": "wgan-conv4-layer",
            "width": 32,
            "latent": 64,
            "batch": 32,
            "images": 150_000,
            "n_critic": 3,
            "lr": 3e-4,
            "warmup": 20,
            "ema": 10_000,
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
            "betas": (0.5, 0.9),
            "penalty": 0.1,
            "ema": 50_000,
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

GENERATORS = (
    ("wgan-resnet", "Residual blocks from 4x4 upwards, narrower as they grow, batch norm", PENALTY, build_resnet),
    ("wgan-resnet-cifar", "Residual blocks of one width, batch norm, by label where asked", PENALTY, build_cifar),
    ("wgan-resnet-101", "Bottleneck blocks, 101 layers deep", PENALTY, build_deep),
    ("wgan-conv4", "The layers of DCGAN without any norm", CLIPPING, build_conv4),
    ("wgan-conv5", "5x5 transposed convolutions with batch norm, any side", PENALTY, conv5("batch")),
    ("wgan-conv5-cifar", "The same, the first norm over every number by itself", PENALTY, conv5("element")),
    ("wgan-conv5-plain", "The same without any norm, as for MNIST", PENALTY, conv5("none")),
    ("wgan-mlp", "Perceptron with three hidden ReLU layers, for points and pictures", CLIPPING, mlp(3)),
    ("wgan-mlp-4", "Perceptron with four hidden ReLU layers", PENALTY, mlp(4)),
)

DISCRIMINATORS = (
    ("wgan-resnet", "Residual blocks down to 4x4, wider as they shrink, layer norm", PENALTY, build_resnet_critic),
    (
        "wgan-resnet-cifar",
        "Residual blocks of one width, no norm; names labels if asked",
        PENALTY,
        build_cifar_critic,
    ),
    ("wgan-resnet-101", "Bottleneck blocks, 101 layers deep, layer norm", PENALTY, build_deep_critic),
    ("wgan-conv4", "The layers of DCGAN without any norm", CLIPPING, conv4_critic("none")),
    ("wgan-conv4-layer", "The layers of DCGAN with layer norm, for a gradient penalty", PENALTY, conv4_critic("layer")),
    ("wgan-conv5", "5x5 strided convolutions with layer norm, any side", PENALTY, conv5_critic("layer")),
    ("wgan-conv5-batch", "The same with batch norm, for clipping", PENALTY, conv5_critic("batch")),
    ("wgan-conv5-plain", "The same without any norm, as for CIFAR-10 and MNIST", PENALTY, conv5_critic("none")),
    ("wgan-mlp", "Perceptron with three hidden ReLU layers, for points and pictures", CLIPPING, build_mlp_critic),
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_generators(register):
    for name, summary, paper, build in GENERATORS:
        register(ganzoo.Generator(name=name, summary=summary, paper=paper, year=2017, build=build))


@hookimpl
def register_discriminators(register):
    for name, summary, paper, build in DISCRIMINATORS:
        register(ganzoo.Discriminator(name=name, summary=summary, paper=paper, year=2017, build=build))
