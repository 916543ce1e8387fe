"""Pages of large files that were read through memory mapping, given back."""

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FILE_BYTES = 1 << 28


def drop_pages(values: NDArray[Any]) -> None:
    """Take the pages of a file out of this process, to be called now and then while a large array is read through.

    A mapped file counts as resident memory page by page as it is read, until all of it does. What is given back stays
    in the system's cache while there is room, so that reading it again costs little. Nothing is done for arrays in
    memory, for files below 256 MB, for maps that may be written to, and where the system has no such call (Windows).

    Args:
        values: the array that is read, or a view of it.
    """
    at: Any = values
    while isinstance(at, np.ndarray):
        # a private copy-on-write map would lose what was written to it
        if isinstance(at, np.memmap) and at.mode != "r":
            return
        at = at.base
    if isinstance(at, mmap.mmap) and len(at) >= _FILE_BYTES and hasattr(mmap, "MADV_DONTNEED"):
        at.madvise(mmap.MADV_DONTNEED)
