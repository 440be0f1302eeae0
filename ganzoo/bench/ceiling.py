"""The ceiling: what the machine attains when it does nothing but one large product or one large convolution."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch.nn.functional import conv2d

from ganzoo.bench.stopwatch import waiting_for
from ganzoo.train.device import Backend

CHANNELS = 256  # into a convolution and out of it, 3x3, channels last


@dataclass(frozen=True)
class Load:
    """How much it takes to fill a device."""

    side: int  # of the matrices
    batch: int  # pictures in the convolution ...
    size: int  # ... and their side
    repeats: int  # in a row, so that the way to the device and back does not count


LOADS = {"cpu": Load(1536, 8, 32, 1), "mps": Load(4096, 32, 32, 4), "cuda": Load(8192, 64, 64, 4)}


class Ceiling:
    """Attainable GFLOP/s, in the precision of a backend; a multiplication and an addition count as two."""

    def __init__(self, backend: Backend, load: Load | None = None) -> None:
        self.load = load = load or LOADS[backend.device.type]
        dtype = torch.bfloat16 if backend.precision == "bf16" else torch.float32
        where = {"device": backend.device, "dtype": dtype}
        self._wait = waiting_for(backend.device)
        self._a, self._b = (torch.randn(load.side, load.side, **where) for _ in "ab")
        self._images = torch.randn(load.batch, CHANNELS, load.size, load.size, **where)
        self._weight = torch.randn(CHANNELS, CHANNELS, 3, 3, **where)
        self._images, self._weight = (
            each.contiguous(memory_format=torch.channels_last) for each in (self._images, self._weight)
        )
        self.measure()  # the first time is never the fastest

    def measure(self) -> dict[str, float]:
        """GFLOP/s of each, now: "products" and "convolutions"."""
        load = self.load
        work = {
            "products": (lambda: self._a @ self._b, 2 * load.side**3),
            "convolutions": (
                lambda: conv2d(self._images, self._weight, padding=1),
                2 * 9 * CHANNELS**2 * load.batch * load.size**2,  # the border counts as if it were computed
            ),
        }
        rates = {}
        with torch.no_grad():
            for name, (run, flops) in work.items():
                self._wait()
                began = time.perf_counter()
                for _ in range(load.repeats):
                    run()
                self._wait()
                rates[name] = load.repeats * flops / (time.perf_counter() - began) / 1e9
        return rates
