"""Path length regularisation (Karras et al. 2020, section 3.2): equal steps in style, equal steps in the picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

TRACKING = 0.01  # weight of the newest lengths in their mean


class PathLength(nn.Module):
    """How far the lengths |J^T y| are from their mean so far; J differentiates a picture by its styles.

    y is a picture of normal noise over the square root of its pixels, so that lengths do not depend on the size.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, image: Tensor, ws: Tensor) -> tuple[Tensor, Tensor]:
        """Penalty and mean length, scalars, of pictures [N, C, H, W] drawn from styles [N, layers, style]."""
        image = image.float()  # whose product with y is summed over all pixels
        y = torch.randn_like(image) / (image.shape[2] * image.shape[3]) ** 0.5
        (slope,) = torch.autograd.grad((image * y).sum(), ws, create_graph=True)
        lengths = slope.float().square().sum(2).mean(1).sqrt()  # N
        if self.training:
            with torch.no_grad():
                self.mean.lerp_(lengths.mean(), TRACKING)
        return (lengths - self.mean).square().mean(), lengths.mean()
