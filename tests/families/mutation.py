"""Mutations: a mistake put in on purpose must fail the test that is there for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch

Change = tuple[Any, str, Any]  # whose attribute (or a mapping's key), its name, the mistake


def must_be_caught(changes: Iterable[Change], check: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a check, which has to pass; put the mistakes in; run it again, on the same random numbers: it has to fail."""
    torch.manual_seed(0)
    check()
    for owner, name, mistake in changes:
        (monkeypatch.setitem if isinstance(owner, dict) else monkeypatch.setattr)(owner, name, mistake)
    torch.manual_seed(0)
    with pytest.raises(AssertionError):
        check()
