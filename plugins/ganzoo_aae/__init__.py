"""The adversarial autoencoder: a discriminator that looks at codes, so that noise of a known law becomes pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ganzoo
from ganzoo import LossName, RequestError, hookimpl

PLANE = ("mixture", "swiss-roll")  # priors of two coordinates, made of one part for each class


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of the adversarial autoencoder; preset `paper` holds the numbers of the MNIST experiment."""

    variant: Literal["plain", "conditioned", "supervised", "semi-supervised", "clustering"] = "plain"  # use of labels
    labelled: int = 0  # examples whose label is seen (conditioned, semi-supervised): the first shown; 0 is all
    clusters: int = 16  # categories of variant clustering; the other variants take the classes of the data
    prior: Literal["gaussian", "mixture", "swiss-roll"] = "gaussian"  # law that the codes are to follow
    spread: float = 1.0  # standard deviation of the Gaussian prior
    latent: int = 8  # coordinates of the code
    width: int = 1000  # hidden units of a layer
    noise: float = 0.0  # on what the encoder sees in training: standard deviation, white being 1 above black
    loss: LossName = "non-saturating"  # the game over the codes
    optimizer: Literal["adam", "sgd"] = "adam"  # sgd: the paper's momenta, and rates that fall tenfold twice
    lr: float = 1e-3  # learning rate of reconstruction
    lr_adversarial: float = 1e-4  # learning rate of the two adversarial phases
    lr_label: float = 1e-3  # learning rate of the labels (semi-supervised)
    betas: tuple[float, float] = (0.5, 0.9)  # decay of Adam's two running means

    def check(self) -> None:
        for name in ("latent", "width"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        if self.clusters < 2:
            raise RequestError(f"clusters={self.clusters}: expected 2 or more.")
        if self.spread <= 0:
            raise RequestError(f"spread={self.spread:g}: expected a standard deviation above 0.")
        if self.noise < 0:
            raise RequestError(f"noise={self.noise:g}: expected a standard deviation, or 0 for none.")
        if self.prior in PLANE and self.latent != 2:
            raise RequestError(f"prior={self.prior} lies in the plane, not in {self.latent} dimensions. Set latent=2.")
        if self.variant == "conditioned" and self.prior not in PLANE:
            raise RequestError("variant=conditioned gives each class a part of the prior. Set prior=mixture latent=2.")
        if self.labelled < 0:
            raise RequestError(f"labelled={self.labelled}: expected a number of examples, or 0 for all.")
        if self.labelled and self.variant not in ("conditioned", "semi-supervised"):
            raise RequestError(f"variant={self.variant} has no use for labelled. Set variant=semi-supervised.")


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_aae.recipe import build

    return build(config, facts)


FAMILY = ganzoo.Family(
    name="aae",
    summary="Adversarial autoencoder: codes are made to follow a prior by a game",
    paper="Makhzani et al. 2015, arXiv:1511.05644",
    year=2015,
    build=build,
    config=Config,
    presets={
        "default": {"size": 32, "width": 600, "latent": 16, "images": 250_000},
        "paper": {
            "size": 28,
            "channels": 1,
            "batch": 100,
            "images": 300_000_000,  # 5000 epochs of MNIST
            "latent": 8,
            "spread": 5.0,
            "optimizer": "sgd",
            "lr": 0.01,
            "lr_adversarial": 0.1,
        },
        "paper-labels": {
            "size": 28,
            "channels": 1,
            "batch": 100,
            "images": 300_000_000,
            "variant": "semi-supervised",
            "labelled": 100,
            "latent": 10,
            "optimizer": "sgd",
            "lr": 0.01,
            "lr_adversarial": 0.1,
            "lr_label": 0.1,
        },
        # Noise and a slow game: what a category is must come from the labels before the game makes it certain.
        "labels": {
            "size": 32,
            "width": 600,
            "variant": "semi-supervised",
            "labelled": 100,
            "latent": 8,
            "noise": 0.3,
            "lr_adversarial": 2e-4,
            "images": 150_000,
        },
        "map": {
            "size": 32,
            "width": 600,
            "variant": "conditioned",
            "prior": "mixture",
            "latent": 2,
            # Codes in petals as narrow as these need the game to be ahead of the reconstruction.
            "lr": 3e-4,
            "lr_adversarial": 1e-3,
            "images": 250_000,
        },
        "clusters": {"size": 32, "width": 600, "variant": "clustering", "latent": 8, "images": 250_000},
        "tiny": {"size": 8, "width": 32, "latent": 2, "batch": 16, "images": 1_600, "ema": 200},
    },
    idea=(
        "An autoencoder whose encoder also plays a generator: a discriminator compares its codes with samples of a "
        "prior of your choice, until the codes of all pictures fill that prior. Then the decoder turns a sample of it "
        "into a picture. Categories in the code separate what from how, with few labels or none."
    ),
    game=(
        "min_{E,R}  E |x - R(E(x))|^2 / 2, and  min_E max_D  E_{z~p} log D(z) + E_x log(1 - D(E(x))), "
        "with the non-saturating turn for E"
    ),
    good_for="maps of a set of pictures, codes for pictures at hand, learning from few labels, and steady training",
    weakness="pictures are as soft as those of any autoencoder with a squared error; corners of the prior stay empty",
)


@hookimpl
def register_families(register):
    register(FAMILY)
