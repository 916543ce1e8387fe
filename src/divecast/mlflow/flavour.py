"""A model as an MLflow model, which any tool that knows pyfunc loads: forecasts of a table of rows.

The model is stored as ``DeepDIVE.save`` writes it, without pickle; its loader is the module ``divecast.mlflow``.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from divecast._optional import need
from divecast.estimator import DeepDIVE
from divecast.inference.results.ensemble import LEVELS
from divecast.persistence.version import __version__

if TYPE_CHECKING:
    import pandas as pd

FLAVOUR = "divecast"
_FILE = "model.safetensors"


def save_model(model: DeepDIVE, path: str | Path, mlflow_model: Any = None, **options: Any) -> None:
    """Save a fitted model as a folder that MLflow loads.

    Args:
        model: the model.
        path: the folder; it must not exist.
        mlflow_model: a ``mlflow.models.Model`` to describe it in, as ``log_model`` passes it.
        **options: further arguments of ``mlflow.pyfunc.save_model``, such as ``pip_requirements``.

    Raises:
        NotFittedError: the model is not fitted.
        ConfigError: MLflow is not installed.

    Example:
        >>> save_model(model, folder / "mlflow_model")  # doctest: +SKIP
    """
    pyfunc, models, types = need("mlflow.pyfunc"), need("mlflow.models"), need("mlflow.types")
    about = models.Model() if mlflow_model is None else mlflow_model
    about.add_flavor(FLAVOUR, divecast_version=__version__, data=_FILE)
    levels = types.ParamSpec("levels", types.DataType.double, list(LEVELS), (-1,))
    options.setdefault("signature", models.ModelSignature(params=types.ParamSchema([levels])))
    options.setdefault("pip_requirements", [f"divecast[pandas]=={__version__}"])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _FILE
        model.save(file)
        pyfunc.save_model(
            str(path), loader_module="divecast.mlflow", data_path=str(file), mlflow_model=about, **options
        )


def log_model(model: DeepDIVE, name: str = "model", **options: Any) -> Any:
    """Log a fitted model to the active MLflow run, or a new one.

    Args:
        model: the model.
        name: of the model in the run.
        **options: further arguments of ``mlflow.models.Model.log``, such as ``registered_model_name``.

    Returns:
        MLflow's ``ModelInfo``; its ``model_uri`` loads the model again.

    Raises:
        NotFittedError: the model is not fitted.
        ConfigError: MLflow is not installed.

    Example:
        >>> mlflow.pyfunc.load_model(log_model(model).model_uri).predict(table)  # doctest: +SKIP
    """
    model.fitted_model  # noqa: B018  raises before a run is started
    flavour = need("divecast.mlflow")
    return need("mlflow.models").Model.log(artifact_path=None, name=name, flavor=flavour, model=model, **options)


def load_model(model_uri: str, device: str = "cpu") -> DeepDIVE:
    """Load a model that MLflow stores, with all its methods.

    Args:
        model_uri: where, such as ``models:/loads/3`` or ``runs:/ID/model``.
        device: as in ``DeepDIVE``.

    Raises:
        ArtifactError: the file is damaged or from a newer divecast.
        ConfigError: MLflow is not installed.

    Example:
        >>> load_model("models:/loads/3").forecast(panel)  # doctest: +SKIP
    """
    folder = Path(need("mlflow.artifacts").download_artifacts(model_uri))
    about = need("mlflow.models").Model.load(str(folder))
    return DeepDIVE.load(folder / about.flavors["python_function"]["data"], device)


class ForecastOfTable:
    """What ``mlflow.pyfunc.load_model`` returns the predictions of.

    Args:
        model: the model.
    """

    def __init__(self, model: DeepDIVE) -> None:
        self._model = model

    def predict(self, table: "pd.DataFrame", params: dict[str, Any] | None = None) -> "pd.DataFrame":
        """Return the forecast after the rows of a table, one row per series and step.

        Args:
            table: rows as ``DeepDIVE.forecast`` takes them.
            params: ``levels``, the probabilities of the quantiles.
        """
        levels = (params or {}).get("levels", LEVELS)
        frame: pd.DataFrame = self._model.forecast(table, levels=[float(level) for level in levels]).frame(
            backend="pandas"
        )
        return frame


def load_pyfunc(path: str) -> ForecastOfTable:
    """Load the file of a stored model, as MLflow asks of a loader."""
    return ForecastOfTable(DeepDIVE.load(path))
