"""The discriminator of version 2 (Karras et al. 2020, section 4 and figure 7c): residual, or plain as in progan."""

from __future__ import annotations

from math import sqrt

from torch import Tensor, nn
from torch.nn import functional as F

from ganzoo.game.nn import EqualizedConv2d, EqualizedLinear, MinibatchStd
from ganzoo.game.nn.pyramid import features, picture
from ganzoo_stylegan.activated import SLOPE, ActivatedConv2d, ActivatedLinear
from ganzoo_stylegan.filter import Filter
from ganzoo_stylegan.mapping import Mapping


class Discriminator(nn.Module):
    """Pictures to logits by halvings: [N, C, S, S] to [N].

    With ``classes`` the logit is how well the picture's features agree with those the label int64 [N] is mapped to
    (Karras et al. 2020, limited data; after Miyato and Koyama 2018). ``group``: samples among which spread is felt.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        base: int,
        width: int,
        group: int = 4,
        residual: bool = True,
        classes: int = 0,
    ):
        super().__init__()
        channels, size = picture(shape, "stylegan")
        maps = features(size, base, width)
        root = maps[0]
        self.mapping = Mapping(0, root, 8, classes) if classes else None
        self.body = nn.Sequential(
            ActivatedConv2d(channels, maps[-1], 1),
            *[Halving(maps[level], maps[level - 1], residual) for level in range(len(maps) - 1, 0, -1)],
            MinibatchStd(group),
            ActivatedConv2d(root + 1, root, 3),
            nn.Flatten(),
            ActivatedLinear(16 * root, root),
            EqualizedLinear(root, root if classes else 1, gain=1),
        )

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        x = self.body(x).float()
        if self.mapping is None:
            return x[:, 0]
        return (x * self.mapping(None, label)).sum(1) / sqrt(x.shape[1])


class Halving(nn.Module):
    """Two convolutions, the second at half the size: [N, inputs, H, W] to [N, outputs, H/2, W/2].

    ``residual``: a linear way beside them. Both ways are halved in variance, and so their sum keeps it.
    """

    def __init__(self, inputs: int, outputs: int, residual: bool):
        super().__init__()
        self.conv = ActivatedConv2d(inputs, inputs, 3)
        self.down = DownConv2d(inputs, outputs, 3, gain=1 if residual else sqrt(2))
        self.beside = EqualizedConv2d(inputs, outputs, 1, gain=sqrt(0.5), bias=False) if residual else None
        self.filter = Filter()

    def forward(self, x: Tensor) -> Tensor:
        y = self.down(self.conv(x))
        return y if self.beside is None else y + self.beside(self.filter.halved(x))


class DownConv2d(ActivatedConv2d):
    """A smoothed convolution at every second pixel, and its activation: half as many a side."""

    def __init__(self, *args, **scaling):
        super().__init__(*args, **scaling)
        self.filter = Filter()

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(F.conv2d(self.filter(x, padding=2), *self.used(), stride=2), SLOPE)
