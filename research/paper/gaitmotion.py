"""GaitMotion (arXiv 2405.09569): a foot sensor at 1000 Hz of people who walk normally, shuffle, or as after a stroke.

The data are published as pickles, which can run code when they are opened, so that whoever trusts them writes tables:

    array, strides, *_ = pandas.read_pickle("Normal/P1_2_L.pkl")
    table = pandas.DataFrame(array[:, [0, 1, 2, 3, 4, 5, -2]], columns=COLUMNS[:-1])
    table.join(strides["Stride_length"].reset_index(drop=True)).to_parquet("Normal/P1_2_L.parquet")

The layout is that of the loader published with the data (github.com/Zhang-Wenwen/GaitMotion, LoadData.py). The path of
a file names gait type and participant, as in ``Normal/P1_2_L.parquet``.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Recordings, read_table
from divecast.errors import DataError

RATE = 1000.0
CHANNELS = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
COLUMNS = (*CHANNELS, "moving", "Stride_length")
"""Columns of a table, one row per ms: the channels, 1 while the foot moves, and in row i the length of stride i, cm."""

_GAIT_TYPES = {"normal": "normal", "shuffle": "shuffle", "parkinson": "shuffle", "stroke": "stroke"}
_SKIPPED = 200  # rows at the start that the published loader drops
_NAMES = f"expected files such as Normal/P1_2_L.parquet, gait types {', '.join(sorted(_GAIT_TYPES))}"
_SLACK = 2  # strides that array and frame may differ by, at both ends, before their order is not trusted


@dataclass(frozen=True, eq=False, slots=True)
class Walk:
    """One file.

    Attributes:
        name: of the file, with its folder.
        participant: number as text.
        gait_type: normal, shuffle or stroke.
        values: (row, channel) as recorded.
        stride: (row,) length in metres of the last stride completed, NaN where there is none.
    """

    name: str
    participant: str
    gait_type: str
    values: NDArray[Any]
    stride: NDArray[np.float64]


def gaitmotion_files(path: Path) -> list[Path]:
    """Return the tables below the folder ``path`` whose path names a gait type."""
    files = sorted(file for file in path.rglob("*") if file.suffix in (".parquet", ".csv"))
    return [file for file in files if _gait_types(file, path)]


def read_gaitmotion(path: Path) -> tuple[Recordings, str]:
    """Read all tables below a folder: labels ``gait_type``, ``participant`` and, of rows, ``stride_length`` in metres.

    Each is a Parquet or CSV file with the columns ``COLUMNS``. ``Stride_length`` has the strides from the first row on
    and is empty below; its first is of a stride before the recording, so that stride i + 1 is the i-th that starts in
    it.

    Returns:
        The recordings, 6 channels at 1000 Hz in the units of the files; and a line about them.

    Raises:
        DataError: There is no such file, one lacks a column or has another content, or its name says no participant or
            several gait types.
    """
    files = gaitmotion_files(path)
    if not files:
        raise DataError(f"No table of GaitMotion in {path}: {_NAMES}")
    walks = [read_walk(file, path) for file in files]
    whole = Recordings.from_arrays(
        [walk.values for walk in walks],
        labels={"gait_type": [w.gait_type for w in walks], "participant": [w.participant for w in walks]},
        rate=RATE,
        channels=CHANNELS,
        names=[walk.name for walk in walks],
    )
    strides = np.concatenate([walk.stride for walk in walks])
    labelled = Recordings(
        whole.values, whole.offsets, whole.names, whole.channels, RATE, whole.labels, {"stride_length": strides}
    )
    unclear = sum(bool(np.isnan(walk.stride).all()) for walk in walks)
    about = (
        f"GaitMotion, {len({walk.participant for walk in walks})} people, {len(walks)} recordings of "
        f"{len(strides) / RATE / 60:.0f} min in all, 6 channels, 1000 Hz"
    ) + (
        f"; {unclear} recordings without stride lengths, as array and frame count strides differently"
        if unclear
        else ""
    )
    return labelled, about


def read_walk(file: Path, folder: Path) -> Walk:
    """Read one file below ``folder``; see ``read_gaitmotion``."""
    where = file.relative_to(folder)
    gait_types, numbers = _gait_types(file, folder), re.findall(r"\d+", file.stem)
    if len(gait_types) != 1 or not numbers:
        raise DataError(f"The path of {where} does not name one gait type and a participant: {_NAMES}")
    columns = _read_columns(file)
    rows = {name: column[_SKIPPED:] for name, column in columns.items()}
    lengths = columns["Stride_length"]
    lengths = lengths[: np.flatnonzero(~np.isnan(lengths)).max(initial=-1) + 1]
    values = np.stack([rows[name] for name in CHANNELS], axis=1)
    stride = _stride_of_rows(rows["moving"], lengths[1:] / 100)
    return Walk(where.with_suffix("").as_posix(), numbers[0], gait_types.pop(), values, stride)


def _gait_types(file: Path, folder: Path) -> set[str]:
    """Return the gait types that the path of a file names; the folder given may itself be named for one."""
    path = f"{folder.name}/{file.relative_to(folder)}".lower()
    return {label for word, label in _GAIT_TYPES.items() if word in path}


def _read_columns(file: Path) -> dict[str, NDArray[np.float64]]:
    table = read_table(file)
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing or table.num_rows <= _SKIPPED:
        raise DataError(
            f"{file.name} is no table of GaitMotion",
            expected=f"columns {', '.join(COLUMNS)} and more than {_SKIPPED} rows",
            found=f"{table.num_rows} rows without {', '.join(missing)}" if missing else f"{table.num_rows} rows",
        )
    try:
        return {name: table.column(name).to_numpy().astype(np.float64) for name in COLUMNS}
    except (TypeError, ValueError) as error:
        raise DataError(f"{file.name} has cells that are no numbers: {error}") from error


def _stride_of_rows(moves: NDArray[Any], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """(row,) length of the last stride completed, from the flag that is 1 while the foot moves."""
    change = np.diff(moves)
    starts, ends = np.flatnonzero(change == 1) + 1, np.flatnonzero(change == -1) + 1
    ends = ends[np.searchsorted(ends, starts[0]) :] if len(starts) else ends[:0]
    if not len(ends) or abs(len(starts) - len(lengths)) > _SLACK:
        return np.full(len(moves), np.nan)
    known = np.full(len(ends), np.nan)
    known[: len(lengths)] = lengths[: len(ends)]
    last = np.searchsorted(ends, np.arange(len(moves)), side="right") - 1
    return np.where(last >= 0, known[np.maximum(last, 0)], np.nan)
