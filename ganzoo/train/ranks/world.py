"""The processes that train one run together: which of them this is, and what they tell each other.

Averaging is by hand, one flattened all-reduce for each optimizer step, and not by a wrapper around the networks:
penalties differentiate twice, phases touch different networks, and a recipe calls its networks as it likes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor

from ganzoo.errors import GanzooError, Interrupted, RequestError, Said, WorkError

T = TypeVar("T")

PATIENCE = timedelta(minutes=10)  # a rank that says nothing for so long is lost; one that dies is noticed at once
LAUNCHED = "ganzoo-"  # how the name of a group begins that `ganzoo train --devices` has started


class Lost(WorkError):
    """Another rank is gone, and this one cannot go on without it."""


@dataclass(frozen=True)
class World:
    """All processes of a run, and this one's place among them. The lone process is a world of one and pays nothing."""

    rank: int = 0
    size: int = 1
    local: int = 0  # rank among the processes of this machine

    @classmethod
    def here(cls) -> World:
        """What torchrun, or whoever starts as it does, says in the environment; nothing is joined yet."""
        said = os.environ
        if int(said.get("WORLD_SIZE", 1)) == 1:
            return cls()
        rank = int(said["RANK"])
        return cls(rank, int(said["WORLD_SIZE"]), int(said.get("LOCAL_RANK", rank)))

    @property
    def is_first(self) -> bool:
        """Whether this rank writes, prints and decides for all."""
        return self.rank == 0

    @contextmanager
    def joined(self, device: torch.device) -> Iterator[None]:
        """Meet the others: over gloo what lies in memory, over nccl what lies on CUDA."""
        if self.size == 1:
            yield
            return
        import torch.distributed as dist

        on_cuda = device.type == "cuda"
        if on_cuda:
            torch.cuda.set_device(device)
        # What is decided by clocks and signals goes over gloo on CUDA too: the device is not waited for.
        backend = "cpu:gloo,cuda:nccl" if on_cuda else "gloo"
        with _talking(self):
            store, rank, size = next(dist.rendezvous("env://", timeout=PATIENCE))
            store = dist.PrefixStore(self._attempt(), store)
            dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)
        try:
            yield
        except (Interrupted, Said):
            dist.destroy_process_group()
            raise
        dist.destroy_process_group()  # not where something went wrong: it might wait for those who are gone

    def _attempt(self) -> str:
        """What tells ranks that torchrun has started again from those before them, whose addresses it still knows.

        Its count is that of one machine: machines may differ in it.
        """
        is_one_machine = os.environ.get("LOCAL_WORLD_SIZE") == str(self.size)
        return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") if is_one_machine else "0"

    def place(self, device: str) -> str:
        """The name of this rank's own device, where ``auto``, ``cpu`` or ``cuda`` was asked for; RequestError."""
        if self.size == 1 or device == "cpu":
            return device
        if device not in ("auto", "cuda"):
            raise RequestError(f"--device {device} is one device, and this run has {self.size} ranks. Use cuda or cpu.")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if not count and device == "auto":
            return "cpu"
        if self.local >= count:
            raise RequestError(
                f"rank {self.rank} is number {self.local + 1} on this machine, which has {count} CUDA devices.\n"
                "Use --devices with as many as it has, or --device cpu."
            )
        return f"cuda:{self.local}"

    def check(self, batches: Sequence[int], accumulate: int) -> None:
        """Refuse, with RequestError, a batch that does not fall into equal parts for all ranks."""
        parts = self.size * accumulate
        for batch in batches:
            if self.size > 1 and batch % parts:
                micro = f" with accumulate={accumulate}" if accumulate > 1 else ""
                raise RequestError(
                    f"A batch of {batch} does not fall into {parts} equal parts, for {self.size} ranks{micro}.\n"
                    f"Use --batch {-(-batch // parts) * parts}."
                )

    def share(self, position: int, n: int) -> tuple[int, int]:
        """This rank's part of the n examples from ``position`` on: where it begins, and how many they are."""
        own = n // self.size
        return position + self.rank * own, own

    def rows(self, n: int) -> slice:
        """This rank's part of n things that are done one by one; the parts differ by one at most."""
        return slice(self.rank * n // self.size, (self.rank + 1) * n // self.size)

    # what ranks tell each other; all of them must come to each of these, in the same order

    @torch.no_grad()
    def average_(self, tensors: Sequence[Tensor]) -> None:
        """Put the mean over all ranks in the place of each tensor: one all-reduce, bit for bit the same everywhere."""
        if self.size == 1 or not tensors:
            return
        import torch.distributed as dist

        flat = _flat(tensors)
        with _talking(self):
            dist.all_reduce(flat)
        _unflatten(flat.div_(self.size), tensors)

    @torch.no_grad()
    def spread_(self, tensors: Sequence[Tensor]) -> None:
        """Put the first rank's values in the place of each tensor."""
        if self.size == 1:
            return
        import torch.distributed as dist

        for kind in dict.fromkeys(tensor.dtype for tensor in tensors):
            alike = [tensor for tensor in tensors if tensor.dtype == kind]
            flat = _flat(alike)
            with _talking(self):
                dist.broadcast(flat, 0)
            _unflatten(flat, alike)

    def told(self, value: T) -> T:
        """What the first rank has, on every rank."""
        if self.size == 1:
            return value
        import torch.distributed as dist

        said = [value if self.is_first else None]
        with _talking(self):
            dist.broadcast_object_list(said, 0)
        return said[0]

    def first(self, work: Callable[[], T]) -> T:
        """What ``work`` gives on the first rank, on every rank; where it fails there with an error, all fail."""
        if self.size == 1:
            return work()
        done: T | None = None
        failure: GanzooError | None = None
        if self.is_first:
            try:
                done = work()
            except GanzooError as error:
                failure = error
        status, done = self.told((failure.exit_status if failure else 0, done))
        if failure:
            raise failure
        if status:
            raise Said(status)
        return done

    def gathered(self, value: T) -> list[T]:
        """What each rank has, in their order, on the first rank; nothing on the others."""
        if self.size == 1:
            return [value]
        import torch.distributed as dist

        all_of_them: list[Any] | None = [None] * self.size if self.is_first else None
        with _talking(self):
            dist.gather_object(value, all_of_them, 0)
        return all_of_them or []

    def everyones(self, value: T) -> list[T]:
        """What each rank has, in their order, on every rank."""
        if self.size == 1:
            return [value]
        import torch.distributed as dist

        all_of_them: list[Any] = [None] * self.size
        with _talking(self):
            dist.all_gather_object(all_of_them, value)
        return all_of_them

    def most(self, numbers: Sequence[float]) -> list[float]:
        """The greatest of each number over all ranks. No device is waited for."""
        if self.size == 1:
            return list(numbers)
        import torch.distributed as dist

        said = torch.tensor(numbers, dtype=torch.float64)
        with _talking(self):
            dist.all_reduce(said, dist.ReduceOp.MAX)
        return said.tolist()


ALONE = World()


def stream(seed: int, rank: int, step: int) -> int:
    """A seed for the random numbers of one rank from one step on, unlike that of any other."""
    told = hashlib.sha256(f"{seed} {rank} {step}".encode()).digest()
    return int.from_bytes(told[:8]) >> 1


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])  # of several types, the widest


def _unflatten(flat: Tensor, tensors: Sequence[Tensor]) -> None:
    pieces = flat.split([tensor.numel() for tensor in tensors])
    # Shapes, not strides: a tensor keeps its own layout in memory.
    torch._foreach_copy_(list(tensors), [piece.view(t.shape) for piece, t in zip(pieces, tensors, strict=True)])


@contextmanager
def _talking(world: World) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # the one type that gloo and nccl have for everything
        if os.environ.get("TORCHELASTIC_RUN_ID", "").startswith(LAUNCHED):
            raise Said(Lost.exit_status) from error  # who started us sees who is gone, and says it
        raise Lost(
            f"rank {world.rank} cannot go on: another one is gone. The same command goes on from the newest checkpoint."
        ) from error
