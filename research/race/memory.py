"""The memory that a part of a process takes at its highest."""

import resource
from pathlib import Path


def forget_peak() -> None:
    """Start the peak anew from what the process holds now; where the system cannot (not Linux), it goes on."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mib() -> float:
    """Return the highest resident memory since ``forget_peak``, MiB, libraries included."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
