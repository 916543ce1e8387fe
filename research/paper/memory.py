"""The memory a run takes at its highest."""

import ctypes
import gc
import sys
from contextlib import suppress
from pathlib import Path

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def forget_peak() -> None:
    """Start the peak anew from what the process holds now; where the system cannot (not Linux), it goes on."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # what former runs freed is not held against the next
    with suppress(OSError):
        _CLEAR.write_text("5")


def peak_mib() -> float:
    """Return the highest resident memory of this process since ``forget_peak``, MiB, libraries included.

    Without Linux's /proc it is that since the process began, and 0 where the system does not say (Windows).
    """
    try:
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    except (OSError, StopIteration):
        try:
            import resource
        except ImportError:
            return 0.0
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return largest / 2**20 if sys.platform == "darwin" else largest / 2**10
