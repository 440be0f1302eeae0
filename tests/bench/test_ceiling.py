"""What the machine can do."""

from __future__ import annotations

from itertools import count

import pytest
import torch

from ganzoo.bench import ceiling
from ganzoo.bench.ceiling import Ceiling, Load
from ganzoo.bench.tally import Tally
from ganzoo.train.device import Backend


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_products_and_convolutions_have_a_rate(precision):
    rates = Ceiling(Backend.choose("cpu", precision)).measure()
    assert set(rates) == {"products", "convolutions"}
    assert all(rate > 0 for rate in rates.values())


def test_the_rate_is_of_the_work_that_was_done(monkeypatch):
    """By a clock that goes a second at every look."""
    each = Ceiling(Backend.choose("cpu", "fp32"), Load(side=32, batch=2, size=8, repeats=3))
    with Tally() as tally:
        each.measure()
        tally.lap("all")
    moments = count()
    monkeypatch.setattr(ceiling.time, "perf_counter", lambda: next(moments))
    rates = each.measure()
    done = tally.parts["all"]
    assert rates == pytest.approx({"products": done.products / 1e9, "convolutions": done.convolutions / 1e9})


def test_every_device_has_a_load():
    assert {"cpu", "cuda", "mps"} == set(ceiling.LOADS)
    limit = Ceiling(Backend.choose("cpu", "bf16"))
    assert limit._images.is_contiguous(memory_format=torch.channels_last)
    assert limit._a.dtype == limit._weight.dtype == torch.bfloat16
