"""The step that ganzoo's StackGAN is measured against: what a careful person writes from the papers.

    ganzoo bench stackgan --batch 32 --set ema=0 --against docs/benchmarks/stackgan.py:plain

Target: 1.0. Both play on equal networks, the tree of two scales of preset `default` at 32 pixels with its encoder of
captions. No public project of this family takes a step that could be measured beside it.

The mathematics is Zhang et al. 2017, section 4: a discriminator at each scale that judges pictures alone and under
captions, real ones under other captions counting as fakes; and the encoder of words learning from the pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.optim import Adam

SHARPNESS = 10.0  # of the comparison of captions with pictures


def plain(subject) -> Callable[[int], dict[str, Tensor]]:
    """Default layout, Adam as it comes, pictures of all scales drawn once and judged twice.

    The encoder of words learns where it does in ganzoo, in the first part of the run.

    Nobody freezes the discriminators in the generator's turn, so their gradients are computed and thrown away.
    """
    nets, config, n = subject.nets, subject.config, subject.batch
    images, captions = subject.data["image"], subject.data["text"]
    text, eye, g = nets["text"], nets["eye"], nets["g"]
    judges = [net for name, net in nets.items() if name.startswith("d")]
    opt_text = Adam(chain(text.parameters(), eye.parameters()), config.lr_text)
    opt_g = Adam(g.parameters(), config.lr, config.betas)
    reads = subject.now.fraction < config.reading
    opt_d = Adam(chain(*(d.parameters() for d in judges)), config.lr_d, config.betas)

    def step(number: int) -> dict[str, Tensor]:
        start = number * n % (len(images) - n + 1)
        real, tokens = images[start : start + n], captions[start : start + n]

        losses = {}
        if reads:
            opt_text.zero_grad()
            losses["text"] = likened(text(tokens), eye(real), tokens)
            losses["text"].backward()
            opt_text.step()

        with torch.no_grad():
            told = text(tokens)
        z, eps = torch.randn(n, config.latent + config.condition).split([config.latent, config.condition], 1)
        fakes, mu, logvar = g(z, told, eps)
        other, exists = elsewhere(tokens)

        opt_d.zero_grad()
        d_loss = 0
        for d, fake in zip(judges, fakes, strict=True):
            d_loss = d_loss + judged(d, real, fake.detach(), mu.detach(), other, exists)
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        g_loss = config.kl * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()
        for d, fake in zip(judges, fakes, strict=True):
            seen = d(fake)
            for logits in (d.judge(seen), d.match(seen, mu.detach())):
                g_loss = g_loss + cross_entropy(logits, torch.ones(n))
        g_loss.backward()
        opt_g.step()
        losses |= {"d": d_loss, "g": g_loss}
        return {name: loss.detach() for name, loss in losses.items()}

    return step


def judged(d, real: Tensor, fake: Tensor, mu: Tensor, other: Tensor, exists: Tensor) -> Tensor:
    """Six cross entropies: pictures alone and under the caption, real, of another caption, and fake."""
    real = F.avg_pool2d(real, real.shape[-1] // fake.shape[-1])
    seen, seen_fake = d(real), d(fake)
    alone, fake_alone = d.judge(seen), d.judge(seen_fake)
    right, on_fake = d.match(seen, mu), d.match(seen_fake, mu)
    wrong = torch.where(exists, d.match(seen[other], mu), on_fake)
    wrong_alone = d.judge(seen[other])  # a real picture all the same
    ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
    reals = sum(cross_entropy(logits, ones) for logits in (right, alone, wrong_alone))
    return reals + sum(cross_entropy(logits, zeros) for logits in (wrong, on_fake, fake_alone))


def elsewhere(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """For every caption the next one in the batch that says something else, and whether there is one."""
    n = len(tokens)
    differs = (tokens[:, None] != tokens[None]).any(2)
    ahead = (torch.arange(n)[:, None] + torch.arange(1, n + 1)) % n
    first = differs.gather(1, ahead).int().argmax(1)
    return ahead[torch.arange(n), first], differs.any(1)


def likened(told: Tensor, seen: Tensor, tokens: Tensor) -> Tensor:
    """Captions look for their picture, pictures for their caption; all of one caption are equally right."""
    alike = SHARPNESS / told.shape[1] * told @ seen.T
    right = (tokens[:, None] == tokens[None]).all(2).float()
    aim = right / right.sum(1, keepdim=True)
    return (F.cross_entropy(alike, aim) + F.cross_entropy(alike.T, aim)) / 2
