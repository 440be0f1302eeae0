"""A package to begin with: what `ganzoo plugins new` writes, from the files under templates/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from string import Template

from ganzoo.errors import RequestError, did_you_mean
from ganzoo.zoo.cards import KINDS as KINDS_OF_CARDS
from ganzoo.zoo.commands import OURS
from ganzoo.zoo.distributions import normalised, own_version
from ganzoo.zoo.registry import SINGULAR, folded, zoo
from ganzoo.zoo.versions import release

TEMPLATES = Path(__file__).with_name("templates")
SUFFIX = ".txt"  # of a template: it is no module, whatever its name says
EVERYWHERE = "every"  # the folder of what all kinds have
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PREFIX = "ganzoo-"
NO_LICENCE = "none"
LICENCES = ("Apache-2.0", "MIT", "BSD-3-Clause", NO_LICENCE)
TRIES = {  # by kind: the command that shows what it does
    "family": "ganzoo train {name}",
    "loss": "ganzoo train dcgan --set loss={name}",
    "discriminator": "ganzoo train dcgan --set discriminator={name}",
    "dataset": "ganzoo train dcgan --data {name}",
    "metric": "ganzoo evaluate latest --metric {name}",
    "command": "ganzoo {name}",
}
KINDS = tuple(TRIES)


@dataclass(frozen=True)
class Scaffold:
    """The package ``ganzoo-NAME`` with one working part of a kind."""

    name: str
    kind: str
    licence: str

    @classmethod
    def choose(cls, name: str, kind: str, licence: str) -> Scaffold:
        """What was asked for, once it is known to be possible.

        Raises:
            RequestError: the name is none that a package can have, or is taken; there is no such kind or licence.
        """
        scaffold = cls(name, _one_of("kind", kind.lower(), KINDS), _one_of("license", licence, LICENCES))
        if not NAME.fullmatch(name) or name.startswith(PREFIX):
            raise RequestError(f"A plugin cannot be called '{name}': {_advice(name)}")
        if holder := _holder(scaffold):
            raise RequestError(f"'{name}' is taken, by {holder}. Choose another name.")
        return scaffold

    @property
    def folder(self) -> str:
        """The distribution's name, too."""
        return PREFIX + self.name

    @property
    def module(self) -> str:
        return self.folder.replace("-", "_")

    @property
    def next(self) -> list[str]:
        """The commands to go on with."""
        tried = TRIES[self.kind].format(name=self.name)
        return [f"uv pip install -e {self.folder}", tried, f"pytest {self.folder}"]

    def files(self) -> dict[str, str]:
        """Every file by its path in the folder."""
        words = {
            "name": self.name,
            "module": self.module,
            "kind": self.kind,
            "tried": TRIES[self.kind].format(name=self.name),
            "ganzoo": _range(own_version()),
            "license": ""
            if self.licence == NO_LICENCE
            else f'license = "{self.licence}"\nlicense-files = ["LICENSE"]\n',
            "checked": "" if self.kind == "command" else f"`ganzoo plugins check {self.name}` says so in words, and ",
            "year": str(date.today().year),
        }
        return {
            str(place).replace("MODULE", self.module): Template(text).substitute(words) for place, text in self._read()
        }

    def write(self, where: Path) -> list[str]:
        """Write them all; their paths, sorted.

        Raises:
            RequestError: the folder is there already, or cannot be written.
        """
        folder = where / self.folder
        try:
            folder.mkdir()
            for place, text in self.files().items():
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).write_text(text, encoding="utf-8")
        except FileExistsError:
            raise RequestError(f"{self.folder} is there already. Choose another name, or another folder.") from None
        except OSError as error:
            raise RequestError(f"Cannot write to {folder}: {error.strerror}.") from None
        return sorted(self.files())

    def _read(self) -> Iterator[tuple[Path, str]]:
        """Templates by the place they are for."""
        for folder in (TEMPLATES / EVERYWHERE, TEMPLATES / self.kind):
            for file in sorted(folder.rglob(f"*{SUFFIX}")):
                yield file.relative_to(folder).with_suffix(""), file.read_text(encoding="utf-8")
        if self.licence != NO_LICENCE:
            yield Path("LICENSE"), (TEMPLATES / "licences" / f"{self.licence}{SUFFIX}").read_text(encoding="utf-8")


def _one_of(option: str, word: str, known: tuple[str, ...]) -> str:
    for each in known:
        if word.lower() == each.lower():
            return each
    raise RequestError(f"--{option} {word}: no such {option}.{did_you_mean(word, known)} There are {', '.join(known)}.")


def _advice(name: str) -> str:
    legal = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").removeprefix(PREFIX)
    rule = "small letters and digits, with single hyphens between"
    return f"{rule}. Its package is ganzoo-NAME.\nSay {legal}." if legal else f"{rule}, as in my-gan."


def _holder(scaffold: Scaffold) -> str:
    """Who has the name of the part, of its package or of its module already, or nobody."""
    for kind in KINDS_OF_CARDS:
        for card in zoo().all(kind):
            if folded(card.name) == folded(scaffold.name):
                return f"the {SINGULAR[kind]} of {zoo().origin(card)}"
    commands = {folded(command.name): f"a command of {origin}" for command, origin in zoo().commands()}
    commands |= dict.fromkeys(OURS, "a command of ganzoo")
    if scaffold.kind == "command" and folded(scaffold.name) in commands:
        return commands[folded(scaffold.name)]
    for plugin in zoo().plugins:
        if {scaffold.name, scaffold.folder} & {
            normalised(plugin.origin.entry_point),
            normalised(plugin.origin.package),
        }:
            return f"the plugin {plugin.origin}"
    return f"the module {scaffold.module}" if find_spec(scaffold.module) else ""


def _range(version: str) -> str:
    """The versions of ganzoo that a package made now will work with: until the next major one."""
    numbers = [*release(version), 0, 0][:2]
    return f">={numbers[0]}.{numbers[1]},<{numbers[0] + 1}"
