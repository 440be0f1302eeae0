"""What a run was asked to be: enough, with the data, to take it again."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from typing import Any

from ganzoo.zoo.cards import Family
from ganzoo.zoo.config import Config


@dataclass(frozen=True)
class Request:
    """A resolved request. Its ``identity`` decides whether a run is this one, to be gone on with."""

    family: Family
    preset: str
    config: Config
    data: str  # as it was named
    gives: tuple[str, ...]  # what the data hold: "image" or "points", "label", "text", "a", "b"
    seed: int = 0
    steps: int | None = None  # stop after so many steps ...
    budget: float | None = None  # ... or seconds, whatever Config.images says
    device: str = "auto"
    precision: str = "auto"
    compile: bool = False
    mark: bool = True  # say in every picture that it is synthetic
    fit: bool = False  # take every batch in as many parts as memory asks for (--batch auto)

    @property
    def run_name(self) -> str:
        """A name a person would give: family, data, and the preset where it is not the default."""
        data = self.data.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".zip")
        parts = [self.family.name, data, *([self.preset] if self.preset != "default" else [])]
        return "-".join(parts + ([f"seed{self.seed}"] if self.seed else []))

    def identity(self, data_hash: str) -> dict[str, Any]:
        """What must be equal for two requests to be one run; where and how fast it is computed need not be."""
        length = {"steps": self.steps, "budget": self.budget}
        return {
            "family": self.family.name,
            "preset": self.preset,
            "data": self.data,
            "data_hash": data_hash,
            "seed": self.seed,
            **{key: value for key, value in length.items() if value is not None},
            # Not the parts that it came to: they depend on what is free, and the same words mean the same run.
            **({"batch": "auto"} if self.fit else {}),
            "config": toml_table(asdict(self.config)),
        }


def toml_table(values: dict[str, Any]) -> dict[str, Any]:
    """As TOML gives it back: lists for tuples, and "none", which a setting reads as None, where TOML has no word."""
    return {k: list(v) if isinstance(v, tuple) else "none" if v is None else v for k, v in values.items()}


def versions() -> dict[str, str]:
    """What a number may depend on beside the request."""
    import torch

    import ganzoo

    return {
        "ganzoo": ganzoo.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }
