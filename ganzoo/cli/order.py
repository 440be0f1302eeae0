"""What is to be drawn from a run: seeds, and what each picture is told beside its seed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ganzoo.cli.seeds import parse_seeds
from ganzoo.errors import RequestError, did_you_mean

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.train.sampling import Seed
    from ganzoo.train.trained import Trained

OPTIONS = {
    "label": "--label",
    "cluster": "--label",
    "text": "--text",
    "a": "--input with --to",
    "image": "--input",
    "truncation": "--truncation",
    "mix": "--mix",
    "cut": "--cut",
    "plane": "--map",
}
SOME = 12  # names told in an error


@dataclass(frozen=True)
class Wishes:
    """What was typed beside the seeds; empty where nothing was said."""

    label: str = ""
    texts: Sequence[str] = ()
    truncation: str = ""


@dataclass(frozen=True)
class Choice:
    """One thing a row of pictures is told: its value, what to call it, and how files are called by it."""

    key: str
    value: Any
    word: Any
    stem: str

    @property
    def title(self) -> str:
        """What a row of this choice is called."""
        return self.word if isinstance(self.word, str) else f"{self.key} {self.word:g}"


@dataclass(frozen=True)
class Order:
    """Examples to draw, a row of them for every combination of wishes."""

    seeds: list[Seed]
    cond: dict[str, Tensor] = field(default_factory=dict)  # a row an example
    words: dict[str, list[Any]] = field(default_factory=dict)  # the same as a person says it
    stems: list[str] = field(default_factory=list)  # of the files they go to
    rows: list[str] = field(default_factory=list)  # what each row shares, where there are several

    @property
    def columns(self) -> int | None:
        """Examples in a row, where rows mean something."""
        return len(self.seeds) // len(self.rows) if self.rows else None


def require(trained: Trained, option: str, key: str) -> None:
    """Refuse an option that the run cannot honour, naming those it can."""
    takes = trained.recipe.takes
    if key in takes:
        return
    known = [option for key, option in OPTIONS.items() if key in takes]
    told = f"beside --seeds it takes {' and '.join(filter(None, [', '.join(known[:-1]), known[-1]]))}" if known else ""
    raise RequestError(f"{trained.name} has no use for {option}: {told or 'it takes --seeds alone'}.")


def check_wishes(trained: Trained, wishes: Wishes) -> None:
    """Refuse wishes of a kind that the run does not take."""
    for said, key in ((wishes.label, category(trained)[0]), (wishes.texts, "text"), (wishes.truncation, "truncation")):
        if said:
            require(trained, OPTIONS[key], key)


def choices(trained: Trained, wishes: Wishes) -> list[list[Choice]]:
    """The wishes as values, those of a kind in a list; RequestError where the run does not know what was meant."""
    check_wishes(trained, wishes)
    kinds: list[list[Choice]] = []
    if wishes.label:
        key, names = category(trained)
        numbers = read_labels(wishes.label, names, trained.name, "cluster" if key == "cluster" else "class")
        kinds.append([Choice(key, k, names[k], _stem(names[k])) for k in numbers])
    if wishes.texts:
        words = trained.facts.words
        kinds.append([Choice("text", read_text(text, words, trained.name), text, "text") for text in wishes.texts])
    if wishes.truncation:
        kinds.append([Choice("truncation", psi, psi, f"psi{psi:g}") for psi in read_truncation(wishes.truncation)])
    return kinds


def category(trained: Trained) -> tuple[str, Sequence[str]]:
    """What ``--label`` chooses among, and the names: the classes of the data, or clusters a family finds by itself."""
    recipe = trained.recipe
    if "cluster" in recipe.takes:
        return "cluster", [f"cluster {k}" for k in range(recipe.clusters)]
    return "label", trained.facts.classes


def make_order(trained: Trained, kinds: list[list[Choice]], seeds: Sequence[Seed]) -> Order:
    """Every seed for every combination of choices; classes and captions follow from the seed where none was made."""
    rows = list(itertools.product(*kinds))
    examples = [(row, seed) for row in rows for seed in seeds]
    takes, words, cond = trained.recipe.takes, {}, {}
    for place, choice in enumerate(rows[0]):
        cond[choice.key] = _tensor(choice.key, [row[place].value for row, _ in examples])
        words[choice.key] = [row[place].word for row, _ in examples]
    key, names = category(trained)
    if key in takes and key not in cond and names:
        numbers = [int(seed) % len(names) for _, seed in examples]
        cond[key], words[key] = _tensor(key, numbers), [names[k] for k in numbers]
    if "text" in takes and "text" not in cond:
        words["text"] = captions(trained, [int(seed) for _, seed in examples])
        cond["text"] = _tensor("text", [read_text(text, trained.facts.words, trained.name) for text in words["text"]])
    several = len(rows) > 1
    names = ["-".join([f"{r:02d}", *(choice.stem for choice in row), ""]) for r, row in enumerate(rows)]
    return Order(
        seeds=[seed for _, seed in examples],
        cond=cond,
        words=words,
        stems=[(name if several else "") + seed_stem(seed) for name in names for seed in seeds],
        rows=[", ".join(choice.title for choice in row) for row in rows] if several else [],
    )


def mixed(order: Order, seeds: Sequence[Seed], cut: int | None) -> Order:
    """The same, of which each example takes its finer styles, from layer ``cut`` on, from another seed."""
    import torch

    from ganzoo.train.sampling import numbers

    cond = {**order.cond, "mix": numbers(seeds)}
    if cut is not None:
        cond["cut"] = torch.full((len(seeds),), cut)
    stems = [f"{stem}-mix{seed_stem(seed)[4:]}" for stem, seed in zip(order.stems, seeds, strict=True)]
    return replace(order, cond=cond, stems=stems)


def read_labels(text: str, classes: Sequence[str], run: str, kind: str = "class") -> list[int]:
    """``"all"``, or names, numbers and ranges of numbers, to classes; a name goes before a number that looks alike."""
    if text in classes:
        return [classes.index(text)]
    if text == "all":
        return list(range(len(classes)))
    labels = []
    for part in map(str.strip, text.split(",")):
        found = re.fullmatch(r"(\d+)-(\d+)", part)
        if part not in classes and found and int(found[1]) <= int(found[2]) < 2 * len(classes):
            labels += [_label(str(k), classes, run, kind) for k in range(int(found[1]), int(found[2]) + 1)]
        else:
            labels.append(_label(part, classes, run, kind))
    return labels


def read_text(text: str, words: Sequence[str], run: str) -> list[int]:
    """The tokens of a caption; RequestError where it is empty, or has words the run has never seen."""
    from ganzoo.data.captions import LONGEST, words_of

    found = words_of(text)
    if not found:
        raise RequestError(f'--text "{text}" has no word in it. {run} knows {_some(words)}.')
    number = {word: index for index, word in enumerate(words, start=1)}
    unknown = [word for word in dict.fromkeys(found) if word not in number]
    if unknown:
        near = [f"'{word}'.{did_you_mean(word, words)}" for word in unknown]
        hint = "" if any(did_you_mean(word, words) for word in unknown) else f" It knows {_some(words)}."
        raise RequestError(f"{run} has never seen the word {' Nor '.join(near)}{hint}")
    # As long as any caption: what stands beside it must not change the width of its row.
    return [number[word] for word in found] + [0] * (LONGEST - len(found))


def read_truncation(text: str) -> list[float]:
    """Numbers from 0 to 1."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or not all(0 <= value <= 1 for value in values):
        raise RequestError(f"--truncation {text}: expected a number from 0 to 1, as in 0.7, or several: 0,0.5,1.")
    return values


def read_mix(text: str) -> tuple[list[int | float], list[int | float]]:
    """``"0-5:10-14"`` to the seeds of the rows and of the columns."""
    parts = text.split(":")
    if len(parts) != 2:
        raise RequestError(f"--mix {text}: expected two lists of seeds, as in 0-5:10-14.")
    rows, columns = (parse_seeds(part, "--mix") for part in parts)
    return rows, columns


def captions(trained: Trained, seeds: Sequence[int]) -> list[str]:
    """A caption of the run's own data for each seed."""
    try:
        texts = trained.open_data().captions
    except RequestError as error:
        words = _some(trained.facts.words)
        raise RequestError(f"{error}\nGive {trained.name} captions with --text. It knows {words}.") from error
    known = [each[0] for each in texts if each]
    return [known[seed % len(known)] for seed in seeds]


def seed_stem(seed: Seed) -> str:
    """A file name that sorts by seed."""
    whole, _, fraction = f"{seed!r}".partition(".")
    return f"seed{int(whole):06d}" + (f".{fraction}" if fraction else "")


def _label(part: str, classes: Sequence[str], run: str, kind: str) -> int:
    if part in classes:
        return classes.index(part)
    if part.isdecimal() and int(part) < len(classes):
        return int(part)
    near = did_you_mean(part, classes)
    raise RequestError(f"No {kind} {part!r} in {run}: it has {len(classes)}, {_some(classes)}.{near}")


def _tensor(key: str, values: list[Any]) -> Tensor:
    import torch

    return torch.tensor(values, dtype=torch.float32 if key == "truncation" else torch.int64)


def _stem(name: str) -> str:
    return re.sub(r"[^\w.]+", "_", name)[:40]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SOME]) + (", ..." if len(names) > SOME else "")
