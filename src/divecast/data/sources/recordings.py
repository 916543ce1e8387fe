"""Many separate multichannel recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.as_read import NO_TABLE, AsRead, Backend
from divecast.data.names import check_count, check_known, chosen, one_form
from divecast.data.source import Column, Values
from divecast.data.sources.arrays import check_array, hash_values, take_channels
from divecast.data.tables.as_written import all_as_written
from divecast.data.tables.columns import column_names, get_series, open_frame
from divecast.data.tables.folder import Files, read_folder
from divecast.data.tables.grid import empty_values
from divecast.data.tables.ids import number_ids
from divecast.data.tables.label_columns import label_array, read_labels, same_labels
from divecast.data.tables.not_channels import not_channels_of_recordings
from divecast.data.tables.numbers import RowText, read_numbers
from divecast.data.tables.recording_clock import rate_of_clock
from divecast.data.tables.recording_labels import labels_of_recordings
from divecast.errors import DataError

RECORDING = "recording"
"""Column that names the recordings of a folder, where no other name is told."""


@dataclass(frozen=True, eq=False, repr=False)
class Recordings:
    """Recordings of the same channels, one after another.

    Attributes:
        values: (row, channel) float32 in original units, NaN where missing.
        offsets: (recording + 1,) first row of every recording, and the number of rows at the end.
        names: names of the recordings.
        channels: names of the channels.
        rate: sampling rate, Hz.
        labels: labels of whole recordings, each (recording,).
        row_labels: labels of rows, each (row,).
        backend: kind of table the data came from, in which results are returned.
        as_read: how the table was read that they came from, and the names of the recordings as they were there.

    Example:
        >>> arrays = [np.zeros((200, 3)), np.zeros((150, 3))]
        >>> Recordings.from_arrays(arrays, labels={"gait": ["walk", "run"]}, rate=50, channels=["x", "y", "z"])
        Recordings(2 of 150 to 200 rows, 3 channels, 50 Hz)
    """

    values: Values
    offsets: NDArray[np.int64]
    names: tuple[str, ...]
    channels: tuple[str, ...]
    rate: float = 1.0
    labels: Mapping[str, Column] = field(default_factory=dict)
    row_labels: Mapping[str, Column] = field(default_factory=dict)
    backend: Backend = "numpy"
    as_read: AsRead = NO_TABLE

    @property
    def clock(self) -> None:
        """None: recordings have no common clock."""
        return None

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(recording,) number of rows."""
        return np.diff(self.offsets)

    def has_label(self, name: str) -> bool:
        """Whether there are labels of this name, of rows or of recordings.

        Example:
            >>> recordings.has_label("exercise")
            True
        """
        return name in self.row_labels or name in self.labels

    def label_column(self, name: str) -> Column:
        """(row,) labels of this name; those of a recording are repeated over its rows.

        Raises:
            DataError: there are no labels of this name.

        Example:
            >>> recordings.label_column("exercise").shape == (len(recordings.values),)
            True
        """
        if name in self.row_labels:
            return self.row_labels[name]
        check_known(
            [name],
            sorted([*self.labels, *self.row_labels]),
            "label",
            hint="Name the columns of labels in {labels}, or pass a table of labels as {known}",
        )
        return np.repeat(self.labels[name], self.lengths)

    def has_covariate(self, name: str) -> bool:  # noqa: ARG002  any name
        """False: recordings have no covariates.

        Example:
            >>> recordings.has_covariate("temperature")
            False
        """
        return False

    def covariate(self, name: str) -> Values:
        """Recordings have no covariates.

        Raises:
            DataError: always.

        Example:
            >>> recordings.covariate("temperature")
            Traceback (most recent call last):
            ...
            divecast.errors.DataError: There is no covariate 'temperature': recordings have none, only panels do...
        """
        raise DataError(
            f"There is no covariate {name!r}: recordings have none, only panels do",
            hint="Leave it out of {covariates}, or keep it as a channel",
        )

    def static_column(self, name: str) -> Column:
        """Recordings have no facts of their channels.

        Raises:
            DataError: always.

        Example:
            >>> recordings.static_column("weight")
            Traceback (most recent call last):
            ...
            divecast.errors.DataError: There is no fact 'weight' of the series: recordings have none, only panels do
        """
        raise DataError(f"There is no fact {name!r} of the series: recordings have none, only panels do")

    def select(self, channels: Sequence[str]) -> "Recordings":
        """The same rows with these channels, in this order.

        Raises:
            DataError: a channel is unknown or named twice, or there is none.

        Example:
            >>> recordings.select(["wx", "ax"]).channels
            ('wx', 'ax')
        """
        wanted = tuple(map(one_form, channels))
        return replace(self, values=take_channels(self.values, wanted, self.channels), channels=wanted)

    def with_labels(self, table: Any, recording: str | None = None) -> "Recordings":
        """The same rows with the labels of a second table, beside their own.

        Recordings without a row have no label, and rows of other recordings are left out, both with a DataWarning.

        Args:
            table: a pandas, polars or pyarrow table, or the path of one, with one row per recording. Its columns that
                are not empty are labels; one of a name that is there already replaces it.
            recording: column that names the recordings; by default the one that names most of them.

        Raises:
            DataError: no row names a recording, or two the same one.

        Example:
            >>> import pandas as pd
            >>> trials = Recordings.from_arrays([np.zeros((5, 2)), np.zeros((8, 2))], names=["a", "b"])
            >>> table = pd.DataFrame({"trial": ["b", "a"], "when": ["after", "before"]})
            >>> trials.with_labels(table).labels["when"].tolist()
            ['before', 'after']
        """
        title = Path(table).name if isinstance(table, str | Path) else "the table of labels"
        frame = open_frame(all_as_written(table))[0]
        key = recording and one_form(recording)
        return replace(self, labels={**self.labels, **labels_of_recordings(frame, self.names, key, title)})

    def fingerprint(self) -> str:
        """SHA-256 of channels, bounds and values, as hex.

        Example:
            >>> recordings.fingerprint() == recordings.select(["wx", "ax"]).fingerprint()
            False
        """
        return hash_values([list(self.channels), self.offsets.tolist(), self.rate], self.values)

    def __repr__(self) -> str:
        """Size in one line."""
        size = f"{len(self.names)} of {self.lengths.min()} to {self.lengths.max()} rows"
        return f"Recordings({size}, {plural(len(self.channels), 'channel')}, {self.rate:g} Hz)"

    @classmethod
    def from_arrays(
        cls,
        arrays: Sequence[NDArray[Any]] | Mapping[str, NDArray[Any]],
        labels: Mapping[str, Sequence[Any]] | None = None,
        rate: float = 1.0,
        channels: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
    ) -> "Recordings":
        """Take one array per recording.

        Args:
            arrays: each (time, channel), NaN where missing; or a mapping of the names of the recordings to them.
            labels: labels of whole recordings by name, one per recording, None where missing.
            rate: sampling rate, Hz.
            channels: names of the channels; by default c0, c1, ...
            names: names of the recordings; by default those of the mapping, else r0, r1, ...

        Raises:
            DataError: there is no recording, shapes, names or labels do not fit together, or values are infinite.

        Example:
            >>> Recordings.from_arrays([np.zeros((5, 2)), np.zeros((8, 2))], rate=50).lengths.tolist()
            [5, 8]
        """
        if isinstance(arrays, Mapping):
            names, arrays = [*arrays] if names is None else names, [*arrays.values()]
        _check_shapes(arrays)
        width = np.shape(arrays[0])[1]
        channel_names = tuple(channels) if channels is not None else tuple(f"c{column}" for column in range(width))
        titles = tuple(names) if names is not None else tuple(f"r{number}" for number in range(len(arrays)))
        check_count(titles, len(arrays), "recording")
        checked = [
            check_array(np.asarray(array), channel_names, _row_in(title))
            for array, title in zip(arrays, titles, strict=True)
        ]
        values = np.concatenate([array.T for array in checked], axis=1).T
        offsets = _offsets([len(array) for array in arrays])
        return cls(values, offsets, titles, channel_names, _check_rate(rate), _label_arrays(labels, len(arrays)))

    @classmethod
    def from_long(
        cls,
        frame: Any,
        recording: str,
        channels: Sequence[str] | None = None,
        labels: Sequence[str] = (),
        rate: float | None = None,
        time: str | None = None,
    ) -> "Recordings":
        """Read a table with one row per time step, in order of time within each recording.

        Args:
            frame: a pandas, polars or pyarrow table.
            recording: column that names the recording.
            channels: columns of values; by default all that are neither labels nor ids, clocks, counters or constant,
                which are named in a DataWarning.
            labels: Label columns; one that is constant within every recording is a label of the recording.
            rate: sampling rate, Hz; by default that of the clock in ``time``, else 1.
            time: column of times, which is not read if the rate is told.

        Returns:
            The recordings, in order of appearance.

        Raises:
            DataError: a column is absent, a cell is not a finite number, or the clock has several rates.

        Example:
            >>> import pandas as pd
            >>> table = pd.DataFrame({"trial": ["a", "a", "b"], "x": [1.0, 2.0, 3.0], "gait": ["walk", "walk", "run"]})
            >>> trials = Recordings.from_long(table, recording="trial", channels=["x"], labels=["gait"], rate=50)
            >>> trials.labels["gait"].tolist()
            ['walk', 'run']
        """
        table, backend = open_frame(frame)
        recording, time = one_form(recording), time and one_form(time)
        channels = channels and [one_form(name) for name in channels]
        labels = [one_form(name) for name in labels]
        check_known((recording, *([time] if time else ()), *(channels or ()), *labels), column_names(table), "column")
        names, numbers, ids = number_ids(table, (recording,))
        left_out: tuple[str, ...] = ()
        if channels is None:
            aside = {recording, time, *labels}
            free = [name for name in column_names(table) if name not in aside]
            channels = not_channels_of_recordings(table, free, numbers)
            left_out = tuple(name for name in free if name not in channels)
        order = np.argsort(numbers, kind="stable")
        if rate is None and time is not None:
            clock = table.select(time)[order.tolist()]
            rate = rate_of_clock(clock, numbers[order].astype(np.int64), names, time, None)[1]
        values = empty_values(len(numbers), len(channels))

        def row_text(row: int) -> str:
            return f"row {row} (counting from 0, recording {names[numbers[row]]!r})"

        for channel, name in enumerate(channels):
            values[:, channel] = read_numbers(get_series(table, name), name, row_text)[order]
        offsets = _offsets(np.bincount(numbers).tolist())
        columns = {name: read_labels(get_series(table, name))[order] for name in labels}
        whole = {name: column[offsets[:-1]] for name, column in columns.items() if _is_constant(column, offsets)}
        rows = {name: column for name, column in columns.items() if name not in whole}
        as_read = AsRead("recordings", time, names=names, ids=ids, left_out=left_out)
        hertz = _check_rate(1.0 if rate is None else rate)
        return cls(values, offsets, names, tuple(channels), hertz, whole, rows, backend, as_read)

    @classmethod
    def from_folder(
        cls,
        folder: str | Path,
        labels: Any = None,
        rate: float | None = None,
        channels: Sequence[str] = (),
        time: str | None = None,
    ) -> "Recordings":
        r"""Read a folder of files with one recording each, named as the file without its ending.

        Args:
            folder: the folder; files in folders within it are named with them, as in ``p01/walk``. Files without rows
                are left out with a DataWarning.
            labels: a table of labels, as in :meth:`with_labels`; it may lie in the folder.
            rate: sampling rate, Hz; by default that of the clock.
            channels: columns of values; by default as in :meth:`from_long`. All files need them.
            time: column of the clock; by default one with a usual name, such as time.

        Raises:
            DataError: files have other columns than the others, or the same name; the rate does not fit the clock; or
                as in :meth:`from_long` and :meth:`with_labels`.

        Example:
            >>> trials = folder / "trials"
            >>> trials.mkdir(exist_ok=True)
            >>> for name in ("before", "after"):
            ...     _ = (trials / f"{name}.csv").write_text("time,x\n0.00,1.5\n0.01,1.7\n0.02,1.4\n")
            >>> Recordings.from_folder(trials)
            Recordings(2 of 3 to 3 rows, 1 channel, 100 Hz)
        """
        beside = Path(labels) if isinstance(labels, str | Path) else None
        table = read_folder(Path(folder), RECORDING, Files(channels=channels, beside=beside))
        chosen_channels = chosen(channels, table.column_names) if channels else None
        source = cls.from_files(table, RECORDING, chosen_channels, (), rate, time)
        return source if labels is None else source.with_labels(labels)

    @classmethod
    def from_files(
        cls,
        frame: Any,
        recording: str,
        channels: Sequence[str] | None = None,
        labels: Sequence[str] = (),
        rate: float | None = None,
        time: str | None = None,
    ) -> "Recordings":
        """Read a table as :meth:`from_long` does, with the rate of its clock; arguments and errors as there.

        Example:
            >>> import pandas as pd
            >>> table = pd.DataFrame({"trial": ["a", "a", "b", "b"], "time": [0, 0.02] * 2, "x": [1.0, 2.0, 3.0, 4.0]})
            >>> Recordings.from_files(table, "trial").rate
            50.0
        """
        opened = open_frame(frame)[0]
        names, numbers, _ = number_ids(opened, (recording,))
        asked = None if rate is None else _check_rate(rate)
        clock, told = rate_of_clock(opened, numbers.astype(np.int64), names, time, asked)
        return cls.from_long(opened, recording, channels, labels, told, clock)


def _check_shapes(arrays: Sequence[NDArray[Any]]) -> None:
    if not len(arrays):
        raise DataError("There is no recording", argument="arrays")
    width = np.shape(arrays[0])[-1] if np.ndim(arrays[0]) == 2 else "channel"
    for number, array in enumerate(arrays):
        if np.ndim(array) != 2 or np.shape(array)[1] != width or not len(array):
            raise DataError(
                f"Recording {number} has the wrong shape",
                expected=f"(time, {width}) with at least one row",
                found=f"{np.shape(array)}",
                argument="arrays",
            )


def _row_in(recording: str) -> RowText:
    return lambda row: f"row {row} of recording {recording!r}"


def _offsets(lengths: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _check_rate(rate: float) -> float:
    if isinstance(rate, bool) or not isinstance(rate, Real) or not (np.isfinite(rate) and rate > 0):
        raise DataError(expected="a rate above 0 Hz", found=repr(rate), argument="rate")
    return float(rate)


def _label_arrays(labels: Mapping[str, Sequence[Any]] | None, count: int) -> dict[str, Column]:
    columns = {name: label_array(list(cells)) for name, cells in (labels or {}).items()}
    for name, column in columns.items():
        if len(column) != count:
            raise DataError(
                f"Label {name!r} must have one entry per recording",
                expected=str(count),
                found=str(len(column)),
                hint="Use None where it is unknown",
                argument="labels",
            )
    return columns


def _is_constant(column: Column, offsets: NDArray[np.int64]) -> bool:
    first = np.repeat(column[offsets[:-1]], np.diff(offsets))
    return bool(same_labels(column, first).all())
