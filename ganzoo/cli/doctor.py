"""`ganzoo doctor`: what this machine can do, and what to do about what it cannot."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from ganzoo.cli.output import print_json, print_table
from ganzoo.zoo.plugins import FAULTY
from ganzoo.zoo.project import project
from ganzoo.zoo.registry import zoo

GIB = 1 << 30
LIBRARIES = ("torchvision", "numpy", "pillow", "safetensors", "pluggy", "typer", "rich")
LITTLE_DISK = 2 * GIB  # a few runs with their checkpoints
LITTLE_MEMORY = 2 * GIB  # torch and a small batch
COMPILERS = ("c++", "g++", "clang++", "cl")


class Finding(NamedTuple):
    """One thing looked at."""

    name: str
    value: str
    advice: str = ""  # the next step, where something is missing


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """Say what this machine can do, and what is missing."""
    findings = examine()
    if as_json:
        print_json({"ok": not any(each.advice for each in findings), "findings": [each._asdict() for each in findings]})
        return
    print_table(("what", "found"), [(each.name, each.value) for each in findings])
    advice = [each for each in findings if each.advice]
    print("\nnext steps" if advice else "\nNothing is missing.")
    for each in advice:
        print(f"- {each.name}: {each.advice}")


def examine() -> list[Finding]:
    """Look at everything. Whatever cannot be looked at is a finding, too."""
    findings: list[Finding] = []
    for look in (_software, _libraries, _torch, _processor, _accelerators, _memory, _disk, _compiler, _zoo, _project):
        try:
            findings += look()
        except Exception as error:  # a doctor who faints is of no use
            name = look.__name__.strip("_")
            reason = f"{type(error).__name__}: {error}"
            findings.append(Finding(name, f"cannot be examined: {reason}", "mend what the reason names"))
    return findings


def _software() -> Iterator[Finding]:
    import ganzoo

    yield Finding("ganzoo", ganzoo.__version__)
    yield Finding("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _libraries() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    for name in LIBRARIES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "missing", f"pip install {name}")


def _torch() -> Iterator[Finding]:
    try:
        import torch
    except Exception as error:  # a broken build raises anything
        yield Finding("torch", f"cannot be imported: {error}", "pip install torch; pytorch.org names the build to take")
        return
    yield Finding("torch", torch.__version__)


def _processor() -> Iterator[Finding]:
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = torch.get_num_threads()
    crowded = f"set OMP_NUM_THREADS={cores}: more threads than cores wait for one another" if threads > cores else ""
    yield Finding("processor", f"{cores} cores, torch uses {threads} threads", crowded)


def _accelerators() -> Iterator[Finding]:
    import torch

    names = []
    for index in range(torch.cuda.device_count()):
        device = torch.cuda.get_device_properties(index)
        free = torch.cuda.mem_get_info(index)[0]
        names.append(f"cuda:{index} {device.name}, {free / GIB:.0f} of {device.total_memory / GIB:.0f} GiB free")
    if torch.backends.mps.is_available():
        names.append("mps")
    yield Finding("devices", "; ".join([*names, "cpu"]))


def _memory() -> Iterator[Finding]:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = Path("/sys/fs/cgroup/memory.max")  # of a container
    if limit.is_file() and limit.read_text().strip().isdecimal():
        total = min(total, int(limit.read_text()))
    advice = "little for training: keep size and batch small" if total < LITTLE_MEMORY else ""
    yield Finding("memory", f"{total / GIB:.1f} GiB{_free()}", advice)


def _free() -> str:
    """What is free of it, where the machine says so."""
    import torch

    from ganzoo.train.memory.room import free_memory

    free = free_memory(torch.device("cpu"))
    return "" if free is None else f", {free / GIB:.1f} GiB free"


def _disk() -> Iterator[Finding]:
    from ganzoo.data.cache import cache_folder

    for name, folder in (("working directory", Path.cwd()), ("cache", cache_folder())):
        present = next(each for each in (folder, *folder.parents) if each.exists())
        free = shutil.disk_usage(present).free
        advice = "" if free > LITTLE_DISK else "make room: checkpoints and packed pictures are written there"
        if not os.access(present, os.W_OK):
            advice = "cannot be written: choose another"
        yield Finding(name, f"{folder}, {free / GIB:.1f} GiB free", advice)


def _compiler() -> Iterator[Finding]:
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    yield Finding("compiler", found or "none: --compile on a CPU falls back to running as written")


def _zoo() -> Iterator[Finding]:
    plugins = zoo().plugins
    faulty = [plugin for plugin in plugins if plugin.state in (*FAULTY, "clash")]
    advice = "ganzoo plugins names the reason" if faulty else ""
    yield Finding("plugins", f"{len(plugins) - len(faulty)} in order, {len(faulty)} at fault", advice)


def _project() -> Iterator[Finding]:
    files = project().files
    yield Finding("zoo.toml", ", ".join(map(str, files)) or "none")
