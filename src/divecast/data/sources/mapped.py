"""Data that several processes, on one machine or a shared folder, read from the same file."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import Recordings

_ROWS_AT_ONCE = 1 << 14


@dataclass(frozen=True, eq=False, slots=True)
class MappedArray:
    """An array in a file.

    Attributes:
        file: the file.
        offset: where the array begins in it, bytes.
        dtype: type of the values.
        shape: its shape.
        stored: whether the values are those of a store, which is not searched for absurd readings as others are.
    """

    file: Path
    offset: int
    dtype: DTypeLike
    shape: tuple[int, ...]
    stored: bool

    @classmethod
    def of(cls, values: Any, file: Path) -> "MappedArray":
        """Write an array to a file, unless it is mapped from one."""
        mapped = isinstance(values, np.memmap) and not isinstance(values.base, np.ndarray) and values.flags.c_contiguous
        if mapped and values.filename is not None:
            return cls(Path(values.filename).absolute(), values.offset, values.dtype, values.shape, stored=True)
        with file.open("wb") as out:
            for first in range(0, len(values), _ROWS_AT_ONCE):
                out.write(np.ascontiguousarray(values[first : first + _ROWS_AT_ONCE]).data)
        return cls(file, 0, values.dtype, values.shape, isinstance(values, np.memmap))

    def open(self) -> NDArray[Any]:
        """The array as a read-only map of the file."""
        mapped: NDArray[Any] = np.memmap(self.file, self.dtype, "r", self.offset, self.shape)
        return mapped if self.stored else mapped.view(np.ndarray)


@dataclass(frozen=True, eq=False, slots=True)
class Mapped:
    """A source without its values and covariates per series, small enough to send to another process.

    Attributes:
        bare: the source with no rows of values; it keeps its labels.
        values: the values, (row, channel).
        covariates: covariates per series by name, each (row, channel).
    """

    bare: Any
    values: MappedArray
    covariates: dict[str, MappedArray] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Any, folder: Path) -> "Mapped":
        """Separate a source from its values, which are written to ``folder`` unless they are mapped from a file.

        Args:
            source: Panel or recordings.
            folder: folder that must exist as long as the values are read.
        """
        values = MappedArray.of(source.values, folder / "values")
        bare = replace(source, values=np.empty((0, source.values.shape[1]), source.values.dtype))
        if not isinstance(source, Panel):
            return cls(bare, values)
        per_series = [name for name, column in source.covariates.items() if column.ndim == 2]
        written = {
            name: MappedArray.of(source.covariates[name], folder / f"covariate_{number}")
            for number, name in enumerate(per_series)
        }
        kept = {name: np.asarray(column) for name, column in source.covariates.items() if name not in written}
        return cls(replace(bare, covariates=kept), values, written)

    def open(self) -> Panel | Recordings:
        """The source again, with its values as a read-only map of the file."""
        source: Panel | Recordings = replace(self.bare, values=self.values.open())
        if not isinstance(source, Panel):
            return source
        opened = {name: array.open() for name, array in self.covariates.items()}
        return replace(source, covariates={**source.covariates, **opened})
