"""Makes what was ordered of a run, and writes it where it is wanted with its mark of origin."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ganzoo.cli.order import Order
from ganzoo.cli.place import Place
from ganzoo.errors import RequestError
from ganzoo.train import marks, plane, sheet, walk
from ganzoo.train.inputs import Inputs
from ganzoo.train.sampling import BLOCK, translate
from ganzoo.train.trained import Trained

PART = 16 * BLOCK  # pictures in memory at once, where they go to files of their own
WALKER = 256  # pixels; a picture that walks alone is enlarged up to here
JSON_KEYS = {"label": "labels", "cluster": "clusters", "text": "texts"}  # plural for those that are lists of words

Work = Callable[[list[str], torch.Tensor], Sequence[np.ndarray]]  # names and pictures to what is made of them

log = logging.getLogger(__name__)


class Studio:
    """One run, one place. Every method gives what `--json` says of it: "files", and what was asked for."""

    def __init__(self, trained: Trained, place: Place, is_marked: bool):
        self.trained, self.place = trained, place
        now = trained.now
        origin = {"tool": "ganzoo", "run": trained.name, "family": trained.family.name, "images": now.images}
        self.origin = origin if is_marked else None

    def draw(self, order: Order) -> dict[str, Any]:
        """A sheet, numbers, or a picture a file."""
        self.place.require_room(0 if self.trained.facts.is_points else len(order.seeds))
        self.place.prepare()
        told = {JSON_KEYS.get(key, key): words for key, words in order.words.items()}
        if self.place.kind == "folder":
            files = list(self._filed(order))
        else:
            drawn = self._drawn(order)
            files = [self._written(drawn, order.columns, seeds=order.seeds, **told)]
        rows = {"rows": order.rows} if order.rows else {}
        return {"files": files, "seeds": order.seeds, **told, **rows}

    def mix(self, order: Order, sources: tuple[Order, Order]) -> dict[str, Any]:
        """A table of ``order``, headed by the pictures whose styles it mixes: those of rows, and those of columns."""
        rows, columns = sources
        self.place.require_room((len(rows.seeds) + 1) * (len(columns.seeds) + 1))
        self.place.prepare()
        told = {"rows": rows.seeds, "columns": columns.seeds}
        if self.place.kind == "folder":
            return {"files": list(self._filed(order)), **told}
        drawn, width = self._drawn(order), len(columns.seeds)
        if self.place.kind == "numbers":
            return {"files": [self._written(drawn, width)], **told}
        left, top = (sheet.to_uint8(self._drawn(source)) for source in sources)
        page = sheet.headed(sheet.grid(sheet.to_uint8(drawn), width), sheet.grid(top, width), sheet.grid(left, 1))
        marks.save_png(page, self.place.path, self._mark(**told))
        return {"files": [str(self.place.path)], **told}

    def walk(self, order: Order, seeds: Sequence[int], frames: int) -> dict[str, Any]:
        """An animation of one picture for each row of ``order`` on its way from seed to seed."""
        self.place.prepare()
        ways, rows = walk.ways(seeds, frames), len(order.seeds)
        side = sheet.enlarged(max(self.trained.facts.shape[1:]), WALKER if rows == 1 else sheet.SMALL)
        step = max(1, PART // rows)
        pages: list[Image.Image] = []
        for start in range(0, len(ways), step):
            part = ways[start : start + step]
            cond = {key: value.repeat(len(part), *[1] * (value.dim() - 1)) for key, value in order.cond.items()}
            drawn = sheet.to_uint8(self.trained.draw([way for way in part for _ in range(rows)], cond))
            pages += [sheet.grid(tiles, side=side) for tiles in np.split(drawn, len(part))]
        told = {JSON_KEYS.get(key, key): words for key, words in order.words.items()}
        walk.save(pages, self.place.path, self._mark(seeds=list(seeds), **told))
        return {"files": [str(self.place.path)], "seeds": list(seeds), "frames": len(pages), **told}

    def map(self, order: Order, side: int) -> dict[str, Any]:
        """The plane decoded at ``side`` x ``side`` places, and beside it the codes of the run's own data."""
        self.place.require_room(side**2)
        self.place.prepare()
        page = plane.decoded(self.trained, side, order.cond)
        data = None
        if "encoder" in self.trained.nets:
            try:
                data = self.trained.open_data()
                page = sheet.beside(page, plane.encoded(self.trained, data, page.width))
            except RequestError as error:
                log.warning("no codes beside the plane: %s", error)
        marks.save_png(page, self.place.path, self._mark(side=side))
        return {"files": [str(self.place.path)], "side": side, "codes": min(plane.CODES, len(data)) if data else 0}

    def translate(self, inputs: Inputs, to: str) -> dict[str, Any]:
        """Pictures in the other domain, on a sheet between themselves and their reconstruction."""

        def work(names: list[str], pictures: torch.Tensor) -> Sequence[np.ndarray]:
            return translate(self.trained.recipe, self.trained.nets, pictures, to, self.trained.backend.device)

        return {"to": to, **self._worked(inputs, work)}

    def reconstruct(self, inputs: Inputs, label: int | None) -> dict[str, Any]:
        """Pictures as they come back from their codes, on a sheet beside themselves."""

        def work(names: list[str], pictures: torch.Tensor) -> Sequence[np.ndarray]:
            cond = {"image": pictures}
            known = [self._class(name, label) for name in names]
            if "label" in self.trained.recipe.takes and None not in known:
                cond["label"] = torch.tensor(known)
            return [self.trained.draw(range(len(names)), cond)]

        return self._worked(inputs, work)

    # the parts they are made of

    def _drawn(self, order: Order) -> np.ndarray:
        return self.trained.draw(order.seeds, order.cond)

    def _filed(self, order: Order) -> Iterator[str]:
        """Draw and write a picture a file, a part at a time."""
        for start in range(0, len(order.seeds), PART):
            part = slice(start, start + PART)
            drawn = self.trained.draw(order.seeds[part], {key: value[part] for key, value in order.cond.items()})
            for i, image in enumerate(drawn, start):
                words = {key: values[i] for key, values in order.words.items()}
                yield self._picture(image, self.place.path / f"{order.stems[i]}.png", seed=order.seeds[i], **words)

    def _worked(self, inputs: Inputs, work: Work) -> dict[str, Any]:
        """What ``work`` makes of pictures: beside them on a sheet, or the first thing of it in a file each."""
        is_folder = self.place.kind == "folder"
        targets = inputs.targets(self.place.path) if is_folder else {}
        files, done, pages = [], [], []
        for names, pictures in inputs.chunks(self.trained.facts.shape, PART):
            given = torch.from_numpy(pictures).float() / 127.5 - 1
            made = work(names, given)
            done += names
            if not is_folder:
                self.place.require_room((1 + len(made)) * len(inputs.names))
                pages.append(np.stack([given.numpy(), *made], 1))  # n x (1 + made) x C x H x W
                continue
            for name, image in zip(names, made[0], strict=True):
                targets[name].parent.mkdir(parents=True, exist_ok=True)
                files.append(self._picture(image, targets[name], input=name))
        for fault in inputs.faults:
            log.warning("left out: %s (%s)", fault.file, fault.reason)
        if not done:
            raise RequestError("None of the pictures of --input can be read. See the reasons above.")
        if pages:
            files.append(self._beside(np.concatenate(pages), done))
        faults = [{"file": fault.file, "reason": fault.reason} for fault in inputs.faults]
        return {"files": files, "inputs": done, "faults": faults}

    def _beside(self, rows: np.ndarray, names: list[str]) -> str:
        """Pictures and what was made of them, [n, k, C, H, W], in one file."""
        self.place.prepare()
        if self.place.kind == "numbers":
            return self._written(rows[:, 1], None)
        n, k = rows.shape[:2]
        across = k * max(1, round((n / k) ** 0.5))  # as near to a square as whole groups come
        page = sheet.grid(sheet.to_uint8(rows.reshape(-1, *rows.shape[2:])), across, group=k)
        marks.save_png(page, self.place.path, self._mark(inputs=names))
        return str(self.place.path)

    def _class(self, name: str, label: int | None) -> int | None:
        """The class asked for, or else the one whose folder the picture lies in."""
        folder, classes = name.partition("/")[0], self.trained.facts.classes
        return classes.index(folder) if label is None and folder in classes else label

    def _written(self, drawn: np.ndarray, columns: int | None, **told: Any) -> str:
        """One file of all: numbers, a scatter of points, or a grid."""
        if self.place.kind == "numbers":
            np.save(self.place.path, drawn)
            return str(self.place.path)
        is_points = self.trained.facts.is_points
        page = sheet.scatter(drawn, drawn) if is_points else sheet.grid(sheet.to_uint8(drawn), columns)
        marks.save_png(page, self.place.path, self._mark(**told))
        return str(self.place.path)

    def _picture(self, image: np.ndarray, path: Path, **told: Any) -> str:
        marks.save_png(sheet.picture(sheet.to_uint8(image)), path, self._mark(**told))
        return str(path)

    def _mark(self, **told: Any) -> dict[str, Any] | None:
        return None if self.origin is None else {**self.origin, **told}
