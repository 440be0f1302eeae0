"""StyleGAN: every layer draws in a style, and the noise only chooses the styles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ganzoo
from ganzoo import LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of StyleGAN; those marked "version 2" say nothing to the original."""

    version: Literal[1, 2] = 2  # 2 demodulates and does not grow; 1 is the original, which does
    loss: LossName = "non-saturating"  # the game that is played
    latent: int = 64  # coordinates of the noise
    style: int = 64  # coordinates of a style
    mapping: int = 2  # layers from noise to style
    mapping_lr: float = 0.01  # their learning rate as a share of lr; the papers' runs are long enough for 0.01
    base: int = 1024  # feature maps of a layer, times the side of its pictures
    width: int = 64  # feature maps at most
    group: int = 4  # pictures among which the discriminator feels how much they vary
    residual: bool = True  # version 2: a linear way around every two layers of the discriminator
    conditional: bool = False  # version 2: draw by class
    batch: int = 16  # real images per batch
    lr: float = 0.0025  # learning rate of both players
    decay: float = 0.0  # share of the run, at its end, over which the learning rates fall to 0
    beta2: float = 0.99  # decay of Adam's mean of squares; the other mean has no memory
    gamma: float = 1.0  # weight of the penalty on the discriminator's slope at real pictures
    r1_every: int = 16  # version 2: steps from one such penalty to the next
    path: float = 2.0  # version 2: weight of the penalty on unequal path lengths; 0 switches it off
    path_every: int = 4  # version 2: steps from one such penalty to the next
    mixing: float = 0.9  # how often the finer layers take their style from other noise
    noise: Literal["constant", "none"] = "constant"  # in samples, of the layers: one for all pictures, or none at all
    truncation: float = 1.0  # in samples: 1 for the style as it is, 0 for the mean of all styles
    truncated: int = 0  # layers that truncation reaches, from the coarsest on; 0: all
    mirror: bool = False  # show every other real picture in a mirror
    augment: Literal["none", "ada", "fixed"] = "none"  # version 2: change what the discriminator sees
    augment_p: float = 0.0  # probability of each change: where "ada" starts, what "fixed" keeps
    augment_target: float = 0.6  # with "ada": mean sign of the logits of real pictures
    augment_images: int = 500_000  # with "ada": images in which the probability could go from 0 to 1
    grow: int = 0  # version 1: images that a size is trained for, and as many to fade in the next; 0: all in time
    batches: tuple[int, ...] = ()  # version 1: real images per batch at 8, 16, 32, ... pixels, the last for all above

    def check(self) -> None:
        for name in (
            "latent",
            "style",
            "mapping",
            "base",
            "width",
            "group",
            "r1_every",
            "path_every",
            "augment_images",
        ):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        for name, what in (("mixing", "probability"), ("augment_p", "probability"), ("decay", "share of the run")):
            if not 0 <= getattr(self, name) <= 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected a {what}, from 0 to 1.")
        if self.mapping_lr <= 0:
            raise RequestError(f"mapping_lr={self.mapping_lr}: expected a positive share of lr.")
        if self.grow < 0:
            raise RequestError(f"grow={self.grow}: expected a number of images, or 0 to be fully grown in time.")
        if self.version == 1 and (self.conditional or self.augment != "none"):
            raise RequestError("version=1 knows neither conditional nor augment. Leave them out, or use version=2.")

    def sizes_of_batches(self) -> tuple[int, ...]:
        return self.batches if self.version == 1 and self.batches else super().sizes_of_batches()


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_stylegan.recipe import build

    return build(config, facts)


def build_generator(facts: ganzoo.Facts, *, latent: int, width: int):
    from ganzoo_stylegan.networks import skip_generator

    return skip_generator(facts.shape, latent, style=latent, layers=2, base=32 * width, width=width)


def build_discriminator(facts: ganzoo.Facts, *, width: int):
    from ganzoo_stylegan.discriminator import Discriminator

    return Discriminator(facts.shape, base=32 * width, width=width)


PAPER = "Karras, Laine, Aittala, Hellsten, Lehtinen and Aila 2020, arXiv:1912.04958"

# For runs of minutes. Layers of few maps want a higher rate: what they put out moves by the rate times the root of what
# goes in. A mapping a hundred times slower would not move at all, noise would be what hides unlearnt detail, and the
# mean path length would still be on its way up from 0.
SHORT = {"mapping_lr": 0.1, "decay": 0.6, "noise": "none"}

# Layer sizes that every published configuration shares.
FULL = {"latent": 512, "style": 512, "mapping": 8, "width": 512}
FFHQ = {
    **FULL,
    "size": 1024,
    "base": 32_768,
    "batch": 32,
    "images": 25_000_000,
    "ema": 10_000,
    "lr": 0.002,
    "gamma": 10.0,
    "mirror": True,
}

FAMILY = ganzoo.Family(
    name="stylegan",
    summary="Style-based GAN: modulated convolutions, smooth styles, and augmentation for small sets",
    paper=PAPER,
    year=2020,
    build=build,
    config=Config,
    presets={
        "default": {**SHORT, "base": 512, "batch": 32, "images": 52_000, "ema": 2_000, "lr": 0.008, "path": 0.0},
        "paper": FFHQ,
        "ffhq1024": FFHQ,
        "paper256": {
            **FULL,
            "size": 256,
            "base": 16_384,
            "batch": 64,
            "group": 8,
            "images": 25_000_000,
            "ema": 20_000,
            "gamma": 1.0,
            "augment": "ada",
        },
        "cifar": {
            **FULL,
            "mapping": 2,
            "size": 32,
            "base": 32_768,
            "batch": 64,
            "group": 32,
            "images": 100_000_000,
            "ema": 500_000,
            "gamma": 0.01,
            "path": 0.0,
            "mixing": 0.0,
            "residual": False,
            "augment": "ada",
        },
        "original": {
            **SHORT,
            "version": 1,
            "mapping": 4,
            "base": 512,
            "images": 36_000,
            "ema": 1_000,
            "lr": 0.006,
        },
        "original1024": {
            **FULL,
            "version": 1,
            "size": 1024,
            "base": 16_384,
            "batch": 32,
            "batches": (256, 128, 64, 32),
            "grow": 600_000,
            "images": 25_000_000,
            "ema": 10_000,
            "lr": 0.001,
            "gamma": 10.0,
            "truncation": 0.7,
            "truncated": 8,
            "mirror": True,
        },
        "tiny": {
            "size": 16,
            "latent": 16,
            "style": 16,
            "base": 128,
            "width": 16,
            "batch": 8,
            "images": 1_600,
            "ema": 200,
            "grow": 400,
        },
    },
    idea=(
        "A mapping network turns noise into a style, and the style sets the strength of every feature map in every "
        "layer of a generator that starts from a learned constant; noise added to each layer draws what is left to "
        "chance. Coarse layers carry pose and shape, fine ones colour, and two pictures can be mixed by layer."
    ),
    game=(
        "min_G max_D  E log sigma(D(x)) + E log(1 - sigma(D(G(z)))) - gamma/2 E|grad D(x)|^2, non-saturating for G, "
        "which adds E(|J^T y| - a)^2"
    ),
    good_for="sharp pictures of one kind of thing, styles to mix and to walk in, small sets (with augment=ada)",
    weakness="slow to train; wants pictures that are alike and aligned; truncation trades variety for quality",
)


@hookimpl
def register_families(register):
    register(FAMILY)


@hookimpl
def register_generators(register):
    register(
        ganzoo.Generator(
            name="stylegan2",
            summary="Two-layer mapping and modulated convolutions that add up a picture from 4x4 upwards",
            paper=PAPER,
            year=2020,
            build=build_generator,
        )
    )


@hookimpl
def register_discriminators(register):
    register(
        ganzoo.Discriminator(
            name="stylegan2",
            summary="Residual halvings with smoothed sampling, and a feeling for how much a batch varies",
            paper=PAPER,
            year=2020,
            build=build_discriminator,
        )
    )
