"""Fitted models: forecasts, codes, evaluation, and files.

These names are public: studies and other packages may import them from here.
"""

from divecast.inference.dependence import PathDraws
from divecast.inference.evaluation import LEVELS, LINEAR_NAMES, MODEL_NAME, evaluate_windows, rivals
from divecast.inference.fitted_model import FittedModel, build_network
from divecast.inference.joint_scores import JointScores, joint_scores
from divecast.inference.model_file import KIND as MODEL_KIND
from divecast.inference.model_file import SCHEMA as MODEL_SCHEMA
from divecast.inference.model_file import read_model, write_model
from divecast.inference.observe import residuals_of, rolling_of
from divecast.inference.predict import (
    LabelMode,
    batch_of,
    batches,
    complete,
    encode_windows,
    infer_window_labels,
    mean_and_quantiles,
    paths_of,
    phases_told,
    pieces,
    pool_recordings,
)
from divecast.inference.provenance import FitPlan
from divecast.inference.results import Codes

__all__ = [
    "LEVELS",
    "LINEAR_NAMES",
    "MODEL_KIND",
    "MODEL_NAME",
    "MODEL_SCHEMA",
    "Codes",
    "FitPlan",
    "FittedModel",
    "JointScores",
    "LabelMode",
    "PathDraws",
    "batch_of",
    "batches",
    "build_network",
    "complete",
    "encode_windows",
    "evaluate_windows",
    "infer_window_labels",
    "joint_scores",
    "mean_and_quantiles",
    "paths_of",
    "phases_told",
    "pieces",
    "pool_recordings",
    "read_model",
    "residuals_of",
    "rivals",
    "rolling_of",
    "write_model",
]
