"""What a command imports decides how long it takes to begin. Seconds are measured in docs/bench.md, not here."""

from __future__ import annotations

import subprocess
import sys

import pytest

TRAIN = """
import sys
from ganzoo.__main__ import main
assert main(["train", sys.argv[1], "--preset", "tiny", "--steps", "2", "--runs", *sys.argv[2:]]) == 0
found = [name for name in ("torch._dynamo", "torch._inductor", "sympy", "timm", "torchvision") if name in sys.modules]
print(*found)
"""


@pytest.mark.parametrize("family", ["dcgan", "stylegan"])  # the latter has layers of every kind there is
def test_training_does_not_wait_for_torchs_compiler(family, tmp_path):
    command = [sys.executable, "-c", TRAIN, family, str(tmp_path)]
    subprocess.run([*command], capture_output=True, check=True)  # packs the data, if nobody has
    ended = subprocess.run([*command, "--new"], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == ""
