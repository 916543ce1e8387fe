"""Packages that come with an extra and may be absent."""

from importlib import import_module
from typing import Any

from divecast.errors import ConfigError

_EXTRAS = {
    "lightning_fabric": "distributed",
    "matplotlib": "plot",
    "scipy": "science",
    "sklearn": "science",
    "torchjd": "science",
    "pandas": "pandas",
    "holidays": "holidays",
    "onnxscript": "onnx",
    "plotly": "report",
    "ray": "ray",
    "fastapi": "serve",
    "uvicorn": "serve",
}


def need(module: str) -> Any:
    """Import a module of an optional package.

    Args:
        module: such as ``scipy.stats``.

    Raises:
        ConfigError: it is not installed; the message has the pip line that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".", maxsplit=1)[0]
        wanted = f"divecast[{_EXTRAS[package]}]" if package in _EXTRAS else package
        raise ConfigError(
            f"{package} is needed and cannot be imported ({error})", hint=f'Run pip install "{wanted}"'
        ) from error


class Plottable:
    """A result with a picture."""

    __slots__ = ()

    def plot(self, **options: Any) -> Any:
        """Draw this result; needs ``divecast[plot]``.

        Args:
            **options: as the display of this kind of result takes them; see :mod:`divecast.plots`.

        Returns:
            A matplotlib figure.

        Raises:
            ConfigError: matplotlib is not installed.

        Example:
            >>> figure = model.forecast(panel).plot()
        """
        # By name, since pictures stand above the results that they draw.
        return import_module("divecast.plots").plot(self, **options)
