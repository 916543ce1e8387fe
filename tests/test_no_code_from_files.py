"""The package never runs code from a file: no pickle, no eval."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import divecast

SOURCE = Path(divecast.__file__).parent
BUILTINS = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "code", "runpy"}
LOADERS = {"torch.load", "torch.jit.load", "torch.package", "torch.export.load", "yaml.load", "yaml.unsafe_load"}
LOADERS |= {"os.system", "os.popen", "pandas.read_pickle"}
LAST = {name.rpartition(".")[2] for name in LOADERS} | BUILTINS | {"read_pickle"}
SWITCHES = {"allow_pickle", "shell"}


def breaches(source: str) -> Iterator[str]:
    """Yield the names in a source text that could run code from elsewhere."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import)]
    known = {name.asname or name.name: name.name for node in imports for name in node.names}
    for node in nodes:
        match node:
            case ast.Name(id=name) if name in BUILTINS:
                yield name
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                full = [f"{module}.{name.name}" for name in names]
                yield from (one for one in full if module.split(".")[0] in {*MODULES, "builtins"} or one in LOADERS)
            case ast.Attribute(attr=attr) if attr in LAST:
                first, _, rest = ast.unparse(node).partition(".")
                name = f"{known.get(first, first)}.{rest}"
                if name in LOADERS or (name.startswith("builtins.") and rest in BUILTINS) or rest == "read_pickle":
                    yield name
            case ast.keyword(arg=str(name), value=value) if name in SWITCHES:
                if not (isinstance(value, ast.Constant) and not value.value):
                    yield f"{name}={ast.unparse(value)}"


@pytest.mark.parametrize(
    "line",
    [
        *("eval('1')", "exec(text)", "compile(text, '', 'exec')", "__import__('os')", "run = eval", "import pickle"),
        *("from pickle import loads", "import marshal as m", "import shelve", "import dill", "import joblib"),
        *("import torch\ntorch.load(path)", "import torch as t\nt.load(path)", "from torch import load"),
        *("import yaml\nyaml.load(text)", "from yaml import load", "import os\nos.system('ls')", "builtins.exec('x')"),
        *("import numpy as np\nnp.load(path, allow_pickle=True)", "np.load(path, allow_pickle=trusted)"),
        *("import pandas as pd\npd.read_pickle(path)", "run(command, shell=True)", "import pickle as p"),
    ],
)
def test_the_walk_finds_what_runs_a_file(line: str) -> None:
    assert list(breaches(line))


@pytest.mark.parametrize(
    "line",
    [
        "model.eval()",
        "re.compile('x')",
        "np.load(path, allow_pickle=False)",
        "load(x)",
        "json.load(file)",
        "run(['ls'])",
    ],
)
def test_the_walk_lets_others_pass(line: str) -> None:
    assert not list(breaches(line))


def test_nothing_in_the_package_runs_a_file() -> None:
    files = {path.relative_to(SOURCE).as_posix(): path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    found = {name: list(breaches(text)) for name, text in files.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}
