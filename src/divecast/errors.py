"""Errors and warnings a user can meet; every message says what was expected, what was found and the mend."""


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
