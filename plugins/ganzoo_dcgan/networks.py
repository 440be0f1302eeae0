"""The two networks of DCGAN (Radford et al. 2015, section 3 and figure 1), at any power-of-two size from 8.

Convolutions carry no bias: the batch norm behind them would cancel it, and the outermost two do without.
"""

from __future__ import annotations

from torch import nn

from ganzoo.game.nn.pyramid import picture


class Generator(nn.Sequential):
    """Noise to pictures by doublings: [N, latent] to [N, C, S, S] in [-1, 1]."""

    def __init__(self, shape: tuple[int, ...], latent: int, width: int):
        channels, size = picture(shape, "dcgan")
        layers: list[nn.Module] = [nn.Unflatten(1, (latent, 1, 1))]
        inputs, outputs = latent, width * size // 8
        layers += block(nn.ConvTranspose2d(inputs, outputs, 4, 1, 0, bias=False))  # width*S/8 x 4 x 4
        while outputs > width:
            inputs, outputs = outputs, outputs // 2
            layers += block(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False))  # halve channels, double sides
        layers += [nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh()]  # C x S x S, no batch norm
        super().__init__(*layers)
        self.apply(initialise)


class Discriminator(nn.Sequential):
    """Pictures to logits by halvings: [N, C, S, S] to [N]."""

    def __init__(self, shape: tuple[int, ...], width: int):
        channels, size = picture(shape, "dcgan")
        # width x S/2 x S/2; no batch norm where the data come in
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        side, outputs = size // 2, width
        while side > 4:
            side, inputs, outputs = side // 2, outputs, outputs * 2
            layers += block(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.LeakyReLU(0.2))
        layers += [nn.Conv2d(outputs, 1, 4, 1, 0, bias=False), nn.Flatten(0)]  # 1 x 1 x 1, then one logit each
        super().__init__(*layers)
        self.apply(initialise)


def block(conv: nn.Conv2d | nn.ConvTranspose2d, activation: nn.Module | None = None) -> list[nn.Module]:
    """A convolution, its batch norm and its activation (ReLU unless given)."""
    return [conv, nn.BatchNorm2d(conv.out_channels), activation or nn.ReLU()]


def initialise(layer: nn.Module) -> None:
    """Section 4: weights from N(0, 0.02); batch norm gains from N(1, 0.02) with zero bias, as in the released code."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)
