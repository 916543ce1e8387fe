"""What a store holds beside its values: labels, covariates and facts of the series.

Every label and covariate is a file of raw little-endian numbers, (row,) or (row, channel): a covariate as float32, a
label of numbers as float64, and one of text as the places of its classes, which the header lists. Facts of the series
are in the header.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.names import check_unique, listed
from divecast.data.source import Column, Values
from divecast.data.sources.arrays import check_array, row_chunks
from divecast.data.tables.label_columns import distinct, label_array, present
from divecast.data.tables.numbers import to_float32
from divecast.data.tables.static import read_static
from divecast.data.time.clock import Clock
from divecast.errors import DataError

SUFFIXES = ("", ".1")
"""Of the files of a store, and of the one that replaces it."""

_FILE = re.compile(r"(?:values|covariate_\d+|label_\d+)(?:\.1)?\.(?:f32|f64|i16|i32)")
_TYPES = {"f32": "<f4", "f64": "<f8", "i16": "<i2", "i32": "<i4"}


class Beside(NamedTuple):
    """What to write beside the values.

    Attributes:
        labels: by name, each (row,) or (row, channel).
        covariates: by name, each (row,) or (row, channel), or chunks of rows of these shapes.
        static: by name, each (channel,).
    """

    labels: Mapping[str, Any]
    covariates: Mapping[str, Any]
    static: Mapping[str, Column]

    @classmethod
    def of(
        cls,
        labels: Mapping[str, Any] | None,
        covariates: Mapping[str, Any] | None,
        static: Any,
        channels: Sequence[str],
    ) -> "Beside":
        """Check names, and read the facts of the series.

        Raises:
            DataError: a label and a covariate have the same name, or the facts do not fit the series.
        """
        check_unique([*(labels or {}), *(covariates or {})], "label or covariate")
        return cls(labels or {}, covariates or {}, _facts(static, channels))


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A label or covariate in a file.

    Attributes:
        name: its name.
        kind: "covariate" or "label".
        number: place among those of its kind.
        type: "f32" for covariates, "f64" for labels of numbers, "i16" or "i32" for classes.
        per_series: whether it is (row, channel), not (row,).
        classes: classes of labels of text.
    """

    name: str
    kind: str
    number: int
    type: str
    per_series: bool
    classes: tuple[str, ...] | None = None

    def file(self, suffix: str) -> str:
        """Name of the file, in a store with this suffix."""
        return f"{self.kind}_{self.number}{suffix}.{self.type}"

    def to_dict(self) -> dict[str, Any]:
        """Values that JSON can hold; the kind and number are told by the place."""
        classes = None if self.classes is None else list(self.classes)
        return {"name": self.name, "type": self.type, "per_series": self.per_series, "classes": classes}

    @staticmethod
    def from_dict(plain: Mapping[str, Any], kind: str, number: int) -> "StoredColumn":
        """Read what :meth:`to_dict` wrote.

        Raises:
            ValueError, LookupError, TypeError: it is malformed.
        """
        classes = None if plain["classes"] is None else tuple(map(str, plain["classes"]))
        types = ("f32",) if kind == "covariate" else ("f64",) if classes is None else ("i16", "i32")
        if plain["type"] not in types or (kind == "covariate" and classes is not None):
            raise ValueError(f"expected a {kind} of type {' or '.join(types)}, got {plain['type']!r:.80}")
        return StoredColumn(str(plain["name"]), kind, number, plain["type"], bool(plain["per_series"]), classes)

    def open(self, folder: Path, suffix: str, clock: Clock, n_channels: int) -> Column:
        """The column: a read-only map of the file, or objects of text.

        Raises:
            ValueError: the file has another size, or classes that the header lacks.
        """
        shape = (clock.length, n_channels) if self.per_series else (clock.length,)
        path, kind = folder / self.file(suffix), np.dtype(_TYPES[self.type])
        expected, found = kind.itemsize * int(np.prod(shape)), path.stat().st_size
        if found != expected:
            raise ValueError(f"expected {expected} bytes in {path.name} (shape {shape}), found {found}")
        column: Column = np.memmap(path, dtype=kind, mode="r", shape=shape)
        if self.classes is None:
            return column
        if column.min() < -1 or column.max() >= len(self.classes):
            raise ValueError(f"expected places of {len(self.classes)} classes in {path.name}")
        labels: Column = np.array([*self.classes, None], dtype=object)[column]
        return labels


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """All that a store holds beside its values.

    Attributes:
        columns: labels and covariates.
        static: facts of the series, each (channel,).
    """

    columns: tuple[StoredColumn, ...] = ()
    static: tuple[tuple[str, Column], ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.columns or self.static)

    def files(self, suffix: str) -> list[str]:
        """Names of the files, in a store with this suffix."""
        return [column.file(suffix) for column in self.columns]

    def of_kind(self, kind: str) -> list[StoredColumn]:
        """Columns of a kind, in order."""
        return [column for column in self.columns if column.kind == kind]

    def to_dict(self) -> dict[str, Any]:
        """Values that JSON can hold."""
        facts = [
            {"name": name, "text": column.dtype.kind == "O", "facts": present(column)} for name, column in self.static
        ]
        return {
            "covariates": [column.to_dict() for column in self.of_kind("covariate")],
            "labels": [column.to_dict() for column in self.of_kind("label")],
            "static": facts,
        }

    @staticmethod
    def from_dict(plain: Mapping[str, Any], n_channels: int) -> "StoredColumns":
        """Read what :meth:`to_dict` wrote.

        Raises:
            ValueError, LookupError, TypeError, DataError: it is malformed.
        """
        columns = tuple(
            StoredColumn.from_dict(one, kind, number)
            for kind, title in (("covariate", "covariates"), ("label", "labels"))
            for number, one in enumerate(plain[title])
        )
        static = tuple((str(one["name"]), _read_facts(one)) for one in plain["static"])
        check_unique([column.name for column in columns], "label or covariate")
        check_unique([name for name, _ in static], "fact")
        if wrong := [name for name, facts in static if len(facts) != n_channels]:
            raise ValueError(f"expected {n_channels} facts of {listed(wrong)}")
        return StoredColumns(columns, static)


def write_columns(folder: Path, suffix: str, beside: Beside, channels: Sequence[str], clock: Clock) -> StoredColumns:
    """Write labels and covariates to their files.

    Args:
        folder: folder of the store.
        suffix: suffix of its files.
        beside: what to write.
        channels: names of the channels.
        clock: times of the rows.

    Raises:
        DataError: a column has another shape than the values, or a covariate values that are infinite or too large.
    """
    covariates = [
        _write_covariate(folder, suffix, StoredColumn(name, "covariate", number, "f32", False), given, channels, clock)
        for number, (name, given) in enumerate(beside.covariates.items())
    ]
    labels = [
        _write_label(folder, suffix, name, number, given, (clock.length, len(channels)))
        for number, (name, given) in enumerate(beside.labels.items())
    ]
    return StoredColumns((*covariates, *labels), tuple(beside.static.items()))


def stale_files(folder: Path, kept: Sequence[str]) -> list[Path]:
    """Files of a former store, or of one that was not finished, in the folder of a store that has other files."""
    return [path for path in folder.iterdir() if _FILE.fullmatch(path.name) and path.name not in kept]


def _write_covariate(
    folder: Path, suffix: str, column: StoredColumn, given: Any, channels: Sequence[str], clock: Clock
) -> StoredColumn:
    shapes, rows = set(), 0
    titles = [f"{column.name} of {name}" for name in channels]
    with open(folder / column.file(suffix), "wb") as file:
        for chunk in _numbers(column.name, given):
            first = rows

            def row_text(row: int, first: int = first) -> str:
                return f"row {first + row} ({clock.time_text(first + row)})"

            shapes.add(chunk.shape[1:])
            if shapes not in ({()}, {(len(channels),)}):
                raise DataError(
                    f"Covariate {column.name!r} has the wrong shape",
                    expected=f"chunks (row,), or all (row, {len(channels)})",
                    found=f"{chunk.shape}",
                    argument="covariates",
                )
            if chunk.ndim == 2 and len(chunk):
                values: Values = check_array(chunk, titles, row_text, "covariate")
            else:
                values = to_float32(chunk, column.name, row_text, "covariate")
            file.write(np.ascontiguousarray(values, dtype="<f4").data)
            rows += len(chunk)
        os.fsync(file.fileno())
    _check_rows("Covariate", column.name, rows, clock.length)
    return StoredColumn(column.name, "covariate", column.number, "f32", (len(channels),) in shapes)


def _numbers(name: str, given: Any) -> Iterator[NDArray[Any]]:
    """Chunks of rows of a covariate, given whole or in chunks."""
    if isinstance(given, np.ndarray):
        n_columns = given.shape[1] if given.ndim == 2 else 1
        return (_as_numbers(name, given[rows]) for rows in row_chunks(len(given), n_columns))
    if isinstance(given, list | tuple) and all(np.ndim(one) == 0 for one in given):
        return iter([_as_numbers(name, given)])
    if not isinstance(given, Iterable):
        raise DataError(f"Covariate {name!r} must be an array or chunks of rows", argument="covariates")
    return (_as_numbers(name, chunk) for chunk in given)


def _as_numbers(name: str, chunk: Any) -> NDArray[Any]:
    try:
        array = np.asarray(chunk)
        return array if array.dtype.kind in "fiub" else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"Covariate {name!r} must hold numbers ({error})", argument="covariates") from error


def _write_label(folder: Path, suffix: str, name: str, number: int, given: Any, shape: tuple[int, int]) -> StoredColumn:
    label = _as_labels(given)
    if label.shape[1:] not in ((), shape[1:]):
        raise DataError(
            f"Label {name!r} has the wrong shape",
            expected=f"({shape[0]},) or {shape}",
            found=f"{label.shape}",
            argument="labels",
        )
    _check_rows("Label", name, len(label), shape[0])
    if label.dtype.kind == "f":
        column, numbers = StoredColumn(name, "label", number, "f64", label.ndim == 2), label
    else:
        classes, numbers = distinct(label)
        kind = "i16" if len(classes) <= np.iinfo(np.int16).max else "i32"
        column = StoredColumn(name, "label", number, kind, label.ndim == 2, tuple(classes))
    with open(folder / column.file(suffix), "wb") as file:
        file.write(np.ascontiguousarray(numbers, dtype=_TYPES[column.type]).data)
        os.fsync(file.fileno())
    return column


def _as_labels(given: Any) -> Column:
    cells = given if isinstance(given, np.ndarray) else np.asarray(given, dtype=object)
    return cells.astype(np.float64) if cells.dtype.kind == "f" else label_array(cells.ravel()).reshape(cells.shape)


def _check_rows(title: str, name: str, found: int, expected: int) -> None:
    if found != expected:
        raise DataError(
            f"{title} {name!r} has another number of rows than the values",
            expected=str(expected),
            found=str(found),
            argument=f"{title.lower()}s",
        )


def _facts(static: Any, channels: Sequence[str]) -> dict[str, Column]:
    if static is None:
        return {}
    if not isinstance(static, Mapping):
        facts = read_static(static, channels)
    else:
        facts = {name: _as_labels(column) for name, column in static.items()}
    for name, column in facts.items():
        if column.shape != (len(channels),) or (column.dtype.kind == "f" and np.isinf(column).any()):
            raise DataError(
                f"Fact {name!r} does not fit the series",
                expected=f"{len(channels)} finite numbers or texts",
                found=f"{column.shape}",
                argument="static",
            )
    return facts


def _read_facts(plain: Mapping[str, Any]) -> Column:
    facts = plain["facts"]
    if not plain["text"]:
        return np.array([np.nan if fact is None else float(fact) for fact in facts])
    column = np.full(len(facts), None, dtype=object)
    column[:] = [None if fact is None else str(fact) for fact in facts]
    return column
