"""The ``divecast`` command."""

from divecast.cli.app import app, main

__all__ = ["app", "main"]
