"""What a training step of one's own gets to work on: the same first networks, the same data, the same settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.data.pack import Pack, Pair
from ganzoo.game import Progress
from ganzoo.train.engine import Engine
from ganzoo.zoo.facts import Facts

BATCHES = 16  # of examples handed over: as many as a step can go through without meeting one again at once


@dataclass(frozen=True)
class Subject:
    """Given to the function of ``ganzoo bench FAMILY --against PATH.py:function``, once, before anything is timed.

    The function returns ``step(number: int)``, which takes one training step of its own; a step with lazy phases
    takes them where ``number`` says, as the family does (``number % every == 0``).

    Attributes:
        nets: the family's first networks, built once more from the same seed; in torch's default memory layout, on the
            device, training as the family has it at this place of the run.
        config: the family's settings, an instance of its Config.
        facts: shape, classes and vocabulary of the data.
        now: where in the run the step stands, for schedules and for networks that grow.
        batch: real images in a step's batch; a phase that is repeated takes as many again, each time.
        device: where all of this is.
        data: the first examples, whole batches of them, keyed and scaled as in a family's batch. "image", "a", "b":
            float32 [n, C, H, W] in [-1, 1], contiguous, or points [n, D]; "label": int64 [n]; "text": the first caption
            of each, int64 tokens [n, L], padded with 0.
    """

    nets: dict[str, nn.Module]
    config: Any
    facts: Facts
    now: Progress
    batch: int
    device: torch.device
    data: dict[str, Tensor]

    @property
    def images(self) -> Tensor:
        """The pictures of ``data`` as bytes, for a step that does its own scaling: uint8 [n, C, H, W] in 0...255.

        Of a pair, those of the first side. Points are given as they are.
        """
        pictures = self.data["image"] if "image" in self.data else self.data["a"]
        return pictures if self.facts.is_points else pictures.add(1).mul_(127.5).round_().to(torch.uint8)


def subject_of(engine: Engine, config: Any, pack: Pack | Pair) -> Subject:
    """Hand over what an engine stands on that has not stepped, and never will."""
    device, now = engine.backend.device, engine.now
    for net in engine.recipe.nets.values():
        net.to(memory_format=torch.contiguous_format)
    sides = {"a": pack.a, "b": pack.b} if isinstance(pack, Pair) else {"image": pack}
    count = BATCHES * now.batch
    data = {key: _scaled(_rows(side.images, count, device)) for key, side in sides.items()}
    if isinstance(pack, Pack):
        if pack.labels is not None:
            data["label"] = _rows(pack.labels, count, device)
        if pack.tokens is not None:
            data["text"] = _rows(pack.tokens[:, 0], count, device)
    return Subject(engine.recipe.nets, config, pack.facts, now, now.batch, device, data)


def _rows(array: Any, count: int, device: torch.device) -> Tensor:
    """The first rows, begun again where there are too few, so that every batch is whole."""
    index = [i % len(array) for i in range(count)]
    return torch.from_numpy(array[index].copy()).to(device)


def _scaled(rows: Tensor) -> Tensor:
    return rows.float().div_(127.5).sub_(1) if rows.dtype == torch.uint8 else rows
