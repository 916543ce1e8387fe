"""Data whose values several processes of a machine, or of machines that share a folder, read from one file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import Recordings

_ROWS_AT_ONCE = 1 << 14


@dataclass(frozen=True, eq=False, slots=True)
class Mapped:
    """A source apart from its values, small enough to be sent to another process.

    Attributes:
        bare: the source without a row of values; its labels go along.
        file: where the values lie.
        offset: where in it they begin, bytes.
        dtype: of the values.
        shape: (row, channel).
    """

    bare: Any
    file: Path
    offset: int
    dtype: DTypeLike
    shape: tuple[int, ...]

    @classmethod
    def of(cls, source: Any, folder: Path) -> "Mapped":
        """Take a source apart; values that lie in no file, as those of a store do, are written to ``folder``.

        Args:
            source: a panel or recordings.
            folder: where to write; it must be there as long as the values are read.
        """
        values = source.values
        whole = isinstance(values, np.memmap) and not isinstance(values.base, np.ndarray) and values.flags.c_contiguous
        if whole and values.filename is not None:
            file, offset = Path(values.filename).absolute(), values.offset
        else:
            file, offset = folder / "values", 0
            with file.open("wb") as out:
                for first in range(0, len(values), _ROWS_AT_ONCE):
                    out.write(np.ascontiguousarray(values[first : first + _ROWS_AT_ONCE]).data)
        bare = replace(source, values=np.empty((0, values.shape[1]), values.dtype))
        return cls(bare, file, offset, values.dtype, values.shape)

    def open(self) -> Panel | Recordings:
        """Put the source together again, its values a read-only map of the file."""
        values = np.memmap(self.file, self.dtype, "r", self.offset, self.shape)
        found: Panel | Recordings = replace(self.bare, values=values)
        return found
