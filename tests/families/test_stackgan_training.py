"""StackGAN in training: pictures must show the colour, the shape and the size that their caption says.

Captions are three words, "small red circle": 2 sizes, 4 colours, 3 shapes; the encoder learns them within the run.
What a picture shows is measured, not learnt: the nearest colour to the mean of the figure, the radius that its area
speaks of, and the outline that covers it best. (The share of its bounding box, as the fact sheet has it, is spoilt by
a single stray pixel of 16.) Stage one draws 16 pixels, stage two 32.

| what, after so many steps | size | colour | shape |
|---|---|---|---|
| real pictures | 1.00 | 1.00 | 0.99 |
| stage one, 1000, seeds 0, 1, 2 | 0.99, 0.99, 0.97 | 1.00, 1.00, 1.00 | 0.89, 0.93, 0.83 |
| and stage two, 400 more, seed 0 | 0.99 | 1.00 | 0.94 |
| seeds 0 and 2 after 700 of the 1000 | 0.99, 0.95 | 1.00, 1.00 | 0.83, 0.64 |
| captions shuffled, 300, seeds 0 and 1 | 0.51, 0.48 | 0.29, 0.22 | 0.32, 0.33 |
| no wrong pairs, 300, seeds 0 and 1 | 0.91, 0.95 | 0.98, 0.98 | 0.45, 0.43 |
| as it is, 300, seeds 0 and 1 | 0.88, 0.89 | 1.00, 0.99 | 0.37, 0.40 |

Triangles are drawn early and squares late: until they are, circles and squares come out alike and a half of each
counts as right, 2/3 of all. Seed 0 leaves that plateau at 600 steps, seed 2 at 750. Nothing is unheard meanwhile: the
encoder keeps the three apart from step 200 on, and the discriminator takes a real picture under another shape's caption
to be right with a chance of 0.1 where it gives the true one 0.6. So the threshold for shapes is above the plateau, and
1000 steps are what all three seeds need to pass it; an encoder that learns all the while leaves seed 2 as it is.

The fact sheet proposes that without wrong pairs the colour gets worse by 0.15. It does not: fakes are judged under
their caption too, and so teach it. What is missing then is seen in the discriminator, which takes a real picture under
a wrong caption to be right with a chance of 0.11 to 0.12, where 0.03 to 0.04 is what wrong pairs leave.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from ganzoo_stackgan import recipe as stages
from ganzoo_stackgan.captioned import others
from torch import Tensor
from torch.nn import functional as F

from ganzoo import Facts, find, game
from ganzoo.game import Progress
from ganzoo.train.device import Backend
from ganzoo.train.engine import Engine
from ganzoo.zoo.config import resolve

pytestmark = pytest.mark.slow
SIDE, SMALL = 32, 16  # of the pictures of stage two and one
WORDS = ("small", "large", "red", "green", "blue", "yellow", "circle", "square", "triangle")
VALUES = (2, 4, 3)  # sizes, colours, shapes
RGB = torch.tensor([[0.9, 0.15, 0.1], [0.1, 0.75, 0.2], [0.15, 0.25, 0.95], [0.95, 0.85, 0.1]])
RADII = torch.tensor([0.28, 0.39])  # of small and large ones, in pictures
AREAS = torch.tensor([torch.pi, 1.76**2, 1.8])  # of each shape, where the radius is 1
EXAMPLES, BATCH, ASKED = 4800, 32, 480
ONE, TWO = 1000, 400  # steps of either stage
SHORT, PLANNED = 300, 700  # steps after which some is seen already, in a run that was to have so many
SHAPE = 0.75  # share of right shapes that one who takes squares for circles cannot reach


def attributes(n: int, rng: torch.Generator) -> Tensor:
    """Size, colour and shape of n figures, int64 [n, 3]."""
    return torch.stack([torch.randint(values, (n,), generator=rng) for values in VALUES], 1)


def tokens(known: Tensor) -> Tensor:
    return known + torch.tensor([1, 1 + VALUES[0], 1 + VALUES[0] + VALUES[1]])


def figures(known: Tensor, rng: torch.Generator, side: int = SIDE) -> Tensor:
    """Figures before black, in [-1, 1], about the middle; place, colour and radius vary a little."""
    n, fine = len(known), 4 * side
    size, colour, shape = known.T
    radius = RADII[size] + 0.04 * (torch.rand(n, generator=rng) - 0.5)
    middle = 0.5 + 0.08 * (torch.rand(n, 2, generator=rng) - 0.5)
    inside = outline(radius, middle, fine)[torch.arange(n), shape]
    paint = (RGB[colour] + 0.08 * (torch.rand(n, 3, generator=rng) - 0.5)).clamp(0, 1)
    return F.avg_pool2d(inside[:, None].float(), 4) * paint[:, :, None, None] * 2 - 1


def outline(radius: Tensor, middle: Tensor, side: int) -> Tensor:
    """Circle, square and triangle of a radius [N] or [N, 3] about their centre of gravity: bool [N, 3, side, side]."""
    at = (torch.arange(side) + 0.5) / side
    radius = radius.view(len(radius), -1, 1, 1).expand(-1, 3, 1, 1)
    y = (at[:, None] - middle[:, 0, None, None, None]) / radius  # N x 3 x side x 1
    x = (at - middle[:, 1, None, None, None]) / radius  # N x 3 x 1 x side
    circle = x[:, 0].square() + y[:, 0].square() < 1
    square = (x[:, 1].abs() < 0.88) & (y[:, 1].abs() < 0.88)
    triangle = (y[:, 2] > -1.2) & (y[:, 2] < 0.6) & (x[:, 2].abs() < (y[:, 2] + 1.2) / 1.8)
    return torch.stack([circle, square, triangle], 1)


def shown(pictures: Tensor) -> Tensor:
    """What pictures show, as `attributes` has it: the shape is that of the outline that covers the figure best."""
    fine = F.interpolate((pictures + 1) / 2, size=2 * SIDE, mode="bilinear")
    inside = fine.amax(1) > 0.45
    area = inside.sum((1, 2)).clamp(min=1)
    at = (torch.arange(2 * SIDE) + 0.5) / (2 * SIDE)
    middle = torch.stack([(inside.sum(2) * at).sum(1), (inside.sum(1) * at).sum(1)], 1) / area[:, None]
    radius = (area[:, None] / (2 * SIDE) ** 2 / AREAS).sqrt()  # N x 3, of each shape that has this area
    overlap = (outline(radius, middle, 2 * SIDE) & inside[:, None]).sum((2, 3))
    shape = overlap.argmax(1)
    mean = (fine * inside[:, None]).sum((2, 3)) / area[:, None]
    size = radius.gather(1, shape[:, None])[:, 0] > RADII.mean()
    return torch.stack([size.long(), torch.cdist(mean, RGB).argmin(1), shape], 1)


def engine(seed: int, steps: int, *, shuffled: bool = False, **settings) -> Engine:
    family, rng = find("families", "stackgan"), torch.Generator().manual_seed(seed)
    sizes = {"latent": 16, "condition": 128, "text": 32, "width": 32, "width_d": 16, "batch": BATCH}
    rates = {"lr": 5e-4, "lr_d": 3e-4}
    config = resolve(family, "tiny", {"size": SIDE, **sizes, **rates, **settings})
    known = attributes(EXAMPLES, rng)
    images, text = figures(known, rng), tokens(known)
    if shuffled:
        text = text[torch.randperm(EXAMPLES, generator=rng)]

    def draw(position: int, n: int) -> dict[str, Tensor]:
        chosen = torch.randint(EXAMPLES, (n,), generator=torch.Generator().manual_seed(position))
        return {"image": images[chosen], "text": text[chosen]}

    torch.manual_seed(seed)
    recipe = family.build(config, Facts((3, SIDE, SIDE), count=EXAMPLES, words=WORDS))
    start = Progress(batch=BATCH, total=BATCH * steps)
    return Engine(recipe, draw, Backend.choose("cpu", "fp32"), start, halflife=1_000)


def train(e: Engine, steps: int) -> None:
    while e.now.step < steps:
        e.step()


@torch.no_grad()
def drawn(e: Engine, known: Tensor) -> Tensor:
    """What a run draws of captions, a seed each, as large as the stage at work makes it."""
    seeds = torch.arange(len(known))
    e.recipe.begin(e.now)
    with e.sampling() as nets:
        blocks = [
            e.recipe.sample(nets, len(some), {"seed": some, "text": tokens(known[some])}) for some in seeds.split(96)
        ]
    pictures = torch.cat(blocks)
    return F.avg_pool2d(pictures, SIDE // SMALL) if e.recipe.stage == 1 else pictures


def accuracy(e: Engine) -> tuple[float, float, float]:
    """The share of pictures that show the size, the colour and the shape they were asked for."""
    asked = attributes(ASKED, torch.Generator().manual_seed(7))
    return tuple((shown(drawn(e, asked)) == asked).float().mean(0).tolist())


def slope(pictures: Tensor) -> float:
    """Root mean square of the steps from pixel to pixel."""
    return (pictures.diff(dim=2).square().mean() + pictures.diff(dim=3).square().mean()).sqrt().item()


@torch.no_grad()
def belief(e: Engine) -> float:
    """The chance that a real picture under a caption of another one is taken to be right."""
    batch, recipe = e.draw(10**7, 256), e.recipe
    _, mu, _ = recipe.drawer.conditioning(recipe.nets["text"](batch["text"]), torch.zeros(1))
    other, _ = others(batch["text"])
    seen = recipe.judge(recipe.real(batch["image"]))
    return game.belief(recipe.loss, recipe.judge.match(seen, mu[other])).mean().item()


def test_what_is_measured_is_what_is_there():
    rng = torch.Generator().manual_seed(0)
    known = attributes(1_000, rng)
    for pictures in (figures(known, rng), F.avg_pool2d(figures(known, rng), 2)):
        assert ((shown(pictures) == known).float().mean(0) > 0.98).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_pictures_show_what_they_are_told(seed):
    e = engine(seed, ONE, first=1.0)
    train(e, ONE)
    size, colour, shape = accuracy(e)
    assert colour >= 0.95
    assert shape >= SHAPE
    assert size >= 0.90
    alike = attributes(8, torch.Generator().manual_seed(7)).repeat_interleave(32, 0)
    assert drawn(e, alike).unflatten(0, (8, 32)).std(1).mean() > 0.05  # a caption leaves room


def test_stage_two_draws_finer_what_stage_one_drew():
    e = engine(0, ONE + TWO, first=ONE / (ONE + TWO))
    train(e, ONE)
    asked = attributes(ASKED, torch.Generator().manual_seed(7))
    end, e.now = e.now, replace(e.now, images=0)
    before, small = accuracy(e), drawn(e, asked)
    assert before[1] >= 0.95
    assert before[2] >= SHAPE
    e.now = end
    train(e, ONE + TWO)
    after, large = accuracy(e), drawn(e, asked)
    assert (small.shape[-1], large.shape[-1]) == (SMALL, SIDE)
    assert all(then >= now - 0.02 for then, now in zip(after, before, strict=True))
    assert slope(large) > 1.2 * slope(F.interpolate(small, size=SIDE, mode="bilinear"))


def test_shuffled_captions_say_nothing():
    e = engine(0, PLANNED, shuffled=True, first=1.0)
    train(e, SHORT)
    size, colour, shape = accuracy(e)
    assert abs(size - 1 / 2) < 0.1
    assert abs(colour - 1 / 4) < 0.1
    assert abs(shape - 1 / 3) < 0.1


def test_wrong_pairs_teach_what_is_wrong(monkeypatch):
    e = engine(0, PLANNED, first=1.0)
    train(e, SHORT)
    assert accuracy(e)[1] > 0.9  # so early, captions are heard: what shuffled ones lack is no time
    with_pairs = belief(e)
    monkeypatch.setattr(
        stages, "others", lambda text: (torch.arange(len(text)), torch.zeros(len(text), dtype=torch.bool))
    )
    e = engine(0, PLANNED, first=1.0)
    train(e, SHORT)
    assert belief(e) > 2 * with_pairs
