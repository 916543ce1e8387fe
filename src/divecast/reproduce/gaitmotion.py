"""GaitMotion (arXiv 2405.09569): a foot sensor at 1000 Hz of people who walk normally, shuffle, or as after a stroke.

The layout is read off the loader published with the data (github.com/Zhang-Wenwen/GaitMotion, LoadData.py): a file
``<gait type>/P<participant>_<trial>...<side>.pkl`` holds an array, a frame and an index of segments. Columns 0 to 5 of
the array are acceleration and rotation, the last but one is 1 while the foot moves; row i + 1 of the frame has the
length, in cm, of the i-th stride that starts in the array.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Recordings
from divecast.errors import DataError
from divecast.reproduce.pickles import load_pickle

RATE = 1000.0
CHANNELS = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
_LENGTH = "Stride_length"
_GAIT_TYPES = {"normal": "normal", "shuffle": "shuffle", "parkinson": "shuffle", "stroke": "stroke"}
_SKIPPED = 200  # rows at the start that the published loader drops
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


def has_gaitmotion(path: Path) -> bool:
    """Whether there are pickles in the folder ``path`` or in folders within."""
    return path.is_dir() and any(path.rglob("*.pkl"))


def read_gaitmotion(path: Path) -> tuple[Recordings, str]:
    """Read all files below a folder: labels ``gait_type``, ``participant`` and, of rows, ``stride_length`` in metres.

    Returns:
        The recordings, 6 channels at 1000 Hz in the units of the files; and a line about them.

    Raises:
        DataError: a file is no pickle of arrays and tables, has another content, or its name says no gait type or
            participant.
    """
    files = sorted(path.rglob("*.pkl"))
    if not files:
        raise DataError(f"expected GaitMotion's files *.pkl below {path}, found none")
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
    # The folder given may itself be named for the gait type.
    types = {label for word, label in _GAIT_TYPES.items() if word in f"{folder.name}/{where}".lower()}
    numbers = re.findall(r"\d+", file.stem)
    if len(types) != 1 or not numbers:
        raise DataError(
            f"expected a gait type ({', '.join(sorted(_GAIT_TYPES))}) and the participant's number in folder and name, "
            f"as Normal/P1_2_L.pkl, got {where}"
        )
    array, frame = _content(file)
    rows = array[_SKIPPED:]
    stride = _stride_of_rows(rows[:, -2], np.asarray(frame[_LENGTH], dtype=np.float64)[1:] / 100)
    return Walk(str(where.with_suffix("")), numbers[0], types.pop(), rows[:, : len(CHANNELS)], stride)


def _content(file: Path) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    match load_pickle(file):
        case (np.ndarray() as array, dict() as frame, *_) if (
            array.ndim == 2
            and array.shape[1] >= len(CHANNELS) + 2
            and array.dtype.kind == "f"
            and len(array) > _SKIPPED
            and _LENGTH in frame
            and frame[_LENGTH].ndim == 1
            and frame[_LENGTH].dtype.kind in "fiu"
        ):
            return array, frame
        case found:
            raise DataError(
                f"expected an array (row, 8 or more columns) of over {_SKIPPED} rows and a frame with numbers in "
                f"{_LENGTH!r} in {file.name}, got {', '.join(map(_words, found[:4])) or 'nothing'}"
            )


def _words(item: Any) -> str:
    if isinstance(item, np.ndarray):
        return f"array {item.shape} of {item.dtype}"
    if isinstance(item, dict):
        held = f" with {_words(item[_LENGTH])} in {_LENGTH!r}" if _LENGTH in item else ""
        return f"frame {sorted(item)[:12]}{held}"
    return type(item).__name__


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
