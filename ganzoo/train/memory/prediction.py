"""The memory that a run will need, told before it takes any."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from math import prod

import torch

from ganzoo.data.captions import LONGEST
from ganzoo.data.feed import ORDERS, RESIDENT
from ganzoo.data.pack import Pack, Pair
from ganzoo.train.device import Backend
from ganzoo.train.memory.rehearsal import Weight, rehearse
from ganzoo.train.memory.room import free_memory
from ganzoo.train.request import Request
from ganzoo.zoo.facts import Facts

MIB, GIB = 1 << 20, 1 << 30
# What no tensor tells (docs/gpu.md has how they were found). Python, torch and its kernels in the memory of a process
# that computes there; the libraries of an accelerator, which a torch built for one maps in any case; CUDA's context.
RUNTIME, LIBRARIES, CONTEXT = 400 * MIB, 200 * MIB, 600 * MIB
# A share of what comes and goes: workspaces of kernels, and holes between blocks that do not fit into one another.
LOOSE = {"cpu": 0.9, "cuda": 0.15, "mps": 0.3}
# A step that needs less than this many times its batch, and so many times its weights, needs no closer look: no preset
# of a family here makes more of them.
EASY_DATA, EASY_WEIGHTS = 5_000, 8


@dataclass(frozen=True)
class Memory:
    """Bytes on the device that computes, at the most: of the heaviest step of the run.

    ``reason`` says why where nobody can tell; all parts are then 0.
    """

    weights: int = 0
    gradients: int = 0
    optimizer: int = 0
    averages: int = 0
    data: int = 0  # the data set, where it lives on the device
    activations: int = 0
    allowance: int = 0  # what is no tensor: torch itself, workspaces of kernels, gaps
    reason: str = ""

    @property
    def total(self) -> int:
        return sum(self.parts().values())

    @property
    def tensors(self) -> int:
        """What torch counts as allocated on an accelerator."""
        return self.total - self.allowance

    def parts(self) -> dict[str, int]:
        return {name: value for name, value in asdict(self).items() if name != "reason"}

    def record(self) -> dict[str, int | str | None]:
        """As JSON has it; no numbers where there is a reason."""
        return {"total": None, "reason": self.reason} if self.reason else {"total": self.total, **self.parts()}


def predict(
    request: Request, data: Pack | Pair | Facts, backend: Backend, free: int | None = None, ranks: int = 1
) -> Memory:
    """What each of the ``ranks`` of a run will need, found out without taking it: in seconds, whatever its size.

    Args:
        data: what is to be learnt from, or the facts of it while it is not packed yet.
        free: bytes free on the device, which decide whether the data live there; asked of the device where not given.
    """
    facts = data if isinstance(data, Facts) else data.facts
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore")  # a real step gives them again
            weight = rehearse(request, facts, caption_length(data), backend, ranks)
    except Exception as error:  # whatever a family does that cannot be done to shapes alone
        text = str(error).strip().splitlines() or [type(error).__name__]
        return Memory(reason=f"{request.family.name} cannot be rehearsed without numbers: {text[0]}")
    return Memory(
        **asdict(weight), data=resident(data, backend.device, free), allowance=allowance(weight, backend.device)
    )


def allowance(weight: Weight, device: torch.device) -> int:
    """What is no tensor of a step: torch itself, workspaces, gaps; on the CPU the copy that a checkpoint is made of."""
    loose = int(LOOSE[device.type] * weight.activations)
    if device.type != "cpu":
        return CONTEXT + loose
    is_for_more = torch.version.cuda or torch.version.hip
    copy = weight.weights + weight.optimizer + weight.averages
    return RUNTIME + (LIBRARIES if is_for_more else 0) + copy + loose


def resident(data: Pack | Pair | Facts, device: torch.device, free: int | None = None) -> int:
    """Bytes of the data set on the device, by the feed's own rule; 0 where batches are sent there one by one.

    On the CPU a pack is a file mapped into memory, which the machine drops again when it needs the room.
    """
    if device.type == "cpu":
        return 0
    free = free_memory(device) or 0 if free is None else free
    if isinstance(data, Facts):
        size = data.count * prod(data.shape) * (4 if data.is_points else 1)
        return size if size <= RESIDENT * free else 0
    sides = (data.a, data.b) if isinstance(data, Pair) else (data,)
    fitting = [side for side in sides if side.images.nbytes <= RESIDENT * free / len(sides)]
    return sum(_bytes(side) for side in fitting)


def caption_length(data: Pack | Pair | Facts) -> int:
    """Words that a row of captions has room for; 0 where there are none."""
    if isinstance(data, Facts):
        return LONGEST if data.words else 0
    tokens = data.tokens if isinstance(data, Pack) else None
    return 0 if tokens is None else tokens.shape[-1]


def surely_fits(request: Request, facts: Facts, weights: int, free: int | None) -> bool:
    """Whether a run whose weights take so many bytes is so small beside what is free that nobody need look closely."""
    batch = 4 * prod(facts.shape) * max(request.config.sizes_of_batches()) / request.config.accumulate
    return free is None or EASY_DATA * batch + EASY_WEIGHTS * weights < free


def in_words(size: int) -> str:
    """Bytes as a person reads them: ``"2.7 GiB"``, ``"140 MiB"``."""
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{max(size / MIB, 0.1):.{0 if size >= 10 * MIB else 1}f} MiB"


def _bytes(pack: Pack) -> int:
    """The pictures, what is told of them, and the orders they are shown in."""
    rows = pack.images.nbytes + ORDERS * 8 * len(pack)
    labels = 0 if pack.labels is None else pack.labels.nbytes
    return rows + labels + (0 if pack.tokens is None else pack.tokens.nbytes)
