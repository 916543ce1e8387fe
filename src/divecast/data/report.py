"""Warnings that point at the user's line."""

import os
import sys
import warnings
from pathlib import Path

from divecast.errors import DataWarning

_PACKAGE = str(Path(__file__).parents[1]) + os.sep


def report(message: str) -> None:
    """Warn (DataWarning) of what was put right, or is to be known, at the nearest line outside this package."""
    # Python 3.11 has no skip_file_prefixes, so the frames of this package are counted by hand.
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, DataWarning, stacklevel=level)
