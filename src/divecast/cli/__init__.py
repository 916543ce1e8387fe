"""The ``divecast`` command."""

from divecast.cli.app import app, main
from divecast.cli.inputs import data_for
from divecast.cli.settings import CommandSettings

__all__ = [
    "CommandSettings",
    "app",
    "data_for",
    "main",
]
