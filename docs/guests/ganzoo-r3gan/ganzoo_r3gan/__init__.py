"""R3GAN: a game that converges, and with it plain residual networks without any trick."""

from __future__ import annotations

from dataclasses import dataclass

import ganzoo
from ganzoo import LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of R3GAN; of two numbers, the first holds at the start and the second after the burn-in."""

    loss: LossName = "relativistic"  # the game that is played
    latent: int = 64  # coordinates of the noise
    maps: tuple[int, ...] = (768, 768, 768, 768)  # feature maps at 4x4, 8x8, ...; half at every side beyond
    d_maps: tuple[int, ...] = ()  # the same of the discriminator; none: those of the generator
    blocks: tuple[int, ...] = (2,)  # residual blocks at 4x4, 8x8, ...; as many as the last at every side beyond
    group: int = 16  # feature maps that a 3x3 convolution mixes
    gamma: tuple[float, float] = (0.05, 0.005)  # weight of the penalties on slope, at real pictures and at fake ones
    lr: tuple[float, float] = (2e-4, 5e-5)  # learning rate of both players
    beta2: tuple[float, float] = (0.9, 0.99)  # decay of Adam's mean of squares; the other mean has no memory
    burn_in: float = 0.5  # share of the run that it takes from the first numbers to the second

    def check(self) -> None:
        for name in ("latent", "group"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        for name in ("maps", "d_maps", "blocks"):
            if min(getattr(self, name), default=0 if name != "d_maps" else 1) < 1:
                raise RequestError(f"{name}: expected numbers for 4x4, 8x8, ..., each of them 1 or more.")
        if min(self.gamma) < 0 or min(self.lr) <= 0:
            raise RequestError("gamma and lr: expected two numbers each, neither of them negative, and lr above 0.")
        if not all(0 <= each < 1 for each in self.beta2):
            raise RequestError("beta2: expected two numbers from 0 to below 1.")
        if not 0 <= self.burn_in <= 1:
            raise RequestError(f"burn_in={self.burn_in}: expected a share of the run, from 0 to 1.")


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_r3gan.recipe import build

    return build(config, facts)


FAMILY = ganzoo.Family(
    name="r3gan",
    summary="Relativistic pairs, slopes penalised at real and fake, residual networks without norms",
    paper="Huang, Gokaslan, Kuleshov and Tompkin 2024, arXiv:2501.05441",
    year=2024,
    build=build,
    config=Config,
    presets={
        # For runs of minutes: narrow networks, small batches, and the higher rates and penalties that go with them.
        "default": {
            "size": 32,
            "maps": (128, 128, 64, 16),
            "d_maps": (96, 48, 32, 8),
            "blocks": (1,),
            "batch": 8,
            "images": 36_000,
            "gamma": (2.0, 0.5),
            "lr": (3e-3, 2e-4),
            "burn_in": 1.0,
        },
        # For CIFAR-10, unconditional and without augmentation; the length of a run is ours.
        "paper": {"size": 32, "batch": 512, "images": 100_000_000, "ema": 5_000_000, "burn_in": 0.2},
        "tiny": {"size": 16, "maps": (16, 8), "blocks": (1,), "batch": 16, "images": 1_600, "ema": 200},
    },
    idea=(
        "Ask of pairs which is more real, so that no fake can hide behind a boundary that all reals have crossed, and "
        "penalise the discriminator's slope at real and fake pictures alike, so that the game comes to rest. Then "
        "nothing else of a modern GAN is needed: two mirrored residual networks, no norms, no styles, no noise inside."
    ),
    game=(
        "min_G max_D  E f(D(G(z)) - D(x)) - gamma/2 E |grad D(x)|^2 - gamma/2 E |grad D(G(z))|^2, "
        "with f(t) = -log(1 + e^-t)"
    ),
    good_for="covering all of the data without tuning: the game converges where others need tricks to",
    weakness="two penalties a step, each differentiated twice: more than twice the work of a plain step",
)


@hookimpl
def register_families(register):
    register(FAMILY)
