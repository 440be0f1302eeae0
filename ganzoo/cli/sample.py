"""`ganzoo sample`: pictures from a trained run, a seed each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.order import Choice, Wishes, choices, make_order, mixed, read_mix, require
from ganzoo.cli.output import print_json
from ganzoo.cli.place import Place
from ganzoo.cli.seeds import LARGEST_BETWEEN, LARGEST_DRAW, parse_seeds
from ganzoo.errors import RequestError

if TYPE_CHECKING:
    from ganzoo.cli.studio import Studio
    from ganzoo.train.trained import Trained

SHEET, ROW, STOPS, MAP, OWN = 64, 8, 8, 16, 24  # what -n is, unsaid: on a sheet, in a row, of a walk, of a map, of data
LARGEST_MAP = 32  # pictures a side
FRAMES = 24  # from one seed to the next
ALL = ("sheet", "numbers", "folder")


def sample(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A name in the runs folder, a path, or latest.")],
    n: Annotated[
        int | None, typer.Option("-n", help="How many, from seed 0 on: a sheet, or a row.", min=1, max=LARGEST_DRAW)
    ] = None,
    seeds: Annotated[str, typer.Option(help="Which: 0-63, or 7,12.5,40-44. A seed is always the same picture.")] = "",
    label: Annotated[
        str, typer.Option(help="Of a class or cluster, by name or number; 0-9, 3,7 or all for a row each.")
    ] = "",
    text: Annotated[list[str] | None, typer.Option(help="What to draw, in words; again for another row.")] = None,
    given: Annotated[
        Path | None, typer.Option("--input", metavar="PATH", help="Pictures to translate, or to reconstruct.")
    ] = None,
    to: Annotated[str, typer.Option(help="Translate to a or to b; without it, to b.")] = "",
    truncation: Annotated[
        str, typer.Option(metavar="PSI", help="From 0, the mean, to 1, as it is; 0,0.5,1 for a row each.")
    ] = "",
    mix: Annotated[
        str, typer.Option(metavar="ROWS:COLUMNS", help="Coarse styles of some seeds, fine ones of others: 0-5:10-14.")
    ] = "",
    cut: Annotated[int | None, typer.Option(help="Layers that --mix counts as coarse; half of them.", min=0)] = None,
    walk: Annotated[bool, typer.Option("--walk", help="An animation from seed to seed and back to the first.")] = False,
    frames: Annotated[
        int | None, typer.Option(help="Of --walk, from one seed to the next: 24.", min=1, max=1000)
    ] = None,
    plane: Annotated[bool, typer.Option("--map", help="A latent plane decoded at n x n places, and codes.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="A .png for a sheet, .npy for numbers, .gif or .webp for --walk, else a folder.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = Path("runs"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")] = "auto",
    mark: Annotated[bool, typer.Option("--mark/--no-mark", help="Say in each picture that it is synthetic.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Draw from a run: one sheet, or a picture a file."""
    asked = Asked(
        n=n,
        seeds=parse_seeds(seeds) if seeds else None,
        wishes=Wishes(label, tuple(text or ()), truncation),
        given=given,
        to=to,
        mix=read_mix(mix) if mix else None,
        cut=cut,
        walk=walk,
        frames=frames,
        plane=plane,
    )
    asked.check()
    from ganzoo.train.runs import Runs
    from ganzoo.train.trained import open_trained

    trained = open_trained(run, Runs(runs), device)
    way = asked.way(trained)
    place = Place(out or Path(trained.name + way.ending.format(to=to or "b")))
    if trained.facts.is_points:
        place.require(("sheet", "numbers"), "points go to one file")
    place.require(way.kinds, way.what)
    from ganzoo.cli.studio import Studio

    try:
        told = way.work(asked, trained, Studio(trained, place, mark))
    except OSError as error:
        reason = error.strerror or error
        raise RequestError(f"Cannot write {place.path}: {reason}. Give another place with --out.") from error
    if as_json:
        record = {"run": trained.name, "checkpoint": str(trained.path), "images": trained.now.images}
        print_json({**record, "out": str(place.path), **told})
    else:
        print(f"{place.path}: {way.said(told, trained)} of {trained.name} after {trained.now.images:,} images")
        if way is DRAWN:
            for number, row in enumerate(told.get("rows", ()), start=1):
                print(f"  row {number}: {row}")


@dataclass(frozen=True)
class Asked:
    """What was typed; None and nothing where it was not."""

    n: int | None
    seeds: list[int | float] | None
    wishes: Wishes
    given: Path | None
    to: str
    mix: tuple[list[int | float], list[int | float]] | None
    cut: int | None
    walk: bool
    frames: int | None
    plane: bool

    def check(self) -> None:
        """Refuse what no run can honour."""
        ways = {"--input": self.given, "--mix": self.mix, "--walk": self.walk, "--map": self.plane}
        said = [option for option, value in ways.items() if value]
        if len(said) > 1:
            raise RequestError(f"{said[0]} and {said[1]} are two ways to draw. Give one of them.")
        if self.cut is not None and not self.mix:
            raise RequestError("--cut says where --mix cuts. Give both, as in --mix 0-5:10-14 --cut 4.")
        if self.frames is not None and not self.walk:
            raise RequestError("--frames are those of an animation. Give --walk with it.")
        if self.seeds is not None and self.n is not None:
            raise RequestError("-n counts from seed 0 on, --seeds names them. Give one of the two.")
        if self.seeds is not None and said and said[0] != "--walk":
            raise RequestError(f"{said[0]} has no use for --seeds. Leave one of them out.")
        if self.mix and self.n is not None:
            raise RequestError("--mix names its own seeds. Leave -n out.")
        if self.to not in ("", "a", "b"):
            raise RequestError(f"--to {self.to}: expected a or b.")

    def way(self, trained: Trained) -> Way:
        """The way to draw that was asked for; RequestError where the run does not know it."""
        takes = trained.recipe.takes
        if self.mix:
            require(trained, "--mix", "mix")
            return MIXED
        if self.plane:
            require(trained, "--map", "plane")
            return MAPPED
        if self.to:
            require(trained, "--to", "a")
        if self.given and not {"a", "image"} & set(takes):
            require(trained, "--input", "image")
        if self.walk:
            if trained.facts.is_points or "a" in takes:
                what = "draws points" if trained.facts.is_points else "draws nothing by chance"
                raise RequestError(f"--walk goes from picture to picture, and {trained.name} {what}.")
            return WALKED
        if "a" in takes:
            return TRANSLATED
        return RECONSTRUCTED if self.given else DRAWN

    def numbers(self, count: int) -> list[int | float]:
        """The seeds asked for, or as many from 0 on."""
        return list(range(self.n or count)) if self.seeds is None else self.seeds


@dataclass(frozen=True)
class Way:
    """One way to draw from a run."""

    ending: str  # of the file's name, where none is given
    kinds: Sequence[str]  # of places
    what: str  # it makes, for an error
    work: Callable[[Asked, Trained, Studio], dict[str, Any]]
    said: Callable[[dict[str, Any], Trained], str]  # what was made, in a few words


def draw(asked: Asked, trained: Trained, studio: Studio) -> dict[str, Any]:
    kinds = choices(trained, asked.wishes)
    is_table = any(len(kind) > 1 for kind in kinds)
    return studio.draw(make_order(trained, kinds, asked.numbers(ROW if is_table else SHEET)))


def mix(asked: Asked, trained: Trained, studio: Studio) -> dict[str, Any]:
    kinds = _single(choices(trained, asked.wishes), "--mix")
    rows, columns = asked.mix
    order = mixed(make_order(trained, kinds, [row for row in rows for _ in columns]), columns * len(rows), asked.cut)
    sources = make_order(trained, kinds, rows), make_order(trained, kinds, columns)
    told = {} if asked.cut is None else {"cut": asked.cut}
    return {**studio.mix(order, sources), **told}


def walk(asked: Asked, trained: Trained, studio: Studio) -> dict[str, Any]:
    seeds = asked.numbers(STOPS)
    if len(seeds) < 2 or any(isinstance(seed, float) or seed > LARGEST_BETWEEN for seed in seeds):
        raise RequestError("--walk goes from one seed to another: two or more, whole, up to 2^52. Try --seeds 0-7.")
    # One picture for each row of wishes; what follows from a seed, as a class does, is that of the first.
    order = make_order(trained, choices(trained, asked.wishes), seeds[:1])
    return studio.walk(order, seeds, asked.frames or FRAMES)


def map_(asked: Asked, trained: Trained, studio: Studio) -> dict[str, Any]:
    side = asked.n or MAP
    if side > LARGEST_MAP:
        raise RequestError(f"--map -n {side}: at most {LARGEST_MAP} pictures a side.")
    kinds = _single(choices(trained, asked.wishes), "--map")
    return studio.map(make_order(trained, kinds, [0]), side)


def translate(asked: Asked, trained: Trained, studio: Studio) -> dict[str, Any]:
    from ganzoo.train.inputs import Examples, Given
    from ganzoo.train.sampling import OTHER

    choices(trained, asked.wishes)  # to refuse them
    to = asked.to or "b"
    if asked.given:
        return studio.translate(Given(asked.given, asked.n), to)
    try:
        pair = trained.open_data()
    except RequestError as error:
        raise RequestError(f"{error}\nGive {trained.name} pictures to translate: --input FOLDER.") from error
    return studio.translate(Examples(getattr(pair, OTHER[to]), asked.numbers(OWN)), to)


def reconstruct(asked: Asked, trained: Trained, studio: Studio) -> dict[str, Any]:
    from ganzoo.train.inputs import Given

    kinds = _single(choices(trained, asked.wishes), "--input")
    if any(kind[0].key == "cluster" for kind in kinds):
        raise RequestError(f"{trained.name} finds the cluster of a picture itself. Leave --label out.")
    label = next((kind[0].value for kind in kinds if kind[0].key == "label"), None)
    return studio.reconstruct(Given(asked.given, asked.n), label)


def _single(kinds: list[list[Choice]], option: str) -> list[list[Choice]]:
    """Choices of one row; RequestError for those of several."""
    several = next((kind for kind in kinds if len(kind) > 1), None)
    if several:
        raise RequestError(f"{option} draws all of one {several[0].key}, not of {len(several)}. Give one.")
    return kinds


def _drawn(told: dict[str, Any], trained: Trained) -> str:
    return f"{len(told['seeds']):,} {'points' if trained.facts.is_points else 'pictures'}"


DRAWN = Way(".png", ALL, "pictures are written", draw, _drawn)
MIXED = Way(
    "-mix.png", ALL, "a table is written", mix, lambda told, _: f"{len(told['rows'])} x {len(told['columns'])} mixes"
)
WALKED = Way(
    "-walk.gif", ("animation",), "--walk makes an animation", walk, lambda told, _: f"{told['frames']:,} frames"
)
MAPPED = Way(
    "-map.png", ("sheet",), "--map makes a sheet", map_, lambda told, _: f"a map of {told['side']} x {told['side']}"
)
TRANSLATED = Way(
    "-to-{to}.png", ALL, "pictures are written", translate, lambda told, _: f"{len(told['inputs']):,} translations"
)
RECONSTRUCTED = Way(
    "-again.png", ALL, "pictures are written", reconstruct, lambda told, _: f"{len(told['inputs']):,} reconstructions"
)
