"""Data that several processes, on one machine or a shared folder, read from the same file."""

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
    """A source without its values, small enough to send to another process.

    Attributes:
        bare: the source with no rows of values; it keeps its labels.
        file: file of the values.
        offset: where they begin in it, bytes.
        dtype: type of the values.
        shape: (row, channel).
    """

    bare: Any
    file: Path
    offset: int
    dtype: DTypeLike
    shape: tuple[int, ...]

    @classmethod
    def of(cls, source: Any, folder: Path) -> "Mapped":
        """Separate a source from its values, which are written to ``folder`` unless they are mapped from a file.

        Args:
            source: Panel or recordings.
            folder: folder that must exist as long as the values are read.
        """
        values = source.values
        mapped = isinstance(values, np.memmap) and not isinstance(values.base, np.ndarray) and values.flags.c_contiguous
        if mapped and values.filename is not None:
            file, offset = Path(values.filename).absolute(), values.offset
        else:
            file, offset = folder / "values", 0
            with file.open("wb") as out:
                for first in range(0, len(values), _ROWS_AT_ONCE):
                    out.write(np.ascontiguousarray(values[first : first + _ROWS_AT_ONCE]).data)
        bare = replace(source, values=np.empty((0, values.shape[1]), values.dtype))
        return cls(bare, file, offset, values.dtype, values.shape)

    def open(self) -> Panel | Recordings:
        """The source again, with its values as a read-only map of the file."""
        values = np.memmap(self.file, self.dtype, "r", self.offset, self.shape)
        source: Panel | Recordings = replace(self.bare, values=values)
        return source
