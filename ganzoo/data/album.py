"""What is said of pictures that are listed one by one, each with its label and captions: shards and tables."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from ganzoo.data.captions import vocabulary
from ganzoo.data.layout import DOCUMENT, Layout, natural
from ganzoo.data.source import Fault
from ganzoo.data.tree import Tree

Told = tuple[int | str | None, list[str]]  # the label of a picture, if it has one, and its captions


class Said:
    """All pictures of a tree, sorted into parts: stands where `Album` does for a folder.

    Args:
        tree: where they are read.
        names: of all of them, part after part.
        told: of each.
        sizes: how many each part has.
        faults: what was wrong with their containers.
        classes: names of the numbers that are labels, where something says so.
    """

    def __init__(
        self,
        tree: Tree,
        names: Sequence[str],
        told: Sequence[Told],
        sizes: Mapping[str, int],
        faults: Sequence[Fault],
        classes: Sequence[str] = (),
    ) -> None:
        self.tree = tree
        self.captions = {name: texts for name, (_, texts) in zip(names, told, strict=True) if texts}
        self.words = vocabulary(self.captions.values())
        self.faults = [*faults]
        left = iter(names)
        parts = {part: tuple(itertools.islice(left, size)) for part, size in sizes.items()}
        self.layout = Layout({"": parts}, *self._labelled(names, [label for label, _ in told], tuple(classes)))
        folder = tree.path if tree.path.is_dir() else tree.path.parent
        documents = sorted(each.name for each in folder.iterdir() if DOCUMENT.match(each.name))
        self.licence = f"see {', '.join(documents)}" if documents else ""

    def _labelled(
        self, names: Sequence[str], labels: Sequence[int | str | None], classes: tuple[str, ...]
    ) -> tuple[tuple[str, ...], dict[str, int]]:
        """Name the classes: numbers by the names given, else by themselves up to the largest; texts are sorted."""
        if not any(label is not None for label in labels):
            return (), {}
        bare = sum(label is None or (isinstance(label, int) and label < 0) for label in labels)
        if bare:
            self.faults.append(Fault(self.tree.name, f"labels are left out: {bare:,} pictures have none"))
            return (), {}
        if all(isinstance(label, int) for label in labels):
            classes = (*classes, *map(str, range(len(classes), max(labels) + 1)))
            return classes, dict(zip(names, labels, strict=True))
        classes = tuple(sorted({str(label) for label in labels}, key=natural))
        number = {name: index for index, name in enumerate(classes)}
        return classes, {name: number[str(label)] for name, label in zip(names, labels, strict=True)}
