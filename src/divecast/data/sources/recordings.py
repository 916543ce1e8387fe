"""Many separate multichannel recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.source import Backend, Column, Values
from divecast.data.sources.arrays import check_array, hash_values, take_channels
from divecast.data.tables.columns import (
    check_names,
    get_series,
    label_array,
    label_missing,
    name_codes,
    open_frame,
    pick_columns,
    read_labels,
    read_numbers,
)
from divecast.data.tables.grid import empty_values
from divecast.errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class Recordings:
    """Recordings of the same channels, after one another.

    Attributes:
        values: (row, channel) float32 in original units, NaN where missing.
        offsets: (recording + 1,) first row of every recording, and the number of rows at the end.
        names: Names of the recordings.
        channels: Names of the channels.
        rate: Rows a second, Hz.
        labels: Labels of whole recordings, each (recording,).
        row_labels: Labels of rows, each (row,).
        backend: Kind of table the data came from.
    """

    values: Values
    offsets: NDArray[np.int64]
    names: tuple[str, ...]
    channels: tuple[str, ...]
    rate: float = 1.0
    labels: Mapping[str, Column] = field(default_factory=dict)
    row_labels: Mapping[str, Column] = field(default_factory=dict)
    backend: Backend = "numpy"

    @property
    def clock(self) -> None:
        """Recordings have no common clock."""
        return None

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(recording,) rows of every recording."""
        return np.diff(self.offsets)

    def has_label(self, name: str) -> bool:
        """Whether there are labels called ``name``, of rows or of recordings."""
        return name in self.row_labels or name in self.labels

    def label_column(self, name: str) -> Column:
        """(row,) labels called ``name``; those of a recording are repeated over its rows.

        Raises:
            DataError: There are no such labels.
        """
        if name in self.row_labels:
            return self.row_labels[name]
        if name in self.labels:
            return np.repeat(self.labels[name], self.lengths)
        have = sorted([*self.labels, *self.row_labels])
        raise DataError(f"expected a label {name!r}, the recordings have {have or 'none'}; give it with labels=")

    def select(self, channels: Sequence[str]) -> "Recordings":
        """The same rows with these channels, in this order.

        Raises:
            DataError: A channel is unknown or named twice, or none is given.
        """
        wanted = tuple(channels)
        return replace(self, values=take_channels(self.values, wanted, self.channels), channels=wanted)

    def fingerprint(self) -> str:
        """Sha256 of channels, bounds and values, as hex."""
        return hash_values([list(self.channels), self.offsets.tolist(), self.rate], self.values)

    def __repr__(self) -> str:
        """Size in one line."""
        size = f"{len(self.names)} of {self.lengths.min()} to {self.lengths.max()} rows"
        return f"Recordings({size}, {plural(len(self.channels), 'channel')}, {self.rate:g} Hz)"

    @classmethod
    def from_arrays(
        cls,
        arrays: Sequence[NDArray[Any]],
        labels: Mapping[str, Sequence[Any]] | None = None,
        rate: float = 1.0,
        channels: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> "Recordings":
        """Take one array a recording.

        Args:
            arrays: Each (time, channel), NaN where missing.
            labels: Labels of whole recordings by name, one a recording, None where missing.
            rate: Rows a second, Hz.
            channels: Names; c0, c1, ... when left out.
            names: Names of the recordings; r0, r1, ... when left out.

        Returns:
            The recordings.

        Raises:
            DataError: There is none, shapes, names or labels do not fit together, or values are infinite.
        """
        _refuse_shapes(arrays)
        of = tuple(channels) if channels is not None else tuple(f"c{at}" for at in range(arrays[0].shape[1]))
        titles = tuple(names) if names is not None else tuple(f"r{at}" for at in range(len(arrays)))
        if len(titles) != len(arrays):
            raise DataError(f"expected {len(arrays)} names, one a recording, got {len(titles)}")
        check_names(titles, "recording")
        parts = [check_array(np.asarray(a), of, _in_recording(t)) for a, t in zip(arrays, titles, strict=True)]
        values = np.concatenate([part.T for part in parts], axis=1).T
        return cls(values, _offsets([len(a) for a in arrays]), titles, of, _rate(rate), _labels(labels, len(arrays)))

    @classmethod
    def from_long(
        cls,
        frame: Any,
        recording: str,
        channels: Sequence[str],
        labels: Sequence[str] = (),
        rate: float = 1.0,
    ) -> "Recordings":
        """Read a table with one row a time step, in order of time within each recording.

        Args:
            frame: A pandas, polars or pyarrow table.
            recording: The column that names the recording.
            channels: The columns of values.
            labels: Label columns; one that is constant within all recordings is a label of the recording.
            rate: Rows a second, Hz.

        Returns:
            The recordings, in order of appearance.

        Raises:
            DataError: A column is absent, or a cell is no finite number.
        """
        table, backend = open_frame(frame)
        pick_columns(table, (recording, *channels, *labels), "columns")
        names, codes = name_codes(get_series(table, recording))
        order = np.argsort(codes, kind="stable")
        values = empty_values(len(codes), len(channels))
        for at, name in enumerate(channels):
            where = _in_table(names, codes)
            values[:, at] = read_numbers(get_series(table, name), name, where)[order]
        offsets = _offsets(np.bincount(codes).tolist())
        columns = {name: read_labels(get_series(table, name))[order] for name in labels}
        whole = {name: column[offsets[:-1]] for name, column in columns.items() if _constant(column, offsets)}
        rows = {name: column for name, column in columns.items() if name not in whole}
        return cls(values, offsets, names, tuple(channels), _rate(rate), whole, rows, backend)


def _refuse_shapes(arrays: Sequence[NDArray[Any]]) -> None:
    if not len(arrays):
        raise DataError("expected at least one recording, got none")
    width = np.shape(arrays[0])[-1] if np.ndim(arrays[0]) == 2 else "channel"
    for at, array in enumerate(arrays):
        if np.ndim(array) != 2 or np.shape(array)[1] != width or not len(array):
            raise DataError(
                f"expected recordings (time, {width}) with rows, got shape {np.shape(array)} for number {at}"
            )


def _in_recording(name: str) -> Any:
    return lambda row: f"recording {name!r}, row {row}"


def _in_table(names: tuple[str, ...], codes: NDArray[np.int64]) -> Any:
    return lambda row: f"row {row} (counting from 0, recording {names[codes[row]]!r})"


def _offsets(lengths: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _rate(rate: float) -> float:
    if isinstance(rate, bool) or not isinstance(rate, Real) or not (np.isfinite(rate) and rate > 0):
        raise DataError(f"expected a rate above 0 Hz, got {rate!r}")
    return float(rate)


def _labels(labels: Mapping[str, Sequence[Any]] | None, n: int) -> dict[str, Column]:
    columns = {name: label_array(list(cells)) for name, cells in (labels or {}).items()}
    for name, column in columns.items():
        if len(column) != n:
            raise DataError(f"expected {n} labels {name!r}, one a recording, got {len(column)}; use None where unknown")
    return columns


def _constant(column: Column, offsets: NDArray[np.int64]) -> bool:
    first = np.repeat(column[offsets[:-1]], np.diff(offsets))
    same = (column == first) | (label_missing(column) & label_missing(first))
    return bool(np.all(same))
