"""StackGAN: pictures of what a caption says, drawn small and then again large; and its tree of three scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ganzoo
from ganzoo import LossName, RequestError, hookimpl


@dataclass(frozen=True)
class Config(ganzoo.Config):
    """Options of StackGAN; those marked with a version say nothing to the other one."""

    version: Literal[1, 2] = 1  # 1 trains a small stage and then a large one; 2, a tree, all scales at once
    loss: LossName = "non-saturating"  # the game that is played
    latent: int = 100  # coordinates of the noise
    condition: int = 128  # coordinates of what is drawn from a caption's law
    text: int = 1024  # coordinates of a caption's embedding
    words: int = 64  # coordinates of a word's vector, and features of its company
    embeddings: str = ""  # file of word vectors, as GloVe and word2vec have them; none: all are learnt
    width: int = 128  # feature maps of the generator, twice those in front of its (first) picture; of a tree, those
    width_two: int = 0  # version 1: the same of stage two; 0: width
    width_d: int = 64  # feature maps of the discriminators' first layer
    residuals: int = 4  # residual blocks of stage two, or of each scale of the tree
    enlarge: Literal[2, 4] = 4  # version 1: side of stage two's pictures, in sides of stage one's
    branches: Literal[1, 2, 3] = 3  # version 2: scales, each of twice the side of the one before
    conditional: bool = True  # version 2: listen to the captions
    slope: float = 0.2  # version 1: of the leaky ReLU behind mu and log variance; the second release has 0
    kl: float = 2.0  # weight of the divergence of a caption's law from the standard normal, mean over coordinates
    colour: float = 50.0  # version 2 without captions: weight on colours that differ from scale to scale
    lr: float = 2e-4  # learning rate of the generators
    lr_d: float = 2e-4  # learning rate of the discriminators
    betas: tuple[float, float] = (0.5, 0.999)  # decay of Adam's two running means
    halvings: int = 0  # how often both rates are halved in a stage, or in the run of a tree
    first: float = 0.5  # version 1: share of the run that stage one takes
    batch_two: int = 0  # version 1: real images per batch in stage two; 0: batch
    reading: float = 0.5  # share of the run, or of stage one, in which the encoder of captions learns
    lr_text: float = 1e-3  # learning rate of the encoder, which falls to 0 in that time
    crop: float = 1.0  # enlarge real pictures so much and cut each anew to its size
    flip: bool = False  # show every other real picture in a mirror

    def check(self) -> None:
        for name in ("latent", "condition", "text", "words", "width", "width_d"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        for name in ("residuals", "halvings", "width_two", "batch_two"):
            if getattr(self, name) < 0:
                raise RequestError(f"{name}={getattr(self, name)}: expected 0 or more.")
        if not 0 < self.first <= 1 or not 0 <= self.reading <= 1:
            raise RequestError("expected first and reading to be shares, from 0 to 1, and some of stage one.")
        if self.crop < 1:
            raise RequestError(f"crop={self.crop:g}: expected 1 or more.")
        if self.version == 1 and not self.conditional:
            raise RequestError("conditional=false is for the tree alone. Set version=2, or leave it out.")
        if self.batch_two % self.accumulate:
            raise RequestError(f"batch_two: {self.batch_two} has not {self.accumulate} equal parts. See accumulate.")
        if min(self.batch, self.batch_two or self.batch) // self.accumulate < 2:
            raise RequestError("stackgan compares the captions of a batch: expected batches, and parts, of 2 or more.")


def build(config: Config, facts: ganzoo.Facts):
    from ganzoo_stackgan.recipe import build

    return build(config, facts)


BIRDS = 8_855  # pictures that the papers' bird experiments learn from
COCO = 82_783
CROPS = {"crop": 76 / 64, "flip": True, "words": 300}

FAMILY = ganzoo.Family(
    name="stackgan",
    summary="Pictures from captions, sketched small and then drawn large; or a tree of three scales",
    paper="Zhang et al. 2016, arXiv:1612.03242",
    year=2016,
    build=build,
    config=Config,
    needs=("image", "text"),
    presets={
        "default": {
            "version": 2,
            "size": 32,
            "branches": 2,
            "latent": 32,
            "condition": 32,
            "text": 64,
            "width": 32,
            "width_d": 32,
            "residuals": 1,
            "batch": 32,
            "images": 46_000,
            "lr": 4e-4,
            "lr_d": 4e-4,
            "ema": 2_000,
        },
        # Both stages at the size of the default.
        "stages": {
            "size": 32,
            "enlarge": 2,
            "latent": 32,
            "condition": 64,
            "text": 64,
            "width": 64,
            "width_two": 32,
            "width_d": 32,
            "residuals": 1,
            "batch": 32,
            "images": 120_000,
            "lr": 4e-4,
            "lr_d": 2e-4,
            "ema": 2_000,
        },
        # Birds, 600 epochs and then 1200; every rate is halved after each twelfth of its stage.
        "paper": {"size": 256, "images": 1_800 * BIRDS, "first": 1 / 3, "halvings": 11, "ema": 44_000, **CROPS},
        "coco": {
            "size": 256,
            "width": 192,
            "width_d": 96,
            "residuals": 2,
            "slope": 0.0,
            "batch": 128,
            "batch_two": 40,
            "images": 220 * COCO,  # 120 epochs, then 100
            "first": 120 / 220,
            "halvings": 5,
            "ema": 44_000,
            **CROPS,
        },
        "birds": {
            "version": 2,
            "size": 256,
            "width": 64,
            "residuals": 2,
            "batch": 24,
            "images": 600 * BIRDS,
            "ema": 17_000,  # 0.999 a step of 24
            **CROPS,
        },
        "tiny": {
            "size": 16,
            "enlarge": 2,
            "latent": 8,
            "condition": 8,
            "text": 16,
            "words": 16,
            "width": 8,
            "width_d": 8,
            "residuals": 1,
            "batch": 16,
            "images": 1_600,
            "ema": 200,
        },
    },
    data="anime",
    idea=(
        "A first generator sketches what a caption says, in shape and colour; a second one takes the sketch and the "
        "caption and draws it large, mending it as it goes. What is told is drawn from a Gaussian around the caption, "
        "so that few captions fill their space; and the discriminator also learns from real pictures under the wrong "
        "caption. The tree (version=2) has the scales share one trunk and learns them together."
    ),
    game=(
        "max_D  E log D(x, t) + 1/2 [E log(1 - D(G(z, c), t)) + E log(1 - D(x, t'))], "
        "max_G  E log D(G(z, c), t) - 2 KL(N(mu(t), sigma(t)) | N(0, 1)),  c ~ N(mu(t), sigma(t)); then so again, large"
    ),
    good_for="pictures of captions, and large pictures in two steps; what a caption leaves open is left to chance",
    weakness="what stage one gets wrong, stage two seldom mends; words that captions seldom say are not heard",
)


@hookimpl
def register_families(register):
    register(FAMILY)
