"""The steps that ganzoo's vanilla GAN is measured against: one from the paper, one as PyTorch-GAN takes it.

    SET="--set channels=1 --set ema=0"
    ganzoo bench vanilla --size 28 --batch 64 $SET --against docs/benchmarks/vanilla.py:plain
    ganzoo bench vanilla --size 28 --batch 64 $SET --against docs/benchmarks/vanilla.py:pytorch_gan

Targets: 1.0 against `plain`, 1.5 against `pytorch_gan`. All play on equal networks, the perceptrons of preset
`default` at 28 pixels in grey (1.5 million weights); this is work in which overhead and the optimizer rule.

The mathematics is Algorithm 1 of Goodfellow et al. 2014 with k = 1 and the non-saturating turn of the generator, Adam.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from perceptrons import loaded, torchs
from torch import Tensor
from torch.nn import BCELoss
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.optim import Adam

ROOT3 = 3**0.5


def plain(subject) -> Callable[[int], dict[str, Tensor]]:
    """What a careful person writes: pictures in memory as floats, Adam as it comes, each fake drawn once.

    The generator's turn judges the very fakes of the discriminator's turn, whose graph is still there. Nobody freezes
    the discriminator meanwhile, so its gradients are computed and thrown away.
    """
    g, d, config, n = torchs(subject.nets["g"]), torchs(subject.nets["d"]), subject.config, subject.batch
    images = subject.data["image"]
    opt_g = Adam(g.parameters(), config.lr, config.betas)
    opt_d = Adam(d.parameters(), config.lr_d, config.betas)
    real_target, fake_target = torch.ones(n), torch.zeros(n)

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(images) - n + 1)
        real = images[start : start + n]
        fake = g((2 * torch.rand(n, config.latent) - 1) * ROOT3)

        opt_d.zero_grad()
        d_loss = cross_entropy(d(real), real_target) + cross_entropy(d(fake.detach()), fake_target)
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        g_loss = cross_entropy(d(fake), real_target)
        g_loss.backward()
        opt_g.step()
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def pytorch_gan(subject, loader: bool = False) -> Callable[[int], dict[str, Tensor]]:
    """The step of PyTorch-GAN's `gan.py`, told in our words, on data that lie in memory.

    What it does that costs: the generator moves first and pays for gradients of the discriminator; targets are made
    anew in each step; noise comes from numpy in double precision; probabilities pass a sigmoid and then a cross entropy
    of probabilities; Adam goes through the parameters one by one; both losses are read and printed in every step.
    The discriminator's two losses are halved, as it has them.
    """
    g, d, config = torchs(subject.nets["g"]), torchs(subject.nets["d"]), subject.config
    opt_g = Adam(g.parameters(), config.lr, config.betas)
    opt_d = Adam(d.parameters(), config.lr_d, config.betas)
    judge = BCELoss()
    batches = loaded(subject) if loader else in_memory(subject)

    def step(number: int) -> dict[str, Tensor]:
        images = next(batches)
        valid = torch.Tensor(len(images), 1).fill_(1.0)
        fake = torch.Tensor(len(images), 1).fill_(0.0)
        real = images.type(torch.FloatTensor)

        opt_g.zero_grad()
        z = torch.Tensor(np.random.normal(0, 1, (len(images), config.latent)))
        drawn = g(z)
        g_loss = judge(torch.sigmoid(d(drawn)).view(-1, 1), valid)
        g_loss.backward()
        opt_g.step()

        opt_d.zero_grad()
        real_loss = judge(torch.sigmoid(d(real)).view(-1, 1), valid)
        fake_loss = judge(torch.sigmoid(d(drawn.detach())).view(-1, 1), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        opt_d.step()
        f"{number} {d_loss.item():f} {g_loss.item():f}"  # what it prints
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def pytorch_gan_loader(subject) -> Callable[[int], dict[str, Tensor]]:
    """The same with its data path, as ganzoo's is timed with its own: a `DataLoader` without workers.

    Every picture becomes a PIL image, is resized to the side it has, turned into a tensor and normalised, one by one.
    """
    return pytorch_gan(subject, loader=True)


def in_memory(subject):
    images, n, start = subject.data["image"], subject.batch, 0
    while True:
        yield images[start : start + n]
        start = (start + n) % (len(images) - n + 1)
