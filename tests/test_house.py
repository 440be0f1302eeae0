"""The house stands as it is drawn: arrows only downwards, the core knows no family, only the engine trains."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLUGINS = sorted(path for path in (ROOT / "plugins").iterdir() if path.is_dir() and path.name != "__pycache__")
FLOOR = {"data": 0, "zoo": 0, "game": 0, "train": 1, "score": 2, "bench": 2, "testing": 2, "cli": 3}

TRAINING = {"backward", "step", "zero_grad", "autocast", "to", "cuda", "requires_grad_"}  # the engine's alone
ALLOWED: dict[tuple[str, str], str] = {  # (file, call): the reason
    ("ganzoo.game.penalties", "requires_grad_"): "a fresh leaf to differentiate logits by; no parameter is touched",
    ("ganzoo.game.precision", "autocast"): "switched off, where half precision would lose what counts",
}


def modules() -> list[Path]:
    return sorted((ROOT / "ganzoo").rglob("*.py"))


def name_of(file: Path) -> str:
    base = ROOT if file.is_relative_to(ROOT / "ganzoo") else ROOT / "plugins"
    return ".".join(file.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


def imports(file: Path, *, deferred: bool = True) -> set[str]:
    """Modules that a file imports; without ``deferred`` only those imported when it is imported itself."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if deferred or not (typing_only or later):
            todo += ast.iter_child_nodes(node)
    return found


def wing(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "ganzoo" and len(parts) > 1 and parts[1] in FLOOR else ""


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_arrows_only_go_downwards(file):
    here = wing(name_of(file))
    for module in imports(file):
        there = wing(module)
        if here and there and here != there:
            assert FLOOR[there] <= FLOOR[here], f"{name_of(file)} imports {module}"


@pytest.mark.parametrize("below", ["zoo", "game"])
def test_what_lies_at_the_bottom_needs_nothing_beside_it_to_be_imported(below):
    for file in (ROOT / "ganzoo" / below).rglob("*.py"):
        others = {wing(module) for module in imports(file, deferred=False)} - {"", below}
        assert others <= ({"zoo"} if below == "game" else set()), name_of(file)


def test_the_zoo_imports_no_torch():
    for file in (ROOT / "ganzoo" / "zoo").rglob("*.py"):
        heavy = ("torch", "torchvision", "timm", "PIL", "typer", "rich")
        assert not [module for module in imports(file) if module.split(".")[0] in heavy], name_of(file)
        assert "numpy" not in imports(file, deferred=False), name_of(file)


def test_nothing_imports_the_command_line():
    for file in (*modules(), *(ROOT / "plugins").rglob("*.py")):
        if wing(name_of(file)) != "cli" and file.name != "__main__.py":
            assert not any(wing(module) == "cli" for module in imports(file)), name_of(file)


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_the_core_knows_no_plugin(file):
    names = {path.name for path in PLUGINS}
    assert not {module.split(".")[0] for module in imports(file)} & names


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_the_core_names_no_family(file):
    families = {path.name.removeprefix("ganzoo_") for path in PLUGINS}
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documents = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documents}
    assert not {word for word in words if isinstance(word, str)} & families


def _has_docstring(node: ast.AST) -> bool:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, kinds) and bool(node.body) and ast.get_docstring(node) is not None


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_the_door_and_the_game_alone(plugin):
    for file in plugin.rglob("*.py"):
        for module in imports(file):
            parts = module.split(".")
            if parts[0] == "ganzoo":
                assert wing(module) in ("", "game"), f"{name_of(file)} imports {module}"
            elif parts[0].startswith("ganzoo_"):
                assert parts[0] == plugin.name, f"{name_of(file)} imports {module}"


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_no_torch_to_hand_over_its_cards(plugin):
    at_once = imports(plugin / "__init__.py", deferred=False)
    assert not {module.split(".")[0] for module in at_once} & {"torch", "torchvision", "numpy", "timm"}
    assert not {module for module in at_once if wing(module)}


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_only_the_engine_trains(plugin):
    for file in plugin.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in TRAINING - {"step"}:
                assert (name_of(file), node.attr) in ALLOWED, f"{name_of(file)}, line {node.lineno}: .{node.attr}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "step":
                assert (name_of(file), "step") in ALLOWED, f"{name_of(file)}, line {node.lineno}: .step()"


def test_only_the_engine_trains_in_the_game_too():
    for file in (ROOT / "ganzoo" / "game").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in TRAINING - {"to"} or (name_of(file), node.func.attr) in ALLOWED, (
                    f"{name_of(file)}, line {node.lineno}: .{node.func.attr}()"
                )


def test_the_allow_list_is_no_longer_than_it_must_be():
    for (module, call), reason in ALLOWED.items():
        base = ROOT if module.startswith("ganzoo.") else ROOT / "plugins"
        text = (base / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert f".{call}" in text
        assert len(reason) > 20
