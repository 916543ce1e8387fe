"""Errors and warnings a user can meet; every message says what was expected, what was found and the mend."""

import os
import sys
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).parent) + os.sep


class DivecastError(Exception):
    """Base of every error divecast raises on purpose."""


class DataError(DivecastError):
    """The data cannot be used as given."""


class ConfigError(DivecastError):
    """A setting is outside what it may be, or two settings disagree."""


class NotFittedError(DivecastError):
    """A method needs a fitted model and this one is not."""


class ArtifactError(DivecastError):
    """A saved model, checkpoint or store cannot be read or written."""


class RankError(DivecastError):
    """A process that fits a model together with others is gone."""


class DataWarning(UserWarning):
    """Something harmless in the data was put right."""


def warn_data(message: str) -> None:
    """Warn (DataWarning) of what was put right, or is to be known, at the nearest line outside this package."""
    # Python 3.11 has no skip_file_prefixes, so the frames of this package are counted by hand.
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, DataWarning, stacklevel=level)
