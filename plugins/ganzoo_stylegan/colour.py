"""Brightness, contrast, luma flips, hue and saturation (Karras et al. 2020, limited data, appendix B)."""

from __future__ import annotations

from math import pi, sqrt

import torch
from torch import Tensor, nn

from ganzoo_stylegan.chance import bell, factor, one_of, product, sometimes, within


class Colour(nn.Module):
    """Recolours pictures [N, C, H, W], each kind of change with probability ``p``; a fourth channel stays as it is.

    All changes of a picture make one affine map of its colours. Each is written as a difference from changing
    nothing, so that a picture left alone is left alone to the last bit. Grey pictures count as three equal colours.
    """

    def forward(self, x: Tensor, p: Tensor) -> Tensor:
        turn, offset = recolouring(torch.zeros(x.shape[0], device=x.device), p)  # N x 3 x 3, N
        offset = offset[:, None, None, None].type_as(x)
        if x.shape[1] == 1:
            return x * (turn.sum((1, 2)) / 3)[:, None, None, None].type_as(x) + offset
        colours, rest = x[:, :3], x[:, 3:]
        mixed = (turn[:, :, :, None, None].type_as(x) * colours[:, None]).sum(2) + offset
        return torch.cat([mixed, rest], 1) if x.shape[1] > 3 else mixed


def recolouring(like: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """The matrix [N, 3, 3] and the offset [N], the same for all three colours, in the order of the paper."""
    one = torch.eye(3, device=like.device)
    grey = torch.full_like(one, 1 / 3)  # the projection on the axis of greys
    # Made where it is needed: numbers of a Python list would be copied there, and the device waited for.
    cross = (one.roll(1, 0) - one.roll(-1, 0)) / sqrt(3)  # [0, -1, 1], [1, 0, -1], [-1, 1, 0]

    def along(amount: Tensor, direction: Tensor) -> Tensor:
        return one + amount[:, None, None] * direction

    brightness = sometimes(p, bell(like, 0.2))
    contrast = sometimes(p, factor(like, 0.5), 1.0)
    flip = sometimes(p, one_of(like, 2))
    angle = sometimes(p, within(like, -pi, pi))
    saturation = sometimes(p, factor(like, 1.0), 1.0)
    hue = along(angle.sin(), cross) + (1 - angle.cos())[:, None, None] * (grey - one)
    turn = product(along(saturation - 1, one - grey), product(hue, along(-2 * flip, grey)))
    # Greys stay greys all the way, so the offset of brightness is only scaled and flipped.
    return turn * contrast[:, None, None], brightness * contrast * (1 - 2 * flip)
