"""MLflow models of DeepDIVE: ``save_model``, ``log_model`` and ``load_model``; MLflow loads them as pyfunc, too."""

from divecast.mlflow.flavour import load_model, load_pyfunc, log_model, save_model

_load_pyfunc = load_pyfunc  # the name that MLflow looks for in a loader

__all__ = ["load_model", "log_model", "save_model"]
