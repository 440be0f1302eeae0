"""What makes two ranks and one process comparable: the same random numbers, and batches looked at in the same parts.

Whoever draws random numbers for the rows of a batch is dealt rows out of those for the whole batch. And where a layer
looks at a batch as a whole, as batch norm does, each rank looks at its own part; the one process is then told to look
at the same parts, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode, resolve_name

from ganzoo.game.nn import MinibatchStd
from ganzoo.train.ranks.world import World

SHAPED = {torch.rand, torch.randn}
LIKE = {torch.rand_like, torch.randn_like, torch.randint_like}


class Dealt(TorchFunctionMode):
    """Random numbers of a batch of all ranks, of which each is dealt its rows."""

    def __init__(self, world: World):
        super().__init__()
        self.world = world

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if kwargs.get("generator") is not None:
            return func(*args, **kwargs)
        if func is torch.Tensor.float:  # here no half precision is to be left, and digits are to be kept
            return args[0].to(torch.get_default_dtype())
        if func in SHAPED:
            shape = args[0] if args and not isinstance(args[0], int) else args
            return self.rows(shape, lambda whole: func(whole, **kwargs))
        if func is torch.randint:
            *bounds, shape = args
            return self.rows(shape, lambda whole: func(*bounds, whole, **kwargs))
        if func is torch.multinomial:  # what has been met is each rank's own
            n = args[1]
            return self.rows((n,), lambda whole: torch.randint(args[0].numel(), whole))
        if func in LIKE:
            # Numbers are drawn in the order in which they lie in memory.
            whole = torch.cat([args[0].detach()] * self.world.size)
            return self.part(func(whole, *args[1:], **kwargs), 0)
        if func is torch.Tensor.random_:  # bits for the units of dropout, in order
            bits, *bounds = args
            return bits.copy_(self.rows(bits.shape, lambda whole: bits.new_empty(whole).random_(*bounds)))
        assert "rand" not in (resolve_name(func) or "") or "random" in resolve_name(func), f"nobody deals {func}"
        return func(*args, **kwargs)

    def rows(self, shape: Any, draw: Callable[[tuple[int, ...]], Tensor]) -> Tensor:
        """Of all the rows; a number for the whole batch is everybody's."""
        shape = tuple(shape)
        if not shape:
            return draw(())
        at = 1 if len(shape) == 3 and shape[0] == 2 and shape[2] == 1 else 0  # two numbers a picture, in two rows
        return self.part(draw((*shape[:at], shape[at] * self.world.size, *shape[at + 1 :])), at)

    def part(self, whole: Tensor, at: int) -> Tensor:
        return whole.chunk(self.world.size, at)[self.world.rank]


@contextmanager
def in_parts(size: int) -> Iterator[None]:
    """What looks at a batch as a whole looks at each of its ``size`` parts by itself."""
    from ganzoo_stackgan import branching, captioned, recipe, text
    from ganzoo_stylegan.pathlength import TRACKING, PathLength

    norm, std = _BatchNorm.forward, MinibatchStd.forward

    def normalised(self: _BatchNorm, x: Tensor) -> Tensor:
        tracked = self.training and self.track_running_stats
        before = [buffer.clone() for buffer in self.buffers()]
        after, parts = [], []
        for part in x.chunk(size):
            for buffer, value in zip(self.buffers(), before, strict=True):
                buffer.data.copy_(value)  # unnoticed by the graph, which holds on to it
            parts.append(norm(self, part))
            after.append([buffer.clone() for buffer in self.buffers()])
        if tracked:
            for buffer, values in zip(self.buffers(), zip(*after, strict=True), strict=True):
                total = torch.stack(values).sum(0)
                buffer.data.copy_(total / size if buffer.is_floating_point() else total // size)
        return torch.cat(parts)

    def varied(self: MinibatchStd, x: Tensor) -> Tensor:
        return torch.cat([std(self, part) for part in x.chunk(size)])

    def contrasted(*rows: Tensor) -> tuple[Tensor, Tensor]:
        parts = [text.contrast(*part) for part in zip(*[each.chunk(size) for each in rows], strict=True)]
        return tuple(torch.stack(values).mean() for values in zip(*parts, strict=True))

    def next_ones(tokens: Tensor) -> tuple[Tensor, Tensor]:
        parts, own = [], len(tokens) // size
        for number, part in enumerate(tokens.chunk(size)):
            other, exists = others(part)
            parts.append((other + number * own, exists))
        return tuple(torch.cat(values) for values in zip(*parts, strict=True))

    def lengths(self: PathLength, image: Tensor, ws: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.randn_like(image) / (image.shape[2] * image.shape[3]) ** 0.5
        (slope,) = torch.autograd.grad((image * y).sum(), ws, create_graph=True)
        found = slope.float().square().sum(2).mean(1).sqrt().chunk(size)
        means = [self.mean.lerp(part.detach().mean(), TRACKING) for part in found]
        self.mean.copy_(torch.stack(means).mean())
        penalty = torch.stack([(part - mean).square().mean() for part, mean in zip(found, means, strict=True)]).mean()
        return penalty, torch.cat(found).mean()

    others = captioned.others
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_BatchNorm, "forward", normalised)
        patch.setattr(MinibatchStd, "forward", varied)
        patch.setattr(PathLength, "forward", lengths)
        patch.setattr(captioned, "contrast", contrasted)
        patch.setattr(recipe, "others", next_ones)
        patch.setattr(branching, "others", next_ones)
        yield
