"""From a request to an engine: what it is fed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.data.catalogue import open_data
from ganzoo.train.device import Backend
from ganzoo.train.launch import ready
from ganzoo.train.plan import Asked, plan


@pytest.mark.parametrize(("family", "is_last"), [("vanilla", False), ("dcgan", True), ("stylegan", True)])
def test_pictures_lie_as_the_networks_look_at_them(family, is_last, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), np.uint8)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    request = plan(Asked(family, str(tmp_path), preset="tiny"))
    data = open_data(request.data, size=request.config.size, channels=request.config.channels)
    engine, feed = ready(request, data, Backend.choose("cpu", "fp32"))
    image = feed.batch(0, 4)["image"]
    assert image.is_contiguous(memory_format=torch.channels_last) is is_last
    engine.step()
