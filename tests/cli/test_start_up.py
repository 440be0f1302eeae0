"""What a command imports decides how long it takes to begin. Seconds are measured in docs/bench.md, not here."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from ganzoo.__main__ import plain
from ganzoo.cli.app import command_line
from ganzoo.cli.front import SUMMARIES, page
from ganzoo.zoo.commands import OURS

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


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_first_page_says_of_a_command_what_its_own_help_begins_with(name):
    text = " ".join(inspect.cleandoc(command_line().commands[name].help).split())
    assert text.startswith(SUMMARIES[name])


def test_the_first_page_has_every_command_of_ours():
    assert SUMMARIES.keys() == {name for name in command_line().commands if name in OURS}


@pytest.mark.parametrize("width", [50, 80, 200])
def test_the_first_page_fits_the_screen(width):
    assert max(map(len, page(width).splitlines())) <= width


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (["runs", "list"], {}),
        (["runs", "list", "--json", "--runs", "there"], {"as_json": True, "folder": "there"}),
        (["runs", "list", "--runs=there"], {"folder": "there"}),
        (["runs", "list", "--runs"], None),
        (["runs", "list", "--help"], None),
        (["runs", "list", "word"], None),
        (["runs", "show", "word"], None),
        (["runs"], None),
    ],
)
def test_a_line_is_read_by_hand_or_left_to_the_whole_command_line(words, read):
    assert plain(words, ["runs", "list"], {"--runs": "folder"}) == read


@pytest.mark.parametrize("words", [["list"], ["--help"], ["runs", "list"], ["runs", "list", "--json"]])
def test_what_only_lists_imports_nothing_heavy(words, tmp_path):
    code = "import sys; from ganzoo.__main__ import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert not {"torch", "numpy", "typer", "rich", "pydantic", "filelock"} & set(done.stderr.split())
