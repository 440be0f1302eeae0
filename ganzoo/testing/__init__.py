"""The contracts that parts are held to: for ganzoo's own tests, for a guest's, and for `ganzoo plugins check`.

from ganzoo.testing import check_family

def test_contract():
    check_family("mygan")
"""

from __future__ import annotations

from ganzoo.testing.contract import (
    ContractBroken,
    check_dataset,
    check_discriminator,
    check_family,
    check_generator,
    check_loss,
    check_metric,
    examine,
)
from ganzoo.testing.finding import Finding

__all__ = [
    "ContractBroken",
    "Finding",
    "check_dataset",
    "check_discriminator",
    "check_family",
    "check_generator",
    "check_loss",
    "check_metric",
    "examine",
]
