"""The steps that ganzoo's cGAN is measured against: one from the paper, one as PyTorch-GAN takes it.

    SET="--set optimizer=adam --set lr=2e-4 --set lr_d=2e-4 --set betas=0.5,0.999 --set ema=0 --set channels=1"
    ganzoo bench cgan --preset paper --size 32 --batch 64 $SET --against docs/benchmarks/cgan.py:plain
    ganzoo bench cgan --preset paper --size 32 --batch 64 $SET --set loss=least-squares \
        --against docs/benchmarks/cgan.py:pytorch_gan

Targets: 1.0 against `plain`, 1.5 against `pytorch_gan`. All play on equal networks: the perceptrons of Mirza and
Osindero 2014 at 32 pixels in grey, 4 million weights, of which Adam moves every one in every step.

The mathematics is the paper's game under Adam. Classes of fakes are drawn from all alike; ganzoo draws them by how
often they are met, and draws other fakes for the generator's turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from perceptrons import torchs
from PIL import Image
from torch import Tensor
from torch.nn import MSELoss
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.optim import Adam
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

Step = Callable[[int], dict[str, Tensor]]


def plain(subject) -> Step:
    """What a careful person writes: pictures in memory as floats, Adam as it comes, each fake drawn once.

    The generator's turn judges the very fakes of the discriminator's turn, whose graph is still there. Nobody freezes
    the discriminator meanwhile, so its gradients are computed and thrown away.
    """
    g, d, config, n = torchs(subject.nets["g"]), torchs(subject.nets["d"]), subject.config, subject.batch
    images, labels, classes = subject.data["image"], subject.data["label"], len(subject.facts.classes)
    opt_g = Adam(g.parameters(), config.lr, config.betas)
    opt_d = Adam(d.parameters(), config.lr_d, config.betas)
    ones, zeros = torch.ones(n), torch.zeros(n)

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(images) - n + 1)
        real, label = images[start : start + n], labels[start : start + n]
        drawn = torch.randint(classes, (n,))
        fake = g((2 * torch.rand(n, config.latent) - 1) * 3**0.5, drawn)

        opt_d.zero_grad()
        d_loss = cross_entropy(d(real, label), ones) + cross_entropy(d(fake.detach(), drawn), zeros)
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        g_loss = cross_entropy(d(fake, drawn), ones)
        g_loss.backward()
        opt_g.step()
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def pytorch_gan(subject, loader: bool = False) -> Step:
    """The step of PyTorch-GAN's `cgan.py`, told in our words, on data that lie in memory.

    What it does that costs: the generator moves first and pays for gradients of the discriminator; targets are made
    anew in each step; noise and classes come from numpy, in double precision and converted; Adam goes through the
    parameters one by one; both losses are read and printed in every step. The game is that of least squares, the
    discriminator's two losses are halved.
    """
    g, d, config, n = torchs(subject.nets["g"]), torchs(subject.nets["d"]), subject.config, subject.batch
    classes = len(subject.facts.classes)
    opt_g = Adam(g.parameters(), config.lr, config.betas)
    opt_d = Adam(d.parameters(), config.lr_d, config.betas)
    judge = MSELoss()
    batches = loaded(subject) if loader else in_memory(subject)

    def step(number: int) -> dict[str, Tensor]:
        images, given = next(batches)
        valid = torch.FloatTensor(n, 1).fill_(1.0)
        fake = torch.FloatTensor(n, 1).fill_(0.0)
        real, label = images.type(torch.FloatTensor), given.type(torch.LongTensor)

        opt_g.zero_grad()
        z = torch.FloatTensor(np.random.normal(0, 1, (n, config.latent)))
        drawn_label = torch.LongTensor(np.random.randint(0, classes, n))
        drawn = g(z, drawn_label)
        g_loss = judge(d(drawn, drawn_label).view(-1, 1), valid)
        g_loss.backward()
        opt_g.step()

        opt_d.zero_grad()
        real_loss = judge(d(real, label).view(-1, 1), valid)
        fake_loss = judge(d(drawn.detach(), drawn_label).view(-1, 1), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        opt_d.step()
        f"{number} {d_loss.item():f} {g_loss.item():f}"  # what it prints
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def pytorch_gan_loader(subject) -> Step:
    """The same with its data path, as ganzoo's is timed with its own: a `DataLoader` without workers.

    Every picture becomes a PIL image, is resized to the side it has, turned into a tensor and normalised, one by one.
    """
    return pytorch_gan(subject, loader=True)


def in_memory(subject) -> Iterator[tuple[Tensor, Tensor]]:
    images, labels, n, start = subject.data["image"], subject.data["label"], subject.batch, 0
    while True:
        yield images[start : start + n], labels[start : start + n]
        start = (start + n) % (len(images) - n + 1)


def loaded(subject) -> Iterator[tuple[Tensor, Tensor]]:
    side = subject.facts.shape[1]
    steps = [transforms.Resize(side), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
    pictures = Pictures(subject.images, subject.data["label"], transforms.Compose(steps))
    while True:
        yield from DataLoader(pictures, batch_size=subject.batch, shuffle=True, drop_last=True)


class Pictures(Dataset):
    """Grey pictures as torchvision's MNIST holds them: bytes, made into an image whenever one is asked for."""

    def __init__(self, images: Tensor, labels: Tensor, transform: Callable):
        self.images, self.labels, self.transform = images[:, 0], labels, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index].numpy())), int(self.labels[index])
