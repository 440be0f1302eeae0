"""The steps that ganzoo's CycleGAN is measured against: one from the paper, one as the authors take it.

    SET="--set enlarge=0 --set flip=false --set ema=0"
    ganzoo bench cyclegan --preset paper --size 128 --batch 1 $SET --against docs/benchmarks/cyclegan.py:plain
    ganzoo bench cyclegan --preset paper --size 128 --batch 1 $SET --against docs/benchmarks/cyclegan.py:authors

Targets: 1.0 against `plain`, 1.1 against `authors`. Both play on equal networks: translators of 9 residual blocks with
11,378,179 weights each, judges of 70x70 patches with 2,764,737 each; pictures are not enlarged, cropped or mirrored.

The mathematics is Zhu et al. 2017 with the identity loss: least squares, cycle 10, identity 5, pools of 50 fakes; the
translators move first, then the judges.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Adam

Step = Callable[[int], dict[str, Tensor]]


def plain(subject) -> Step:
    """What a careful person writes: six passes of the translators, each for itself, and two optimizers.

    Nobody freezes the judges in the translators' turn, so their gradients are computed and thrown away.
    """
    return authors(subject, freezes=False)


def authors(subject, freezes: bool = True) -> Step:
    """The step of the authors' PyTorch code, told in our words.

    Every picture passes by itself: two translations, two ways back, two identities. The judges are frozen by going
    through their parameters while the translators learn. Each judge is back-propagated for itself, and is asked about
    a real picture and one from the pool, a list of earlier fakes, in two calls. Targets are expanded anew in each call;
    default layout, Adam as it comes, eight losses read now and then.
    """
    nets, config, n = subject.nets, subject.config, subject.batch
    g_ab, g_ba, d_a, d_b = (nets[name] for name in ("g_ab", "g_ba", "d_a", "d_b"))
    sides = {side: subject.data[side] for side in "ab"}
    opt_g = Adam(chain(g_ab.parameters(), g_ba.parameters()), config.lr, config.betas)
    opt_d = Adam(chain(d_a.parameters(), d_b.parameters()), config.lr, config.betas)
    pool_a, pool_b = Pool(config.pool), Pool(config.pool)
    one, zero = torch.tensor(1.0), torch.tensor(0.0)

    def fooled(logits: Tensor, target: Tensor) -> Tensor:
        return mse_loss(logits, target.expand_as(logits))

    def judged(d: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        loss = (fooled(d(real), one) + fooled(d(fake.detach()), zero)) * 0.5
        loss.backward()
        return loss.detach()

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(sides["a"]) - n + 1)
        a, b = (sides[side][start : start + n] for side in "ab")
        fake_b = g_ab(a)
        back_a = g_ba(fake_b)
        fake_a = g_ba(b)
        back_b = g_ab(fake_a)

        if freezes:
            let_learn((d_a, d_b), False)
        opt_g.zero_grad()
        identity = l1_loss(g_ab(b), b) * config.cycle * config.identity
        identity = identity + l1_loss(g_ba(a), a) * config.cycle * config.identity
        cycle = l1_loss(back_a, a) * config.cycle + l1_loss(back_b, b) * config.cycle
        g_loss = fooled(d_b(fake_b), one) + fooled(d_a(fake_a), one) + cycle + identity
        g_loss.backward()
        opt_g.step()

        if freezes:
            let_learn((d_a, d_b), True)
        opt_d.zero_grad()
        d_loss = judged(d_a, a, pool_a(fake_a.detach())) + judged(d_b, b, pool_b(fake_b.detach()))
        opt_d.step()
        return {"g": g_loss.detach(), "d": d_loss}

    return step


class Pool:
    """Earlier fakes in a list; half of the time one of them is given in exchange for a new one."""

    def __init__(self, size: int):
        self.size, self.kept = size, []

    def __call__(self, fakes: Tensor) -> Tensor:
        if not self.size:
            return fakes
        given = []
        for fake in fakes.split(1):
            if len(self.kept) < self.size:
                self.kept.append(fake)
            elif random.random() < 0.5:
                place = random.randrange(self.size)
                fake, self.kept[place] = self.kept[place].clone(), fake
            given.append(fake)
        return torch.cat(given)


def let_learn(nets: tuple[nn.Module, ...], learns: bool) -> None:
    for net in nets:
        for p in net.parameters():
            p.requires_grad = learns
