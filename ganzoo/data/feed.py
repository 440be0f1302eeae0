"""The feed: batches on the device, in an order that is a pure function of the seed and the position."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import torch

from ganzoo.data.ahead import ahead_of
from ganzoo.data.pack import Pack, Pair

RESIDENT = 0.4  # share of an accelerator's free memory the data may take
SLAB = 64 << 20  # bytes moved there at a time
ORDERS = 2  # permutations kept: a batch may straddle epochs; of 100 million examples each takes 800 MB


class Feed:
    """Batches of a pack, or of both sides of a pair.

    Position p is the p-th example shown: it lies in epoch p // N at place p % N of that epoch's permutation. Nothing
    else is remembered, so a run resumes from a number.

    Args:
        pack: what to feed.
        seed: decides the order, and which of several captions an example shows.
        device: where batches are wanted. On an accelerator the whole set moves there if it fits into 40% of the free
            memory; if not, batches are copied from pinned memory.
        channels_last: memory layout of the pictures.
    """

    def __init__(
        self, pack: Pack | Pair, seed: int, device: torch.device | str = "cpu", channels_last: bool = False
    ) -> None:
        device = torch.device(device)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        sides = {"a": pack.a, "b": pack.b} if isinstance(pack, Pair) else {"": pack}
        room = RESIDENT * _free_memory(device) / len(sides)
        self._sides = {key: _Side(each, (seed, *key.encode()), device, layout, room) for key, each in sides.items()}

    def batch(self, position: int, n: int) -> dict[str, torch.Tensor]:
        """Return the n examples from ``position`` on.

        Keys: "image", float32 in [-1, 1] [n, C, H, W], or points as they are [n, D]; "label", int64 [n]; "text", int64
        [n, L], one caption of each, padded with 0. Of a pair: "a" and "b", as "image"; each has its own order.
        """
        if "" in self._sides:
            return self._sides[""].batch(position, n)
        return {key: side.batch(position, n)["image"] for key, side in self._sides.items()}


class _Side:
    """One pack on one device."""

    def __init__(
        self, pack: Pack, seed: tuple[int, ...], device: torch.device, layout: torch.memory_format, room: float
    ) -> None:
        self._order = Order(len(pack), seed)
        self._device, self._layout = device, layout
        self._is_points = pack.facts.is_points
        self._resident = device.type != "cpu" and pack.images.nbytes <= room
        # What is indexed lies where its index does: all on the accelerator, or all in this machine's memory.
        home = device if self._resident else torch.device("cpu")
        self._order.to(home)
        self._rows = _moved(pack.images, home) if self._resident else np.asarray(pack.images)
        self._ahead = None if self._resident else ahead_of(pack.images)
        self._labels = None if pack.labels is None else torch.from_numpy(pack.labels).to(home)
        self._tokens = None if pack.tokens is None else _moved(pack.tokens, home)
        if pack.captions is not None:
            self._captions = torch.tensor([len(texts) for texts in pack.captions]).clamp(min=1).to(home)

    def batch(self, position: int, n: int) -> dict[str, torch.Tensor]:
        if self._ahead is not None:
            self._ahead.want(position, n, lambda *asked: self._order.indices(*asked).numpy())
        index = self._order.indices(position, n)
        batch = {"image": self._pictures(index)}
        if self._labels is not None:
            batch["label"] = self._sent(self._labels[index])
        if self._tokens is not None:
            which = self._order.chances(position, n) % self._captions[index]
            batch["text"] = self._sent(self._tokens[index, which])
        return batch

    def _pictures(self, index: torch.Tensor) -> torch.Tensor:
        rows = self._rows[index] if self._resident else torch.from_numpy(self._rows[index.numpy()])
        rows = self._sent(rows)
        if self._is_points:
            return rows
        # The layout last: torch converts bytes to floats ten times faster where it need not permute them on the way.
        return rows.to(torch.float32).div_(127.5).sub_(1).contiguous(memory_format=self._layout)

    def _sent(self, rows: torch.Tensor) -> torch.Tensor:
        if rows.device.type == self._device.type:
            return rows
        return _sent(rows, self._device)


class Order:
    """Which example is shown at a position: a fresh permutation every epoch, seeded by (seed, epoch)."""

    def __init__(self, count: int, seed: tuple[int, ...]) -> None:
        self._count = count
        self._seed = tuple(part % 2**64 for part in seed)
        self._salt = np.random.SeedSequence(self._seed).generate_state(1, np.uint64)
        self._device = torch.device("cpu")
        self._permutations: OrderedDict[int, torch.Tensor] = OrderedDict()

    def to(self, device: torch.device) -> None:
        """Keep the permutations on a device, so that an index never has to travel there."""
        self._device = device
        self._permutations.clear()

    def indices(self, position: int, n: int) -> torch.Tensor:
        """Return the examples shown at ``position`` and the n - 1 after it, int64 [n]."""
        pieces, end = [], position + n
        while position < end:
            epoch, place = divmod(position, self._count)
            stop = min(place + end - position, self._count)
            pieces.append(self._permutation(epoch)[place:stop])
            position += stop - place
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def chances(self, position: int, n: int) -> torch.Tensor:
        """Return a random number of 31 bits for each of n positions, int64 [n], whatever batch they fall in."""
        state = np.arange(position, position + n, dtype=np.uint64)  # SplitMix64, Steele et al. 2014, as a hash
        state = (state + self._salt) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return _sent(torch.from_numpy((state >> np.uint64(33)).astype(np.int64)), self._device)

    def _permutation(self, epoch: int) -> torch.Tensor:
        if epoch not in self._permutations:
            generator = np.random.default_rng((*self._seed, epoch))
            self._permutations[epoch] = _sent(torch.from_numpy(generator.permutation(self._count)), self._device)
            while len(self._permutations) > ORDERS:
                self._permutations.popitem(last=False)
        return self._permutations[epoch]


def _sent(rows: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A copy on a device, on its way there while the host goes on."""
    if device.type == "cuda":
        rows = rows.pin_memory()  # only from pinned memory does a copy run beside the computation
    return rows.to(device, non_blocking=True)


def _moved(rows: np.ndarray, device: torch.device) -> torch.Tensor:
    """Copy to a device slab by slab, so that no second copy of the whole passes through memory."""
    moved = torch.empty(rows.shape, dtype=torch.from_numpy(np.empty(0, rows.dtype)).dtype, device=device)
    step = max(1, SLAB // max(1, rows[:1].nbytes))
    for start in range(0, len(rows), step):
        moved[start : start + step].copy_(torch.from_numpy(np.array(rows[start : start + step])))
    return moved


def _free_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    return 0
