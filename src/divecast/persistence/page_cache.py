"""Resident memory: pages of large memory-mapped files, and freed pieces that the allocator keeps."""

import ctypes
import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FILE_BYTES = 1 << 26


def drop_pages(values: NDArray[Any]) -> None:
    """Release the resident pages of a mapped file; call it from time to time while reading a large array.

    Every page of a mapped file that is read counts as resident memory of the process. Released pages stay in the
    system's page cache while there is room, so reading them again is cheap. Does nothing for arrays in memory, files
    below 64 MB, writable maps, and on systems without ``MADV_DONTNEED`` (Windows).

    Args:
        values: the array, or a view of it.
    """
    owner: Any = values
    while isinstance(owner, np.ndarray):
        # a copy-on-write map would lose what was written to it
        if isinstance(owner, np.memmap) and owner.mode != "r":
            return
        owner = owner.base
    if isinstance(owner, mmap.mmap) and len(owner) >= _FILE_BYTES and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


def free_heap() -> None:
    """Give freed memory back to the system; call it between stages that allocate much.

    The allocator of glibc keeps freed pieces of up to 32 MB between others in use, hundreds of MB after a stage with
    many of them. Does nothing on other systems.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
