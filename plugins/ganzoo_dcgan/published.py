"""The networks of the authors' own code, which are five times as large as those that everybody calls DCGAN.

5x5 kernels, dense layers where noise comes in and logits go out, batch norm with an epsilon of 1e-8, no bias. The code
normalises by the batch even when it draws; here drawing uses running statistics, so that a seed is one picture.
"""

from __future__ import annotations

from torch import nn

from ganzoo.game.nn.pyramid import picture
from ganzoo_dcgan.networks import initialise

EPS = 1e-8


class PublishedGenerator(nn.Sequential):
    """Noise to pictures by doublings: [N, latent] to [N, C, S, S] in [-1, 1]."""

    def __init__(self, shape: tuple[int, ...], latent: int, width: int):
        channels, size = picture(shape, "dcgan")
        outputs = width * size // 8
        layers: list[nn.Module] = [
            nn.Linear(latent, outputs * 16, bias=False),
            nn.BatchNorm1d(outputs * 16, EPS),
            nn.ReLU(),
            nn.Unflatten(1, (outputs, 4, 4)),  # width*S/8 x 4 x 4
        ]
        while outputs > width:
            inputs, outputs = outputs, outputs // 2
            layers += [doubling(inputs, outputs), nn.BatchNorm2d(outputs, EPS), nn.ReLU()]
        layers += [doubling(width, channels), nn.Tanh()]  # C x S x S
        super().__init__(*layers)
        self.apply(initialise)


class PublishedDiscriminator(nn.Sequential):
    """Pictures to logits by halvings: [N, C, S, S] to [N]."""

    def __init__(self, shape: tuple[int, ...], width: int):
        channels, size = picture(shape, "dcgan")
        layers: list[nn.Module] = [halving(channels, width), nn.LeakyReLU(0.2)]  # width x S/2 x S/2
        side, outputs = size // 2, width
        while side > 4:
            side, inputs, outputs = side // 2, outputs, outputs * 2
            layers += [halving(inputs, outputs), nn.BatchNorm2d(outputs, EPS), nn.LeakyReLU(0.2)]
        layers += [nn.Flatten(), nn.Linear(outputs * 16, 1, bias=False), nn.Flatten(0)]
        super().__init__(*layers)
        self.apply(initialise)


def doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=1, bias=False)


def halving(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 5, 2, 2, bias=False)
