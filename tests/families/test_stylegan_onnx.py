"""StyleGAN leaves torch: both generators as ONNX files, from noise and from styles, drawn by another runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from ganzoo_stylegan.networks import growing_generator, skip_generator
from torch import Tensor, nn

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.slow
MAKERS = {1: growing_generator, 2: skip_generator}


def generator(version: int) -> nn.Module:
    """One that is as after training: nothing that adds is zero."""
    torch.manual_seed(0)
    g = MAKERS[version]((3, 16, 16), 8, style=8, layers=2, base=64, width=8).eval()
    for name, p in g.named_parameters():
        if name.endswith(("bias", "strength")):
            nn.init.normal_(p, 1, 0.3)
    nn.init.normal_(g.mean_style)
    return g


class FromStyles(nn.Module):
    """The synthesis as it is asked in sampling: styles [N, layers, style] in, the same noise in every picture."""

    def __init__(self, g: nn.Module):
        super().__init__()
        self.synthesis = g.synthesis

    def forward(self, ws: Tensor) -> Tensor:
        return self.synthesis(ws, "constant")


def drawn_elsewhere(net: nn.Module, example: Tensor, given: Tensor, folder: Path) -> np.ndarray:
    """What onnxruntime draws from ``given``, with a file that was made by looking at ``example``."""
    path, shapes = folder / "net.onnx", ({0: torch.export.Dim("n")},)  # any number of pictures
    how = {"input_names": ["x"], "dynamic_shapes": shapes, "dynamo": True, "verbose": False}
    torch.onnx.export(net.eval(), (example,), path, **how)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": given.detach().numpy()})[0]


@pytest.mark.parametrize("version", MAKERS)
def test_from_noise(version, tmp_path):
    g, z = generator(version), torch.randn(5, 8)
    drawn = drawn_elsewhere(g, torch.randn(3, 8), z, tmp_path)
    assert drawn.shape == (5, 3, 16, 16)
    assert abs(drawn - g(z).detach().numpy()).max() < 1e-4


@pytest.mark.parametrize("version", MAKERS)
def test_from_truncated_and_mixed_styles(version, tmp_path):
    g, (z, second) = generator(version), torch.randn(2, 5, 8)
    ws = g.styles(z, second=second, cut=torch.tensor([2]), truncation=0.7)
    drawn = drawn_elsewhere(FromStyles(g), torch.randn(3, *ws.shape[1:]), ws, tmp_path)
    expected = g(z, second=second, cut=torch.tensor([2]), truncation=0.7).detach().numpy()
    assert abs(drawn - expected).max() < 1e-4
    assert abs(drawn - g(z).detach().numpy()).max() > 0.1
