"""Every registered family keeps the contract that guests are held to."""

from __future__ import annotations

import pytest

from ganzoo.testing import check_family
from ganzoo.testing.contract import CHECKS
from ganzoo.zoo.registry import zoo


@pytest.mark.parametrize("name", [family.name for family in zoo().all("families")])
def test_contract(name):
    assert [finding.check for finding in check_family(name)] == list(CHECKS)
