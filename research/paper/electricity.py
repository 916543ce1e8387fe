"""Electricity of 321 clients in the text format of LSTNet (Lai et al. 2018), or the eight of them that are at hand."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Panel
from divecast.errors import DataError

START = "2012-01-01 00:00"
SHAPE = (26304, 321)
_TEXTS = ("electricity.txt.gz", "electricity.txt")
_PIECE = "full3y_8clients.csv.gz"
_FORMAT = (
    "electricity.txt.gz or electricity.txt as LSTNet has it: 26304 lines, one an hour from 2012-01-01 00:00, of 321 "
    f"numbers separated by commas, no header; or {_PIECE}, its eight real clients"
)


def read_electricity(path: Path, shape: tuple[int, int] = SHAPE) -> tuple[Panel, str]:
    """Read the hourly use of the clients, kWh, on the clock of the files.

    Reading the 321 clients takes about a second and 0.15 GiB.

    Args:
        path: the file, or a folder that holds it; the text goes before the eight clients.
        shape: hours and clients that the text must have.

    Returns:
        The panel, and a line about it.

    Raises:
        DataError: there is no such file, or its lines are not what the format says; names the line.
    """
    file = _find(path)
    if file.name != _PIECE:
        panel = read_lstnet(file, shape)
        return panel, f"LSTNet electricity, {len(panel.channels)} clients, {len(panel.values)} hours"
    panel = Panel.read(file)
    if len(panel.values) != shape[0] or str(panel.clock.start) != "2012-01-01T00:00:00":
        raise DataError(f"expected {shape[0]} hours from {START} in {file.name}, got {panel.clock}")
    return panel, (
        f"{len(panel.channels)} real clients of the LSTNet electricity, {len(panel.values)} hours; not comparable with "
        "the paper's 321"
    )


def read_lstnet(file: Path, shape: tuple[int, int]) -> Panel:
    """Read a text of ``shape`` (hours, clients); see ``read_electricity``."""
    names = [f"client{at:03}" for at in range(shape[1])]
    table = _parse(file, names)
    if table.num_rows != shape[0]:
        raise DataError(f"expected {shape[0]} lines in {file.name}, got {table.num_rows}; the file may be cut short")
    values = np.empty(shape, dtype=np.float32, order="F")
    for at, column in enumerate(table.columns):
        values[:, at] = column.to_numpy()
    _refuse_gaps(values, file.name)
    return Panel.from_array(values, START, "1h", channels=names)


def _find(path: Path) -> Path:
    if path.is_file() and (path.name == _PIECE or path.name.endswith((".txt", ".txt.gz"))):
        return path
    if path.is_dir():
        for name in (*_TEXTS, _PIECE):
            if (path / name).is_file():
                return path / name
        inside = sorted(entry.name for entry in path.iterdir())
        raise DataError(f"expected in the folder {path} {_FORMAT}; found {inside[:12] or 'nothing'}")
    raise DataError(f"expected {_FORMAT}; got {path}")


def _parse(file: Path, names: list[str]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    kinds = dict.fromkeys(names, pa.float32())
    try:
        return csv.read_csv(
            file,
            # One thread, as only then an error names its line.
            read_options=csv.ReadOptions(column_names=names, use_threads=False),
            convert_options=csv.ConvertOptions(column_types=kinds, null_values=[]),
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        words = str(error)
        words = words if len(words) <= 240 else f"{words[:240]} ..."
        raise DataError(f"expected in {file.name} {len(names)} numbers a line, separated by commas: {words}") from error


def _refuse_gaps(values: NDArray[np.float32], name: str) -> None:
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, client = bad[0]
        raise DataError(
            f"expected finite numbers in {name}, got {values[row, client]} in line {row + 1}, client {client} (from 0)"
        )
