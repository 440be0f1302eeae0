from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ganzoo.data.crew import Crew
from ganzoo.data.pictures import open_pictures
from ganzoo.data.tree import Archive, Folder
from ganzoo.errors import WorkError


def test_answers_come_in_the_order_of_the_tasks():
    with Crew(2) as crew:
        assert list(crew.map(pow, ((number, 2) for number in range(40)))) == [number**2 for number in range(40)]


def test_what_a_task_raises_is_raised_here():
    with Crew(1) as crew, pytest.raises(ValueError, match="invalid literal"):
        list(crew.map(int, [("1",), ("x",)]))


def test_a_process_that_dies_is_told_of():
    with Crew(1) as crew, pytest.raises(WorkError, match=r"ended with status 3: .*\n.*goes on where it stood"):
        list(crew.map(os._exit, [(3,)]))


def test_what_is_printed_over_there_does_not_spoil_the_answers(capfd):
    with Crew(1) as crew:
        assert list(crew.map(print, [("words",)])) == [None]
    assert capfd.readouterr().out == ""


def test_they_end_with_whoever_started_them():
    script = (
        "import os, signal\n"
        "from ganzoo.data.crew import Crew\n"
        "with Crew(1) as crew:\n"
        "    print(next(crew.map(os.getpid, [()])), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        worker = int(process.stdout.readline())
    while _is_at_work(worker):  # a process that stayed would hold us here
        time.sleep(0.01)


def _is_at_work(process: int) -> bool:
    try:
        os.kill(process, 0)
        stat = Path(f"/proc/{process}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_processes_read_what_threads_do(kind, tmp_path, draw, monkeypatch):
    for number in range(20):
        draw(f"set/{number % 2}/{number:02}.png", mode=("RGB", "L", "RGBA")[number % 3])
    (tmp_path / "set/0/04.png").write_bytes(b"words")
    (tmp_path / "set/1/07.png").write_bytes(b"")
    (tmp_path / "set/1/gone.png").symlink_to("nowhere.png")
    tree: Folder | Archive = Folder(tmp_path / "set")
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            for name in tree.names[:-1]:
                archive.write(tmp_path / "set" / name, name)
        tree = Archive(tmp_path / "set.zip")
    source = open_pictures(tree)
    here, survey = list(source.chunks(8, 0)), source.survey()
    monkeypatch.setattr("ganzoo.data.reading.LONG", 0)
    monkeypatch.setattr("ganzoo.data.reading.processors", lambda: 2)
    monkeypatch.setattr("ganzoo.data.pictures.STRETCH", 3)
    there = list(source.chunks(8, 0))
    assert len(there) == 7
    assert np.array_equal(np.concatenate([each.images for each in there]), here[0].images)
    assert np.concatenate([each.labels for each in there]).tolist() == here[0].labels.tolist()
    assert tuple(fault for each in there for fault in each.faults) == here[0].faults
    assert here[0].faults
    assert source.survey() == survey
