"""All that divecast writes, and how to have it written."""

import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from divecast.cli import main
from divecast.data import write_store
from divecast.errors import DivecastError
from research.paper.__main__ import main as reproduce
from research.reliability.small_fit import SmallFit

_TABLE = ("motion", "--quick", "--arm", "full", "--runs", "1", "--json")

Answer = tuple[int, list[str]]
"""Exit code, and lines on stderr."""


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of file or folder.

    Attributes:
        name: of the kind.
        file: its own name.
        write: writes it to a path.
        one_by_one: whether it is a folder whose files are replaced one by one, each in little more room than it takes.
    """

    name: str
    file: str
    write: Callable[[Path], Answer]
    one_by_one: bool = False


def products(fit: SmallFit) -> list[Product]:
    """Return all products; the model is fitted first."""
    code, said = command(*fit.command)
    if code:
        raise RuntimeError(f"the fit failed: {said}")
    model, table = str(fit.model), str(fit.table)

    elsewhere = str(fit.folder / "m.safetensors.checkpoint")

    def made(name: str, file: str, *arguments: str, option: str = "--out") -> Product:
        return Product(name, file, lambda path: command(*arguments, option, str(path)))

    return [
        made("model", "m.safetensors", *_without(fit.command, "--out", "--resume"), "--checkpoint", elsewhere),
        made("checkpoint", "m.checkpoint", *_without(fit.command, "--resume"), option="--checkpoint"),
        *(
            made(f"forecasts{kind}", f"f{kind}", "forecast", model, table, "--start", "2024-01-20", "--json")
            for kind in (".csv", ".csv.gz", ".parquet")
        ),
        made("codes.csv", "codes.csv", "encode", model, table, "--json"),
        *(
            made(f"figure{kind}", f"f{kind}", "check", model, table, "--json", option="--figure")
            for kind in (".png", ".pdf")
        ),
        made("report", "report.html", "report", model, table, "--json"),
        *(made(f"graph{kind}", f"graph{kind}", "export", model, "--json") for kind in (".onnx", ".pt2")),
        Product("store", "panel.store", store),
        Product("reproduction", "out", _reproduction, one_by_one=True),
    ]


def _reproduction(path: Path) -> Answer:
    return command(*_TABLE, "--out", str(path), run=reproduce)


def command(*arguments: str, run: Callable[[Sequence[str]], int] = main) -> Answer:
    """Run a command in this process."""
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        try:
            code = run(arguments)
        except Exception as error:  # what is looked for
            return 1, [f"{type(error).__name__}: {error}"]
    return code, [line for line in said.getvalue().splitlines() if line]


def store(path: Path) -> Answer:
    """Write a store in pieces."""
    chunks = np.random.default_rng(0).normal(size=(16, 500, 20)).astype(np.float32)
    try:
        write_store(path, chunks, [f"c{at}" for at in range(20)], "2024-01-01", "1h")
    except DivecastError as error:
        return 2, [str(error)]
    return 0, []


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return all files and folders below a folder, by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.name != "filler"
    }


def size(path: Path) -> int:
    """Return the bytes of a file, or of the largest in a folder."""
    return max(each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file())


def _without(arguments: Sequence[str], *options: str) -> list[str]:
    """Leave options out, with their values where they have one."""
    kept, skipped = [], False
    for argument in arguments:
        if argument in options:
            skipped = True
        elif skipped and not argument.startswith("--"):
            skipped = False
        else:
            kept.append(argument)
            skipped = False
    return kept
