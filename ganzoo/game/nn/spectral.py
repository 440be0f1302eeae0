"""Spectral normalisation (Miyato et al. 2018, algorithm 1): layers that stretch no input by more than one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.precision import full_precision

EPSILON = 1e-12  # of the released code; a weight of zeros stays zero


class SpectralNorm(nn.Module):
    """Divides a weight by its largest singular value, as one power iteration a forward pass knows it.

    A weight [rows, ...] is seen as a matrix of that many rows. The estimate's left vector ``u`` [rows] is the only
    memory, kept in the state; the right one follows from it. A pass in evaluation iterates too and forgets it. The
    estimate comes from below: after the first pass a random weight may keep a largest singular value of 1.4.
    """

    def __init__(self, rows: int):
        super().__init__()
        self.register_buffer("u", F.normalize(torch.randn(rows), dim=0, eps=EPSILON))

    def forward(self, weight: Tensor) -> Tensor:
        matrix = weight.flatten(1)  # rows x everything else
        # In half precision the iteration would stop converging at three digits.
        with full_precision(weight.device):
            u, v = self.iterate(matrix.detach())
            sigma = torch.dot(u, torch.mv(matrix, v))  # its gradient takes u and v for constants
        return weight / sigma.clamp_min(EPSILON)

    @torch.no_grad()
    def iterate(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        """Better left and right singular vectors than the ones before; remembered in training."""
        v = F.normalize(torch.mv(matrix.t(), self.u), dim=0, eps=EPSILON)
        u = F.normalize(torch.mv(matrix, v), dim=0, eps=EPSILON)
        if self.training:
            self.u.copy_(u)
        return u, v


class SpectralConv2d(nn.Conv2d):
    """A convolution whose kernel, seen as a matrix of [out, in * k * k], has spectral norm 1."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.norm = SpectralNorm(self.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.norm(self.weight), self.bias)


class SpectralLinear(nn.Linear):
    """An affine map whose matrix has spectral norm 1."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.norm = SpectralNorm(self.out_features)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.norm(self.weight), self.bias)


class SpectralEmbedding(nn.Embedding):
    """A table of vectors, one a class, that has spectral norm 1 as a matrix [classes, dimensions]."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.norm = SpectralNorm(self.num_embeddings)

    def forward(self, label: Tensor) -> Tensor:
        return F.embedding(label, self.norm(self.weight))
