"""The version of this package, which saved files carry."""

__version__ = "0.2.0"
