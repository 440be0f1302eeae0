from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from ganzoo.game.nn import DownConv2d, UpConv2d


@pytest.mark.parametrize(("convolution", "plain"), [(UpConv2d, "up"), (DownConv2d, "down")])
def test_resampling_convolutions_are_those_of_two_steps(convolution, plain):
    torch.manual_seed(0)
    layer, x = convolution(3, 5, 3).double(), torch.randn(2, 3, 6, 8, dtype=torch.float64)
    if plain == "up":
        expected = F.conv2d(F.interpolate(x, scale_factor=2), layer.weight, layer.bias, padding=1)
    else:
        expected = F.avg_pool2d(F.conv2d(x, layer.weight, layer.bias, padding=1), 2)
    assert torch.allclose(layer(x), expected, atol=1e-12)
