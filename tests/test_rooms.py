"""The rooms of the package: no private doors between them, few loose modules, no path of this machine."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import divecast

PACKAGE = Path(divecast.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LOOSE = {"__init__", "_device", "_optional", "_text", "config", "errors", "estimator", "nixtla", "results", "types"}


def room_of(path: Path) -> str:
    """Return the top-level room a module lies in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def own_names(tree: ast.AST) -> set[str]:
    """Return the private names that a module defines or sets: functions, classes, attributes, fields."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return {name for name in names if is_private(name)}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def own_by_room() -> dict[str, set[str]]:
    """Return the private names of each room."""
    own: dict[str, set[str]] = {}
    for path in MODULES:
        own.setdefault(room_of(path), set()).update(own_names(parsed(path)))
    return own


@cache
def names_of_others(room: str) -> set[str]:
    """Return the private names of the other rooms that are none of this one."""
    own = own_by_room()
    return {name for other, names in own.items() if other != room for name in names} - own[room]


def doors(room: str, tree: ast.Module) -> Iterator[str]:
    """Yield each private name of another room of this package that a module of a room uses."""
    others = names_of_others(room)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("divecast"):
            inside = (node.module or "").split(".")[1:2]
            yield from (name.name for name in node.names if is_private(name.name) and inside and inside[0] != room)
        elif isinstance(node, ast.Attribute) and node.attr in others:
            yield f"{ast.unparse(node)} in line {node.lineno}"


def test_no_module_uses_what_is_private_to_another_room() -> None:
    used = {str(path.relative_to(PACKAGE)): list(doors(room_of(path), parsed(path))) for path in MODULES}
    assert {module: names for module, names in used.items() if names} == {}


def test_what_looks_for_private_doors_sees_one() -> None:
    tree = ast.parse("from divecast.model.network import _hidden\nfitted._in_zone(1)")
    assert len(list(doors("plots", tree))) == 2


def test_few_modules_lie_loose() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == LOOSE
    assert len(LOOSE - {"__init__"}) <= 9
