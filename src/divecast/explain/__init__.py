"""Explanations of a fitted model: counterfactuals, attribution, anomalies, and the diagnosis of its code.

These names are public: studies and other packages may import them from here.
"""

from divecast.explain.anomalies.forecast_errors import jumps, longest_run
from divecast.explain.anomalies.reference import DEFAULT_SCORES, SCORES, Reference
from divecast.explain.anomalies.reference_scores import ReferenceScores
from divecast.explain.anomalies.window_scores import score_windows
from divecast.explain.attribution.agreement import LEAST_AGREEMENT, Agreement
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.attribution.why import attribute
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.label_effects import LabelEffects
from divecast.explain.counterfactuals.what_if import ClassChange, what_if_windows

__all__ = [
    "DEFAULT_SCORES",
    "LEAST_AGREEMENT",
    "SCORES",
    "Agreement",
    "Attribution",
    "ClassChange",
    "Counterfactual",
    "LabelEffects",
    "Reference",
    "ReferenceScores",
    "attribute",
    "infer_code",
    "jumps",
    "longest_run",
    "score_windows",
    "what_if_windows",
]
