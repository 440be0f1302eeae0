"""What a family is written with: the public interface of a plugin's recipe.

Knows nothing of engines, files or devices.
"""

from ganzoo.game.ahead import drawn_ahead, drawn_before
from ganzoo.game.interfaces import Alarm, Batch, Discriminator, Generator, Loss, Outcome, Phase, Progress, Recipe
from ganzoo.game.losses import belief
from ganzoo.game.noise import Latent, normal, uniform, ways, whole
from ganzoo.game.optim import adam
from ganzoo.game.players import TwoPlayer
from ganzoo.game.precision import full_precision

__all__ = [
    "Alarm",
    "Batch",
    "Discriminator",
    "Generator",
    "Latent",
    "Loss",
    "Outcome",
    "Phase",
    "Progress",
    "Recipe",
    "TwoPlayer",
    "adam",
    "belief",
    "drawn_ahead",
    "drawn_before",
    "full_precision",
    "normal",
    "uniform",
    "ways",
    "whole",
]
