"""The command line as a person meets it: words in, exit status and two streams out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import NamedTuple

import pytest

from ganzoo.__main__ import main


class Told(NamedTuple):
    """What came of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def ganzoo(capsys, monkeypatch):
    """Run a command in this process: torch is imported once for all tests."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("OMP_WAIT_POLICY", "HF_HUB_OFFLINE", "GANZOO_SKIP_PLUGINS"):
        monkeypatch.setenv(name, "")  # so that what main sets is taken back

    def run(*words: object) -> Told:
        capsys.readouterr()
        status = main([str(word) for word in words])
        return Told(status, *capsys.readouterr())

    return run


@pytest.fixture
def python():
    """Run code in a fresh interpreter."""

    def run(*arguments: str, **options) -> Told:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, timeout=60, **options
        )  # fmt: skip
        return Told(done.returncode, done.stdout, done.stderr)

    return run
