"""Flips, turns, scalings and shifts of whole pictures (Karras et al. 2020, limited data, appendix B)."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo_stylegan.chance import bell, factor, matrix, one_of, product, sometimes, together, within

# Low-pass half of the wavelet sym6 (Daubechies 1992, table 6.3). Its shifts by 2 are orthonormal: what is enlarged by
# it and reduced by it comes back exactly.
SYM6 = (
    0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633,
    0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252,
    -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148,
)  # fmt: skip
DELAY = sum(k * tap for k, tap in enumerate(SYM6)) / sum(SYM6)  # where the filter has its centre: at 5.1
MARGIN = 5  # pixels beyond each edge that a filter of 12 taps reaches


class Geometry(nn.Module):
    """Moves pictures [N, C, S, S] about, each kind of movement with probability ``p``; what lies outside is mirrored.

    All movements of a picture make one affine map, read off at twice the resolution between two passes of a filter,
    so that neither stairs nor blur give away that something was done. Linear in the picture, of plain operations.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("taps", torch.tensor(SYM6), persistent=False)

    def forward(self, x: Tensor, p: Tensor) -> Tensor:
        back = inverses(torch.zeros(x.shape[0], device=x.device), p, x.shape[-1])  # N x 3 x 3
        x = F.pad(x, (MARGIN,) * 4, "reflect" if x.shape[-1] > MARGIN else "replicate")
        return self.reduced(warped(self.enlarged(x), back))

    def enlarged(self, x: Tensor) -> Tensor:
        """[N, C, S + 10, S + 10] to [N, C, 2S + 10, 2S + 10], away from the edges."""
        row, column = self.kernels(x)
        x = F.conv_transpose2d(x, row, stride=(1, 2), padding=(0, 10), groups=x.shape[1])
        return F.conv_transpose2d(x, column, stride=(2, 1), padding=(10, 0), groups=x.shape[1])

    def reduced(self, x: Tensor) -> Tensor:
        """[N, C, 2S + 10, 2S + 10] to [N, C, S, S]."""
        row, column = self.kernels(x)
        x = F.conv2d(x, row, stride=(1, 2), groups=x.shape[1])
        return F.conv2d(x, column, stride=(2, 1), groups=x.shape[1])

    def kernels(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The filter along the rows and along the columns, for every channel of ``x``."""
        row = self.taps.view(1, 1, 1, -1).expand(x.shape[1], -1, -1, -1)
        return row, row.transpose(2, 3)


def inverses(like: Tensor, p: Tensor, side: int) -> Tensor:
    """From a place in the moved picture to that in the one before, [N, 3, 3], in pixels from the middle.

    In the order of the paper; rotations come before and after the stretching, together with probability ``p``.
    """
    turning = 1 - torch.sqrt(1 - p)
    flip = 1 - 2 * sometimes(p, one_of(like, 2))
    quarter = sometimes(p, one_of(like, 4)) * (pi / 2)
    shift = together(p, *[torch.round(within(like, -0.125, 0.125) * side) for _ in "xy"])
    scale = sometimes(p, factor(like, 0.2), 1.0)
    before = sometimes(turning, within(like, -pi, pi))
    stretch = sometimes(p, factor(like, 0.2), 1.0)
    after = sometimes(turning, within(like, -pi, pi))
    drift = together(p, *[bell(like, 0.125) * side for _ in "xy"])
    back = scaled(1 / flip, torch.ones_like(like))
    for step in (
        rotated(-quarter),
        shifted(*shift),
        scaled(1 / scale, 1 / scale),
        rotated(-before),
        scaled(1 / stretch, stretch),
        rotated(-after),
        shifted(*drift),
    ):
        back = product(back, step)
    return back


def scaled(x: Tensor, y: Tensor) -> Tensor:
    return matrix((x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, 1.0))


def rotated(angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()
    return matrix((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0))


def shifted(x: Tensor, y: Tensor) -> Tensor:
    """Looks for every pixel where it came from: against the movement."""
    return matrix((1.0, 0.0, -x), (0.0, 1.0, -y), (0.0, 0.0, 1.0))


def warped(x: Tensor, back: Tensor) -> Tensor:
    """[N, C, T, T], at twice the resolution, read where ``back`` [N, 3, 3] says, linearly between four neighbours.

    Gathering rather than ``grid_sample``, whose gradient has no gradient of its own, and R1 needs one.
    """
    side = x.shape[-1]
    place = torch.arange(side, device=x.device, dtype=torch.float32)
    edge, far = DELAY, DELAY + side - 2 * MARGIN - 2  # where the first and the last pixel of the picture are
    middle = (edge + far) / 2
    u, v = (place[None, None, :] - middle) / 2, (place[None, :, None] - middle) / 2  # in pixels from the middle
    # As a difference from staying where it is: exactly nothing where nothing is to be done.
    moved = (back - torch.eye(3, device=x.device))[:, :2, :, None, None].unbind(2)  # three of N x 2 x 1 x 1
    by = moved[0] * u + moved[1] * v + moved[2]  # N x 2 x T x T
    across = mirrored(place[None, None, :] + 2 * by[:, 0], edge, far, side - 1)  # N x T x T
    down = mirrored(place[None, :, None] + 2 * by[:, 1], edge, far, side - 1)
    left, top = across.floor().clamp(max=side - 2), down.floor().clamp(max=side - 2)
    right_share, low_share = (each.unsqueeze(1).type_as(x) for each in (across - left, down - top))
    corner = (top.long() * side + left.long()).flatten(1)[:, None].expand(-1, x.shape[1], -1)  # N x C x T*T
    flat = x.flatten(2)

    def neighbour(offset: int) -> Tensor:
        return flat.gather(2, corner + offset).view_as(x)

    upper = torch.lerp(neighbour(0), neighbour(1), right_share)
    lower = torch.lerp(neighbour(side), neighbour(side + 1), right_share)
    return torch.lerp(upper, lower, low_share)


def mirrored(place: Tensor, edge: float, far: float, last: int) -> Tensor:
    """Places beyond [0, last], where nothing was computed, folded back by mirrors at ``edge`` and ``far``."""
    span = far - edge
    folded = edge + span - ((place - edge).remainder(2 * span) - span).abs()
    return torch.where((place < 0) | (place > last), folded, place)
