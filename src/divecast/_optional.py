"""Optional packages: how they are imported, and what to install if one is missing."""

from dataclasses import fields
from importlib import import_module
from typing import Any

from divecast._text import brief
from divecast.errors import ConfigError

_EXTRAS = {
    "lightning_fabric": "distributed",
    "matplotlib": "plot",
    "mcp": "mcp",
    "scipy": "science",
    "sklearn": "science",
    "torchjd": "science",
    "pandas": "pandas",
    "fev": "fev",
    "hierarchicalforecast": "hierarchy",
    "holidays": "holidays",
    "onnxscript": "onnx",
    "plotly": "report",
    "ray": "ray",
    "fastapi": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
    "mlflow": "mlflow",
    "anywidget": "notebook",
    "traitlets": "notebook",
    "dask": "dask",
    "huggingface_hub": "hub",
    "httpx2": "hub",
    "optuna": "search",
    "captum": "captum",
    "tensorboard": "tensorboard",
    "wandb": "wandb",
}


def need(module: str) -> Any:
    """Import a module of an optional package.

    Args:
        module: full name, such as ``scipy.stats``.

    Raises:
        ConfigError: the package cannot be imported; the message has the pip command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".", maxsplit=1)[0]
        requirement = f"divecast[{_EXTRAS[package]}]" if package in _EXTRAS else package
        raise ConfigError(
            f"{package} is needed and cannot be imported ({error})", hint=f'Run pip install "{requirement}"'
        ) from error


class Plottable:
    """A result that can be plotted."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the fields in a line; an array by its shape, a long collection by its length."""
        shown = [field.name for field in fields(self) if field.repr]  # type: ignore[arg-type]
        named = (f"{name}={brief(getattr(self, name))}" for name in shown)
        return f"{type(self).__name__}({', '.join(named)})"

    def plot(self, **options: Any) -> Any:
        """Plot this result; needs ``divecast[plot]``.

        Args:
            **options: options of the display of this kind of result; see :mod:`divecast.plots`.

        Returns:
            A matplotlib figure.

        Raises:
            ConfigError: matplotlib is not installed.

        Example:
            >>> figure = model.forecast(panel).plot()
        """
        # By name, because the plots are in a layer above the results.
        return import_module("divecast.plots").plot(self, **options)
