"""The perceptrons of the adversarial autoencoder (Makhzani et al. 2015, appendix A), and its memory of labels.

The paper's pictures live in [0, 1] behind a sigmoid; here they are in [-1, 1] everywhere, so the encoder's first
line and the decoder's last translate. No normalisation anywhere: in a discriminator of codes it stops the learning.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn

from ganzoo.game.nn import Dense


class Encoder(nn.Module):
    """Pictures to codes: [N, C, H, W] in [-1, 1] to [N, outputs] without bounds.

    Deterministic, but for Gaussian ``noise`` that lies over the pictures in training: its standard deviation, where
    black is 0 and white 1.
    """

    def __init__(self, shape: tuple[int, ...], outputs: int, width: int, noise: float = 0.0):
        super().__init__()
        self.noise = noise
        self.body = Dense(prod(shape), width, width, outputs).apply(initialise)

    def forward(self, x: Tensor) -> Tensor:
        x = (x + 1) / 2
        if self.training and self.noise:
            x = x + self.noise * torch.randn_like(x)
        return self.body(x)


class SplitEncoder(Encoder):
    """Pictures to what and how: the logits of a category [N, categories], and a code [N, latent]."""

    def __init__(self, shape: tuple[int, ...], categories: int, latent: int, width: int, noise: float = 0.0):
        super().__init__(shape, categories + latent, width, noise)
        self.split = (categories, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, z = super().forward(x).split(self.split, 1)
        return logits, z


class Decoder(nn.Module):
    """Codes to pictures: [N, inputs], in one tensor or in several side by side, to [N, C, H, W] in [-1, 1]."""

    def __init__(self, shape: tuple[int, ...], inputs: int, width: int):
        super().__init__()
        self.shape = shape
        self.body = Dense(inputs, width, width, prod(shape)).apply(initialise)

    def forward(self, *code: Tensor) -> Tensor:
        x = self.body(torch.cat(code, 1))
        return (2 * torch.sigmoid(x) - 1).view(-1, *self.shape)


class CodeDiscriminator(nn.Module):
    """Codes to logits, positive for samples of the prior: [N, inputs] to [N]."""

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.body = Dense(inputs, width, width, 1).apply(initialise)

    def forward(self, code: Tensor) -> Tensor:
        return self.body(code).flatten()


class LabelMemory(nn.Module):
    """The first ``size`` examples that a run shows, with their labels: all the labels that anyone may see.

    The order of the data is a random one, and the first epoch shows no example twice: so these are ``size`` different
    examples drawn at random, others with another seed. As buffers they are in every checkpoint.
    """

    def __init__(self, size: int, shape: tuple[int, ...]):
        super().__init__()
        self.size = size
        # One row more than is asked for: it catches what comes too late.
        self.register_buffer("images", torch.zeros(size + 1, *shape))
        self.register_buffer("labels", torch.zeros(size + 1, dtype=torch.int64))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def keep(self, images: Tensor, labels: Tensor) -> None:
        """Remember the next examples, [N, C, H, W] and [N], as far as there is room."""
        rows = (self.seen + torch.arange(len(images), device=images.device)).clamp(max=self.size)
        self.images[rows] = images
        self.labels[rows] = labels
        self.images[-1] = 0  # which of the late ones came last depends on the device
        self.labels[-1] = 0
        self.seen += len(images)

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        """Draw n remembered examples with replacement."""
        known = self.seen.clamp(max=self.size)
        rows = (torch.rand(n, device=known.device) * known).long().minimum(known - 1)
        return self.images[rows], self.labels[rows]


def initialise(layer: nn.Module) -> None:
    """Appendix A.1: weights from N(0, 0.01)."""
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.01)
        nn.init.zeros_(layer.bias)
