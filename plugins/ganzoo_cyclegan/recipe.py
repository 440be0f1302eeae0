"""How CycleGAN is trained (Zhu et al. 2017, sections 3 and 4): two translators, and a judge of each one's work."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, l1_loss
from torch.optim import Optimizer

import ganzoo
from ganzoo import RequestError, find
from ganzoo.game import Batch, Loss, Outcome, Phase, Progress, Recipe, adam, belief
from ganzoo_cyclegan import Config
from ganzoo_cyclegan.networks import Discriminator, Generator, Pool

STAIRS = 200  # the paper's epochs: its learning rate changes between them and not within


class Translation(Recipe):
    """``g_ab`` turns a into b and ``g_ba`` back; ``d_a`` and ``d_b`` judge, and see earlier fakes out of their pools.

    Instance norm treats every picture by itself, so pictures of any origin share a forward pass.
    """

    ema = ("g_ab", "g_ba")
    takes = ("a", "b")

    def __init__(self, nets: dict[str, nn.Module], opts: dict[str, Optimizer], loss: Loss, config: Config):
        self.nets, self.opts, self.loss, self.config = nets, opts, loss, config

    def begin(self, now: Progress) -> None:
        rate = self.config.lr * decayed(now, self.config.decay)
        for opt in self.opts.values():
            for group in opt.param_groups:
                group["lr"] = rate

    def phases(self) -> list[Phase]:
        return [Phase("g", self.g_loss, "g"), Phase("d", self.d_loss, "d")]

    def g_loss(self, batch: Batch) -> Outcome:
        g_ab, g_ba = self.nets["g_ab"], self.nets["g_ba"]
        a, b = (self.shifted(batch[side]) for side in "ab")
        if self.config.identity:
            fake_b, same_b = g_ab(torch.cat([a, b])).chunk(2)
            fake_a, same_a = g_ba(torch.cat([b, a])).chunk(2)
        else:
            fake_b, fake_a = g_ab(a), g_ba(b)
        # The judges' turn sees these very pictures; it must not hold on to how they were made.
        batch.update(a=a, b=b, fake_a=fake_a.detach(), fake_b=fake_b.detach())
        fooled = self.fooled(self.nets["d_a"], a, fake_a) + self.fooled(self.nets["d_b"], b, fake_b)
        cycle = l1_loss(g_ba(fake_b), a) + l1_loss(g_ab(fake_a), b)
        loss, shown = fooled + self.config.cycle * cycle, {"fooled": fooled / 2, "cycle": cycle / 2}
        if self.config.identity:
            identity = l1_loss(same_a, a) + l1_loss(same_b, b)
            loss, shown["identity"] = loss + self.config.identity * self.config.cycle * identity, identity / 2
        return loss, shown

    def d_loss(self, batch: Batch) -> Outcome:
        losses, shown = [], {}
        for side in "ab":
            fake = self.nets[f"pool_{side}"](batch[f"fake_{side}"])
            on_real, on_fake = self.nets[f"d_{side}"](torch.cat([batch[side], fake])).chunk(2)
            losses.append(self.loss.d(on_real, on_fake))
            shown |= {f"real_{side}": belief(self.loss, on_real), f"fake_{side}": belief(self.loss, on_fake)}
        return sum(losses), shown

    def sample(self, nets: Mapping[str, nn.Module], n: int, cond: Batch) -> Tensor:
        """Translate ``cond["a"]`` into b; where there is only ``cond["b"]``, translate that into a.

        Pictures are [n, C, S, S] in [-1, 1], their sides multiples of 4. What comes out, given as the other side,
        comes back as its reconstruction. Nothing here is drawn by chance, so ``cond["seed"]`` has no effect.
        """
        if "a" in cond:
            return nets["g_ab"](cond["a"])
        if "b" in cond:
            return nets["g_ba"](cond["b"])
        raise RequestError("cyclegan draws nothing from noise, it translates pictures. Give it some: --input FOLDER.")

    def fooled(self, d: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """What a translator pays for what its judge thinks of ``fake``."""
        if getattr(self.loss, "relative", False):
            on_fake, on_real = d(torch.cat([fake, real])).chunk(2)
            return self.loss.g(on_fake, on_real)
        return self.loss.g(d(fake))

    def shifted(self, x: Tensor) -> Tensor:
        """The paper's augmentation: a crop of the enlarged picture, and a mirror, each picture's own."""
        n, size, more = len(x), x.shape[-1], self.config.enlarge
        if not (more or self.config.flip):
            return x
        row = column = torch.arange(size, device=x.device).expand(n, -1)
        if self.config.flip:
            column = torch.where(torch.rand(n, 1, device=x.device) < 0.5, column.flip(1), column)
        if more:
            x = interpolate(x, size=size + more, mode="bicubic", align_corners=False).clamp(-1, 1)
            top, left = torch.randint(more + 1, (2, n, 1), device=x.device)
            row, column = row + top, column + left
        picture = torch.arange(n, device=x.device)[:, None, None]
        return x[picture, :, row[:, :, None], column[:, None, :]].movedim(-1, 1)  # [N, S, S, C] to [N, C, S, S]


def decayed(now: Progress, share: float) -> float:
    """The learning rate's multiplier: 1, then over the last ``share`` of the run linearly towards 0, by `STAIRS`."""
    stair = min(now.images * STAIRS // now.total, STAIRS - 1)
    falling = round(share * STAIRS)
    return 1 - max(0, stair + 1 - (STAIRS - falling)) / (falling + 1)


def build(config: Config, facts: ganzoo.Facts) -> Translation:
    shape = facts.shape
    d_a, d_b = (Discriminator(shape, config.width_d, config.layers) for _ in "ab")
    g_ab, g_ba = (Generator(shape, config.width, config.blocks) for _ in "ab")
    pool_a, pool_b = (Pool(config.pool, shape) for _ in "ab")
    opts: dict[str, Optimizer] = {
        "g": adam(g_ab, g_ba, lr=config.lr, betas=config.betas),
        "d": adam(d_a, d_b, lr=config.lr, betas=config.betas),
    }
    nets = {"g_ab": g_ab, "g_ba": g_ba, "d_a": d_a, "d_b": d_b, "pool_a": pool_a, "pool_b": pool_b}
    return Translation(nets, opts, find("losses", config.loss).build(), config)
