"""Write the tables of docs/compare.md: what libraries for forecasting offer, each cell with its source.

python scripts/write_compare.py

A cell is an answer and a place: for divecast a page, whose statements are tested, or a test; for others a page of their
public documentation, read in November 2026.
"""

from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "compare.md"
BEGIN, END = "<!-- written by scripts/write_compare.py -->", "<!-- end -->"
LIBRARIES = ("divecast", "neuralforecast", "darts", "AutoGluon", "sktime", "skforecast", "Prophet")
NF, DARTS = "https://nixtlaverse.nixtla.io/neuralforecast/docs", "https://unit8co.github.io/darts"
AG, SKTIME = "https://auto.gluon.ai/stable", "https://www.sktime.net/en/latest/api_reference"
SKF, PROPHET = "https://skforecast.org/latest/user_guides", "https://facebook.github.io/prophet/docs"
NF_README = "https://github.com/Nixtla/neuralforecast#readme"
IN_DEPTH = f"{AG}/tutorials/timeseries/forecasting-indepth.html"
NONE = "none found"
Cell = tuple[str, str]
ROWS: dict[str, tuple[Cell, ...]] = {
    "choice of models": (
        ("one model", "method.md"),
        ("over 30 networks", NF_README),
        ("statistical, trees, networks", f"{DARTS}/"),
        ("statistical, trees, networks, chosen for you", f"{AG}/tutorials/timeseries/forecasting-model-zoo.html"),
        ("hundreds", f"{SKTIME}/forecasting.html"),
        ("any regressor of scikit-learn, ARIMA, ETS", f"{SKF}/table-of-contents.html"),
        ("one model", f"{PROPHET}/quick_start.html"),
    ),
    "ensembles of models": (
        ("no", "method.md"),
        (NONE, NF_README),
        ("yes", f"{DARTS}/generated_api/darts.models.forecasting.regression_ensemble_model.html"),
        ("yes", f"{AG}/tutorials/timeseries/forecasting-ensembles.html"),
        ("yes", f"{SKTIME}/forecasting.html"),
        ("yes, by stacking", f"{SKF}/stacking-ensemble-models-forecasting.html"),
        ("no", f"{PROPHET}/quick_start.html"),
    ),
    "pretrained models, without a fit": (
        ("no", "new_series.md"),
        (NONE, NF_README),
        ("yes", f"{DARTS}/examples/25-FoundationModel-examples.html"),
        ("yes", f"{AG}/tutorials/timeseries/forecasting-chronos.html"),
        ("yes", "https://www.sktime.net/models/chronos2forecaster/"),
        ("yes", f"{SKF}/foundation-forecasting-models.html"),
        ("no", f"{PROPHET}/quick_start.html"),
    ),
    "choice of settings by itself": (
        ("look-back and training of short data; else `search`", "settings.md"),
        ("yes, Auto models", NF_README),
        ("examples with Optuna", f"{DARTS}/userguide.html"),
        ("yes", IN_DEPTH),
        ("grid search", f"{SKTIME}/forecasting.html"),
        ("yes, with Optuna", f"{SKF}/hyperparameter-tuning-and-lags-selection.html"),
        ("by cross-validation", f"{PROPHET}/diagnostics.html"),
    ),
    "intervals or quantiles": (
        ("yes, calibrated", "uncertainty.md"),
        ("yes", NF_README),
        ("yes, also conformal", f"{DARTS}/generated_api/darts.models.forecasting.conformal_models.html"),
        ("yes", IN_DEPTH),
        ("of many models", f"{SKTIME}/tags.html"),
        ("yes, also conformal", f"{SKF}/probabilistic-forecasting-overview.html"),
        ("yes", f"{PROPHET}/uncertainty_intervals.html"),
    ),
    "scenarios of all series together": (
        ("yes", "uncertainty.md#sample-paths"),
        (NONE, NF_README),
        ("samples of multivariate series", f"{DARTS}/"),
        (NONE, IN_DEPTH),
        (NONE, f"{SKTIME}/tags.html"),
        (NONE, f"{SKF}/probabilistic-forecasting-overview.html"),
        ("of one series", f"{PROPHET}/uncertainty_intervals.html"),
    ),
    "known, past and static columns": (
        ("all three", "effects.md"),
        ("all three, by model", f"{NF}/tutorials/explainability.html"),
        ("all three, by model", f"{DARTS}/userguide/covariates.html"),
        ("all three", IN_DEPTH),
        ("by model", f"{SKTIME}/tags.html"),
        ("known ones", f"{SKF}/exogenous-variables.html"),
        ("known ones", f"{PROPHET}/seasonality,_holiday_effects,_and_regressors.html"),
    ),
    "missing values": (
        ("left missing", "missing_data.md"),
        (NONE, NF_README),
        ("filled before", f"{DARTS}/generated_api/darts.utils.missing_values.html"),
        ("left missing", IN_DEPTH),
        ("by model", f"{SKTIME}/tags.html"),
        ("filled, or left to the regressor", f"{SKF}/handling-missing-values.html"),
        ("left missing", f"{PROPHET}/outliers.html"),
    ),
    "what a forecast adds up from": (
        ("yes, of every forecast", "effects.md#what-a-forecast-is-made-of"),
        ("of NBEATS and some others", NF_README),
        (NONE, f"{DARTS}/generated_api/darts.explainability.html"),
        (NONE, IN_DEPTH),
        ("by model", f"{SKTIME}/forecasting.html"),
        ("by SHAP", f"{SKF}/explainability.html"),
        ("yes", f"{PROPHET}/quick_start.html"),
    ),
    "importance of inputs": (
        ("of parts of the code; of values in the window, by Captum", "effects.md#what-a-forecast-is-made-of"),
        ("yes, by Captum", f"{NF}/tutorials/explainability.html"),
        ("yes, SHAP and attention", f"{DARTS}/generated_api/darts.explainability.html"),
        ("yes, by permutation", f"{AG}/api/autogluon.timeseries.TimeSeriesPredictor.feature_importance.html"),
        (NONE, f"{SKTIME}/forecasting.html"),
        ("yes, SHAP", f"{SKF}/explainability.html"),
        ("coefficients of regressors", f"{PROPHET}/seasonality,_holiday_effects,_and_regressors.html"),
    ),
    "labels read from values, some of them missing": (
        ("yes, by the same model", "few_labels.md"),
        (NONE, NF_README),
        (NONE, f"{DARTS}/"),
        (NONE, IN_DEPTH),
        ("classifiers, many more than here", f"{SKTIME}/classification.html"),
        ("forecasts of classes", f"{SKF}/autoregressive-classification-forecasting.html"),
        ("no", f"{PROPHET}/quick_start.html"),
    ),
    "the same window under another label": (
        ("yes", "what_if.md"),
        (NONE, NF_README),
        (NONE, f"{DARTS}/"),
        (NONE, IN_DEPTH),
        (NONE, f"{SKTIME}/forecasting.html"),
        (NONE, f"{SKF}/table-of-contents.html"),
        ("no", f"{PROPHET}/quick_start.html"),
    ),
    "anomalies": (
        ("of windows and recordings", "anomalies.md"),
        (NONE, NF_README),
        ("yes, many scorers", f"{DARTS}/generated_api/darts.ad.html"),
        (NONE, IN_DEPTH),
        ("yes, many detectors", f"{SKTIME}/detection.html"),
        ("drift of inputs", f"{SKF}/drift-detection.html"),
        (NONE, f"{PROPHET}/outliers.html"),
    ),
    "sums that add up": (
        ("by hierarchicalforecast, or of paths", "interfaces.md"),
        ("by hierarchicalforecast, or HINT", NF_README),
        ("yes", f"{DARTS}/generated_api/darts.dataprocessing.transformers.reconciliation.html"),
        (NONE, IN_DEPTH),
        ("yes", f"{SKTIME}/forecasting.html"),
        (NONE, f"{SKF}/table-of-contents.html"),
        ("no", f"{PROPHET}/quick_start.html"),
    ),
    "backtests": (
        ("yes", "quickstart.md#backtest-and-search"),
        ("yes", NF_README),
        ("yes", f"{DARTS}/"),
        ("yes", IN_DEPTH),
        ("yes", f"{SKTIME}/forecasting.html"),
        ("yes", f"{SKF}/backtesting.html"),
        ("yes", f"{PROPHET}/diagnostics.html"),
    ),
    "command line, and a page that explains a model": (
        ("yes", "explorer.md"),
        (NONE, NF_README),
        (NONE, f"{DARTS}/"),
        (NONE, IN_DEPTH),
        (NONE, f"{SKTIME}/forecasting.html"),
        ("an application in the browser", "https://studio.skforecast.org/"),
        (NONE, f"{PROPHET}/quick_start.html"),
    ),
    "HTTP service": (
        ("yes, with a Dockerfile", "serve.md"),
        (NONE, NF_README),
        ("by MLflow", f"{DARTS}/generated_api/darts.utils.mlflow.html"),
        ("yes, on Amazon SageMaker", "https://auto.gluon.ai/cloud/stable/index.html"),
        ("by MLflow", "https://www.sktime.net/en/stable/api_reference/deployment.html"),
        (NONE, f"{SKF}/table-of-contents.html"),
        ("by MLflow", "https://mlflow.org/docs/latest/ml/traditional-ml/prophet"),
    ),
    "language models (MCP)": (
        ("yes, questions to a fitted model", "agents.md"),
        (NONE, NF_README),
        (NONE, f"{DARTS}/"),
        (NONE, IN_DEPTH),
        ("yes, also fits: sktime-mcp", "https://github.com/sktime/sktime-mcp"),
        ("yes, also fits: skforecast-ai", "https://pypi.org/project/skforecast-ai-mcp/"),
        (NONE, f"{PROPHET}/quick_start.html"),
    ),
    "experiment trackers": (
        ("MLflow, TensorBoard, Weights & Biases", "experiments.md"),
        ("MLflow", f"{NF}/tutorials/using_mlflow.html"),
        ("MLflow, and those of Lightning", f"{DARTS}/generated_api/darts.utils.mlflow.html"),
        (NONE, IN_DEPTH),
        ("models in MLflow", "https://www.sktime.net/en/stable/api_reference/deployment.html"),
        (NONE, f"{SKF}/table-of-contents.html"),
        ("models in MLflow", "https://mlflow.org/docs/latest/ml/traditional-ml/prophet"),
    ),
    "model hub": (
        (
            "save to and load from Hugging Face; no model is published",
            "experiments.md#share-a-model-on-the-hugging-face-hub",
        ),
        ("files; transfer of trained models", f"{NF}/tutorials/transfer_learning.html"),
        ("loads pretrained models", f"{DARTS}/examples/25-FoundationModel-examples.html"),
        ("loads pretrained models", f"{AG}/tutorials/timeseries/forecasting-chronos.html"),
        ("loads pretrained models", "https://www.sktime.net/models/chronos2forecaster/"),
        ("loads pretrained models", f"{SKF}/foundation-forecasting-models.html"),
        ("no", f"{PROPHET}/quick_start.html"),
    ),
    "GPU": (
        ("yes, not measured", "gpu.md"),
        ("yes", NF_README),
        ("yes, also TPU", f"{DARTS}/userguide/gpu_and_tpu_usage.html"),
        ("yes, of networks", f"{AG}/install.html"),
        ("by model", f"{SKTIME}/forecasting.html"),
        ("by regressor, such as XGBoost", "https://xgboost.readthedocs.io/en/latest/gpu/index.html"),
        (NONE, f"{PROPHET}/quick_start.html"),
    ),
    "several machines": (
        ("torchrun, Ray, Dask; not tested on a network", "scale.md"),
        ("yes, Spark", f"{NF}/tutorials/distributed_neuralforecast.html"),
        ("by Lightning", f"{DARTS}/userguide/gpu_and_tpu_usage.html"),
        ("one at a time, on Amazon SageMaker", "https://auto.gluon.ai/cloud/stable/api/timeseries.html"),
        (
            "many fits, by Dask",
            "https://www.sktime.net/en/v0.36.0/api_reference/auto_generated/sktime.benchmarking.forecasting.ForecastingBenchmark.html",
        ),
        (NONE, f"{SKF}/table-of-contents.html"),
        ("cross-validation, by Dask", f"{PROPHET}/diagnostics.html"),
    ),
}


def table() -> str:
    """Return the table of all rows."""
    lines = [f"| | {' | '.join(LIBRARIES)} |", "|---" * (len(LIBRARIES) + 1) + "|"]
    lines += [
        f"| **{what}** | {' | '.join(f'[{said}]({place})' for said, place in cells)} |" for what, cells in ROWS.items()
    ]
    return "\n".join(lines)


def page(text: str) -> str:
    """Return the page with its table renewed."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
