"""The steps that ganzoo's AAE is measured against: one from the paper, two as PyTorch-GAN would take it.

    ganzoo bench aae --batch 64 --set channels=1 --set ema=0 --against docs/benchmarks/aae.py:plain
    ganzoo bench aae --batch 64 --set channels=1 --set ema=0 --against docs/benchmarks/aae.py:pytorch_gan
    ganzoo bench aae --batch 64 --set channels=1 --set ema=0 --against docs/benchmarks/aae.py:pytorch_gan_combined

Targets: 1.0 against `plain`, 1.5 against `pytorch_gan`. All play on equal networks, the perceptrons of preset `default`
at 32 pixels in grey, 2.3 million weights.

The mathematics is the paper's (Makhzani et al. 2015, section 2): reconstruct, tell codes from the prior, fool. Three
turns, each with an optimizer of its own, each after the one before has moved its networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from perceptrons import loaded, torchs
from torch import Tensor
from torch.nn import BCELoss, L1Loss, MSELoss
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.optim import Adam

Step = Callable[[int], dict[str, Tensor]]


def plain(subject) -> Step:
    """What a careful person writes: pictures in memory as floats, Adam as it comes.

    The code that the discriminator has judged is judged again in the last turn, its graph being still there, for the
    encoder has not moved in between. Nobody freezes the discriminator meanwhile.
    """
    encoder, decoder, d, config, n = *players(subject), subject.config, subject.batch
    images = subject.data["image"]
    opt_ae, opt_d, opt_g = optimizers(subject)
    ones, zeros = torch.ones(n), torch.zeros(n)

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(images) - n + 1)
        real = images[start : start + n]

        opt_ae.zero_grad()
        error = (decoder(encoder(real)) - real).div(2).square()  # in the paper's [0, 1]
        ae_loss = error.flatten(1).sum(1).mean() / 2
        ae_loss.backward()
        opt_ae.step()

        code = encoder(real)
        prior = config.spread * torch.randn(n, config.latent)
        opt_d.zero_grad()
        d_loss = cross_entropy(d(prior), ones) + cross_entropy(d(code.detach()), zeros)
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        g_loss = cross_entropy(d(code), ones)
        g_loss.backward()
        opt_g.step()
        return {"ae": ae_loss.detach(), "d": d_loss.detach(), "g": g_loss.detach()}

    return step


def pytorch_gan(subject, loader: bool = False) -> Step:
    """The paper's three turns in the structure of PyTorch-GAN, on data that lie in memory.

    What that costs: targets are made anew in each step; the prior's samples come from numpy in double precision;
    probabilities pass a sigmoid and then a cross entropy of probabilities; codes are drawn anew for the turn that needs
    them; Adam goes through the parameters one by one; the losses are read and printed in every step.
    """
    encoder, decoder, d, config, n = *players(subject), subject.config, subject.batch
    opt_ae, opt_d, opt_g = optimizers(subject)
    adversarial, pixelwise = BCELoss(), MSELoss()
    batches = loaded(subject) if loader else in_memory(subject)

    def step(number: int) -> dict[str, Tensor]:
        images = next(batches)
        valid = torch.FloatTensor(n, 1).fill_(1.0)
        fake = torch.FloatTensor(n, 1).fill_(0.0)
        real = images.type(torch.FloatTensor)

        opt_ae.zero_grad()
        ae_loss = pixelwise(decoder(encoder(real)), real) * real[0].numel() / 8
        ae_loss.backward()
        opt_ae.step()

        opt_d.zero_grad()
        z = torch.FloatTensor(config.spread * np.random.normal(0, 1, (n, config.latent)))
        real_loss = adversarial(torch.sigmoid(d(z)).view(-1, 1), valid)
        fake_loss = adversarial(torch.sigmoid(d(encoder(real).detach())).view(-1, 1), fake)
        d_loss = real_loss + fake_loss
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        g_loss = adversarial(torch.sigmoid(d(encoder(real))).view(-1, 1), valid)
        g_loss.backward()
        opt_g.step()
        f"{number} {ae_loss.item():f} {d_loss.item():f} {g_loss.item():f}"  # what it prints
        return {"ae": ae_loss.detach(), "d": d_loss.detach(), "g": g_loss.detach()}

    return step


def pytorch_gan_loader(subject) -> Step:
    """The same with its data path, as ganzoo's is timed with its own: a `DataLoader` without workers.

    Every picture becomes a PIL image, is resized to the side it has, turned into a tensor and normalised, one by one.
    """
    return pytorch_gan(subject, loader=True)


def pytorch_gan_combined(subject) -> Step:
    """The two turns that PyTorch-GAN's `aae.py` really has, which is other mathematics and less work.

    Reconstruction and fooling are one loss, 0.999 and 0.001 of it, with one optimizer, so the picture is encoded once a
    step instead of three times: 0.7 of the multiplications. Its codes hardly come to match the prior.
    """
    encoder, decoder, d, config, n = *players(subject), subject.config, subject.batch
    opt_g, opt_d, _ = optimizers(subject)
    adversarial, pixelwise = BCELoss(), L1Loss()
    batches = in_memory(subject)

    def step(number: int) -> dict[str, Tensor]:
        images = next(batches)
        valid = torch.FloatTensor(n, 1).fill_(1.0)
        fake = torch.FloatTensor(n, 1).fill_(0.0)
        real = images.type(torch.FloatTensor)

        opt_g.zero_grad()
        code = encoder(real)
        rebuilt = decoder(code)
        g_loss = 0.001 * adversarial(torch.sigmoid(d(code)).view(-1, 1), valid) + 0.999 * pixelwise(rebuilt, real)
        g_loss.backward()
        opt_g.step()

        opt_d.zero_grad()
        z = torch.FloatTensor(np.random.normal(0, 1, (n, config.latent)))
        real_loss = adversarial(torch.sigmoid(d(z)).view(-1, 1), valid)
        fake_loss = adversarial(torch.sigmoid(d(code.detach())).view(-1, 1), fake)
        d_loss = 0.5 * (real_loss + fake_loss)
        d_loss.backward()
        opt_d.step()
        f"{number} {d_loss.item():f} {g_loss.item():f}"  # what it prints
        return {"d": d_loss.detach(), "g": g_loss.detach()}

    return step


def players(subject) -> tuple:
    return tuple(torchs(subject.nets[name]) for name in ("encoder", "decoder", "d"))


def optimizers(subject) -> tuple[Adam, Adam, Adam]:
    encoder, decoder, d = players(subject)
    config = subject.config
    return (
        Adam([*encoder.parameters(), *decoder.parameters()], config.lr, config.betas),
        Adam(d.parameters(), config.lr_adversarial, config.betas),
        Adam(encoder.parameters(), config.lr_adversarial, config.betas),
    )


def in_memory(subject) -> Iterator[Tensor]:
    images, n, start = subject.data["image"], subject.batch, 0
    while True:
        yield images[start : start + n]
        start = (start + n) % (len(images) - n + 1)
