"""How a number was made: what has to be equal before two of them may be compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

VERSION = 1  # goes up whenever the same protocol would give another number

# What something is called does not change a number; and whether a generator has an average is its family's own doing.
FREE = ("data", "weights")


@dataclass(frozen=True)
class Protocol:
    """Everything a score depends on beside the networks themselves."""

    data: str  # name of the set that was compared with
    data_hash: str  # of its packed content
    split: str  # "train" or a part that was held out
    real: int  # examples of it
    samples: int  # examples drawn
    size: int  # side of the pictures compared, in pixels; 0 for points
    channels: int
    extractor: str  # whose features; empty where a score looks at pixels or points
    extractor_hash: str
    resize: str  # how pictures are brought to the extractor's size
    weights: str  # "averaged" or "live": which copy of the generator drew
    truncation: float
    seed: int  # of the samples
    precision: str  # in which they were drawn
    version: int = VERSION

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def read(cls, record: dict[str, Any]) -> Protocol | None:
        """From JSON; None where it says less than a protocol has to."""
        told = {each.name: record[each.name] for each in fields(cls) if each.name in record}
        return cls(**told) if len(told) == len(fields(cls)) else None

    @property
    def comparable(self) -> tuple[Any, ...]:
        """What must be equal for two numbers to stand in one ranking."""
        return tuple(getattr(self, each.name) for each in fields(self) if each.name not in FREE)

    @property
    def sentence(self) -> str:
        """For people: ``5,000 samples (averaged weights, seed 0) against 20,000 of anime at 32 px, ...``."""
        size = f" at {self.size} px" if self.size else ""
        cut = f", truncation {self.truncation:g}" if self.truncation != 1 else ""
        eyes = f", {self.extractor} features" if self.extractor else ""
        drawn = f"{self.samples:,} samples ({self.weights} weights, seed {self.seed}{cut})"
        return f"{drawn} against {self.real:,} of {self.data}{size}{eyes}"
