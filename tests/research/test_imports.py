"""Studies use the public names of divecast only, and import no rivals where those are absent."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "research").rglob("*.py"))
PUBLIC = {"__version__", "__file__", "__all__", "__doc__", "__main__"}


@cache
def nodes_of(source: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source)))


def private_names(source: str) -> Iterator[str]:
    """Yield private names that are imported from divecast, and private attributes that the source does not define."""
    nodes = nodes_of(source)
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)} | {"_exit", "_replace"}
    for node in nodes:
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] == "divecast":
                parts = [*module.split("."), *(name.name for name in names)]
                yield from (part for part in parts if part.startswith("_") and part not in PUBLIC)
            case ast.Import(names=names):
                dotted = [name.name for name in names if name.name.startswith("divecast")]
                yield from (name for name in dotted if "._" in name)
            case ast.Attribute(value=owner, attr=name) if (
                name.startswith("_") and not name.startswith("__") and ast.unparse(owner) != "self"
            ):
                yield from {name} - own


def test_no_study_uses_a_private_name():
    used = {str(file.relative_to(ROOT)): list(private_names(file.read_text(encoding="utf-8"))) for file in FILES}
    assert {file: names for file, names in used.items() if names} == {}


DOORS = ("divecast.config", "divecast.errors", "divecast.types", "divecast.data.datasets")
"""Public modules that are no rooms."""


def side_doors(source: str) -> Iterator[str]:
    """Yield what is imported from divecast by another way than the public names of the package or of a room."""
    for node in nodes_of(source):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("divecast"):
            public = getattr(importlib.import_module(str(node.module)), "__all__", ())
            own = {"__version__"} if node.module == "divecast" else set()
            named_for_it = {str(node.module).rpartition(".")[2]}  # as a file is named for what it yields
            names = {name.name for name in node.names} - {*public, *own, *named_for_it}
            if node.module not in DOORS and names:
                yield f"{node.module}: {', '.join(sorted(names))}"


def test_studies_enter_by_the_public_names_of_the_rooms():
    used = {str(file.relative_to(ROOT)): list(side_doors(file.read_text(encoding="utf-8"))) for file in FILES}
    assert {file: names for file, names in used.items() if names} == {}


def test_a_side_door_is_seen():
    assert list(side_doors("from divecast.inference.predict import batches")) != []


@pytest.mark.parametrize(
    "line",
    ["from divecast._text import plural", "from divecast.fit import _x", "model._windows()", "import divecast._x"],
)
def test_a_private_name_is_seen(line):
    assert list(private_names(line)) != []


def test_the_process_of_an_entry_needs_numpy_alone():
    code = "import sys\nfor name in ('torch', 'divecast'): sys.modules[name] = None\nimport research.race.process"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)  # noqa: S603  this very Python
