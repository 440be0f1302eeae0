"""The first page: what `ganzoo --help` prints. Apart from the command line, so that it can do without typer."""

from __future__ import annotations

from ganzoo.cli.table import wrapped
from ganzoo.zoo.registry import zoo

SUMMARIES = {  # what each command's own help begins with
    "list": "List what there is, a line each.",
    "show": "Show one card: paper, settings, presets, networks.",
    "train": "Train a family. Interrupted, the same command goes on where it stood.",
    "sample": "Draw from a run: one sheet, or a picture a file.",
    "evaluate": "Score a run or a checkpoint; scores and what they were made from stay in the run's folder.",
    "compare": "Rank runs, or train families under one budget and rank them.",
    "export": "Write a run as a file that draws without ganzoo, and prove that it draws the same.",
    "bench": "Time training here: images a second, where the time goes,"
    " and how near that is to what the machine can do.",
    "doctor": "Say what this machine can do, and what is missing.",
    "data": "Show what there is to learn from, look into a source, get it ready.",
    "runs": "List the runs, look at one, remove one.",
    "plugins": "Show which packages bring what, and check them.",
}
ANYWHERE = (
    "Anywhere on the line: --debug shows the traceback of an error, -p no:NAME switches a plugin off. Alone: --version."
)
GAP = 2  # columns around and between columns
WIDEST = 100  # columns of text that an eye still follows


def page(width: int) -> str:
    """Our commands and those of the plugins, each under the name of its package."""
    sections = {"Commands": dict(SUMMARIES)}
    for command, origin in zoo().commands():
        # help is a paragraph or more; its first line stands for it
        first = next(iter(command.help.splitlines()), "")
        sections.setdefault(f"Commands of {origin.package}", {})[command.name] = first
    names = max(len(name) for commands in sections.values() for name in commands)
    room = max(min(width, WIDEST) - names - 2 * GAP, names)
    about = "A zoo of generative adversarial networks: train, sample and compare them."
    lines = ["Usage: ganzoo COMMAND ...", "", *wrapped(about, min(width, WIDEST)), ""]
    for title, commands in sections.items():
        lines.append(f"{title}:")
        for name, summary in commands.items():
            first, *more = wrapped(summary, room)
            lines.append(f"{'':{GAP}}{name:{names}}{'':{GAP}}{first}".rstrip())
            lines += [f"{'':{names + 2 * GAP}}{line}" for line in more]
        lines.append("")
    lines += wrapped("ganzoo COMMAND --help tells more of one. A first run: ganzoo train dcgan", min(width, WIDEST))
    lines += wrapped(ANYWHERE, min(width, WIDEST))
    return "\n".join(lines)
