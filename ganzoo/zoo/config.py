"""What can be set about a run: a frozen dataclass a family, resolved from preset, zoo.toml and command line."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

from ganzoo.errors import RequestError, WorkError, did_you_mean
from ganzoo.zoo.values import PartOf, convert, expected, part_kind, shown

if TYPE_CHECKING:
    from ganzoo.zoo.cards import Family

LossName = Annotated[str, PartOf("losses")]
GeneratorName = Annotated[str, PartOf("generators")]
DiscriminatorName = Annotated[str, PartOf("discriminators")]


@dataclass(frozen=True)
class Config:
    """What every family can be told. A family adds its own fields in a frozen subclass.

    The comment behind a field is its documentation: `ganzoo show` prints it.
    """

    size: int = 32  # side of the pictures, in pixels
    channels: int = 0  # 1, 3 or 4; 0 takes what the data has
    batch: int = 64  # real images per batch
    images: int = 200_000  # length of a run: real images shown
    accumulate: int = 1  # micro-batches per batch, to fit a large batch into memory
    ema: float = 5_000  # half-life of the averaged generator, in images; 0 switches it off

    def __post_init__(self) -> None:
        for name in ("size", "batch", "images", "accumulate"):
            if getattr(self, name) < 1:
                raise RequestError(f"{name}={getattr(self, name)}: expected 1 or more.")
        if self.channels not in (0, 1, 3, 4):
            raise RequestError(f"channels={self.channels}: expected 1, 3 or 4, or 0 to take what the data has.")
        for batch in self.sizes_of_batches():
            if batch < 1:
                raise RequestError(f"a batch of {batch}: expected 1 or more.")
            if batch % self.accumulate:  # unequal parts would weigh unequally
                raise RequestError(f"accumulate={self.accumulate}: a batch of {batch} has not so many equal parts.")
        if self.ema < 0:
            raise RequestError(f"ema={shown(self.ema)}: expected a half-life in images, or 0 to switch averaging off.")
        self.check()

    def sizes_of_batches(self) -> tuple[int, ...]:
        """Every batch a run may come to. For a family to override whose recipe lets the batch vary."""
        return (self.batch,)

    def check(self) -> None:
        """Refuse a combination of values the family cannot build, with RequestError. For a family to override."""


class Setting(NamedTuple):
    """One field of a Config, as a person meets it."""

    name: str
    type: Any
    default: Any
    meaning: str


@cache
def fields(config: type[Config]) -> tuple[Setting, ...]:
    """Every field with its type, its default and its meaning (the comment behind it).

    A class whose source cannot be read has empty meanings.
    """
    try:
        types = get_type_hints(config, include_extras=True)
    except (NameError, TypeError) as error:
        raise WorkError(f"The Config of {config.__module__} has a type that cannot be read: {error}.") from error
    meanings: dict[str, str] = {}
    for owner in reversed(config.__mro__):
        if dataclasses.is_dataclass(owner):
            meanings |= _comments(owner)
    blank = config()
    return tuple(
        Setting(each.name, types[each.name], getattr(blank, each.name), meanings.get(each.name, ""))
        for each in dataclasses.fields(config)
    )


def assignments(items: Iterable[str]) -> dict[str, str]:
    """What was typed after ``--set``: ``["loss=hinge"]`` to ``{"loss": "hinge"}``."""
    pairs = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise RequestError(f"--set {item}: expected key=value, as in --set batch=32.")
        pairs[name.strip()] = value.strip()
    return pairs


def resolve(family: Family, preset: str | None = None, *layers: Mapping[str, Any]) -> Config:
    """The family's Config: its defaults, then the preset ("default" where none is named), then each layer over it.

    Values may be text; each is read by the type of its field.

    Raises:
        RequestError: an unknown preset, key, loss or network, or a value that does not fit.
    """
    settings = {each.name: each for each in fields(family.config)}
    values: dict[str, Any] = {}
    for layer in (_preset(family, preset or "default"), *layers):
        for key, value in layer.items():
            name = key.replace("-", "_").lower()
            if name not in settings:
                near = did_you_mean(name, settings)
                raise RequestError(f"{family.name} has no setting '{key}'.{near} See ganzoo show {family.name}.")
            values[name] = _read(family, settings[name], value)
    return family.config(**values)


def _preset(family: Family, name: str) -> Mapping[str, Any]:
    if name in family.presets:
        return family.presets[name]
    if name == "default":
        return {}
    known = {"default", *family.presets}
    raise RequestError(
        f"{family.name} has no preset '{name}'.{did_you_mean(name, known)} It has {', '.join(sorted(known))}."
    )


def _read(family: Family, setting: Setting, value: Any) -> Any:
    try:
        value = convert(value, setting.type)
    except (ValueError, KeyError, OverflowError) as error:
        wanted = expected(setting.type)
        raise RequestError(
            f"{setting.name}={shown(value)}: expected {wanted}. See ganzoo show {family.name}."
        ) from error
    kind = part_kind(setting.type)
    if not kind:
        return value
    from ganzoo.zoo.registry import zoo  # the registry stands on the cards, the cards on Config

    part = zoo().get(kind, value)
    if missing := [need for need in part.needs if need not in family.needs]:
        raise RequestError(f"{family.name} cannot play with {part.name}, which needs {' and '.join(missing)} as well.")
    return part.name


def _comments(config: type) -> dict[str, str]:
    """Field name to the comment that ends its statement, read from the source of the class."""
    import ast  # only where somebody reads the documentation
    import inspect
    import io
    import textwrap
    import tokenize

    try:
        source = textwrap.dedent(inspect.getsource(config))
    except (OSError, TypeError):
        return {}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    by_line = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    statements = ast.parse(source).body[0].body
    return {
        each.target.id: by_line[each.end_lineno]
        for each in statements
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.end_lineno in by_line
    }
