"""The result: how fast a family is, in numbers that add up."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Pair = tuple[float, float]


@dataclass(frozen=True)
class Stage:
    """A part of a step."""

    name: str
    kind: Literal["loader", "phase", "averages", "rest"]
    ms: float  # of the mean step
    share: float  # of the mean step
    gflop: float  # in the mean step, of matrix products and convolutions
    bound_ms: float  # what these would take at the machine's limit
    own_ms: float  # what they took in their own shapes, each waited for
    within: float  # share of its operations' time that goes by in products and convolutions, not between them
    operations: float  # that torch is asked for in the mean step
    every: int = 1
    repeat: int = 1

    @property
    def gflops(self) -> float:
        """GFLOP a second while it lasts."""
        return 1000 * self.gflop / self.ms if self.gflop else 0.0

    @property
    def of_limit(self) -> float:
        """How near it is to the machine's limit, in [0, 1]."""
        return self.bound_ms / self.ms if self.gflop else 0.0

    def record(self) -> dict[str, Any]:
        return asdict(self) | {"gflops": self.gflops, "of_limit": self.of_limit}


@dataclass(frozen=True)
class Against:
    """How a step of one's own did in the same rounds."""

    step: str  # PATH.py:function
    ms_per_step: float
    images_per_second: float
    ratio: float  # of speeds: above 1, ganzoo is faster
    quartiles: Pair
    range: Pair


@dataclass(frozen=True)
class Setting:
    """What was timed, and on what."""

    family: str
    preset: str
    data: str
    size: int
    batch: int  # real images in one batch
    at: float  # place in the run
    images: int  # real images shown up to there
    total: int  # real images in the whole run
    device: str
    hardware: str
    precision: str
    compiled: bool
    threads: int
    cores: int  # that the process may use
    commit: str
    date: str
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """One family's speed."""

    setting: Setting
    rounds: int
    images_per_step: float
    ms_per_step: float  # median over the rounds
    quartiles: Pair  # of it
    peak_memory: int  # bytes
    stages: tuple[Stage, ...]
    ceiling: dict[str, float]  # GFLOP/s of "products" and "convolutions", medians
    ceiling_best: dict[str, float]
    against: Against | None = None

    @property
    def images_per_second(self) -> float:
        return 1000 * self.images_per_step / self.ms_per_step

    @property
    def gflops(self) -> float:
        """Achieved over the whole step."""
        return 1000 * sum(stage.gflop for stage in self.stages) / self.ms_per_step

    @property
    def ceiling_gflops(self) -> float:
        """What the machine attains in the mixture of products and convolutions that this family computes."""
        gflop, bound = sum(stage.gflop for stage in self.stages), sum(stage.bound_ms for stage in self.stages)
        return 1000 * gflop / bound if gflop else max(self.ceiling.values())

    @property
    def of_limit(self) -> float:
        """How near a step is to the machine's limit, in [0, 1]."""
        return self.gflops / self.ceiling_gflops

    @property
    def own_gflops(self) -> float:
        """What the products and convolutions of this family attain, each by itself."""
        gflop, own = sum(stage.gflop for stage in self.stages), sum(stage.own_ms for stage in self.stages)
        return 1000 * gflop / own if own else self.ceiling_gflops

    @property
    def loader_share(self) -> float:
        return sum(stage.share for stage in self.stages if stage.kind == "loader")

    def record(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        setting = asdict(self.setting)
        first = {
            "family": setting.pop("family"),
            "batch": setting.pop("batch"),
            "size": setting.pop("size"),
            "images_per_second": round(self.images_per_second, 3),
            "ms_per_step": round(self.ms_per_step, 4),
            "peak_memory": self.peak_memory,
            "gflops": round(self.gflops, 3),
            "ceiling_gflops": round(self.ceiling_gflops, 3),
            "loader_share": round(self.loader_share, 5),
        }
        return {
            **first,
            "own_gflops": round(self.own_gflops, 3),
            "phases": {stage.name: round(stage.ms, 4) for stage in self.stages if stage.kind == "phase"},
            "spread": {"ms_per_step": rounded(self.quartiles)},
            "images_per_step": round(self.images_per_step, 3),
            "rounds": self.rounds,
            "ceiling": {"median": rounded(self.ceiling), "best": rounded(self.ceiling_best)},
            "stages": [rounded(stage.record()) for stage in self.stages],
            "against": rounded(asdict(self.against)) if self.against else None,
            **setting,
        }

    def row(self) -> dict[str, Any]:
        """As ``--csv`` prints it: a line to be kept beside those of other days and machines."""
        setting, against = self.setting, self.against
        return {
            "date": setting.date,
            "commit": setting.commit,
            "device": setting.device,
            "hardware": setting.hardware,
            "torch": setting.versions.get("torch", ""),
            "threads": setting.threads,
            "precision": setting.precision,
            "compiled": int(setting.compiled),
            "family": setting.family,
            "preset": setting.preset,
            "data": setting.data,
            "size": setting.size,
            "batch": setting.batch,
            "at": setting.at,
            "rounds": self.rounds,
            "images_per_second": round(self.images_per_second, 3),
            "ms_per_step": round(self.ms_per_step, 4),
            "ms_low": round(self.quartiles[0], 4),
            "ms_high": round(self.quartiles[1], 4),
            "peak_memory": self.peak_memory,
            "gflops": round(self.gflops, 3),
            "ceiling_gflops": round(self.ceiling_gflops, 3),
            "loader_share": round(self.loader_share, 5),
            "against": against.step if against else "",
            "ratio": round(against.ratio, 4) if against else "",
            "ratio_low": round(against.quartiles[0], 4) if against else "",
            "ratio_high": round(against.quartiles[1], 4) if against else "",
        }


def rounded(value: Any) -> Any:
    """With as many digits as mean anything, in a shape that JSON has."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
