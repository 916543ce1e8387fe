"""Figures of results. ``plot(result)`` draws any of them; the displays choose what is shown and return the numbers."""

from divecast.plots.anomalies import AnomaliesDisplay
from divecast.plots.attribution import AttributionDisplay
from divecast.plots.code import CodeDisplay
from divecast.plots.code_view import CodeView, view_code, view_windows
from divecast.plots.comparison import ComparisonDisplay
from divecast.plots.confusion import ConfusionDisplay
from divecast.plots.density import DensityDisplay
from divecast.plots.diagnosis import DiagnosisDisplay
from divecast.plots.display import Display
from divecast.plots.effects import EffectsDisplay
from divecast.plots.ensemble import EnsembleDisplay
from divecast.plots.forecast import ForecastDisplay
from divecast.plots.history import HistoryDisplay
from divecast.plots.label_correlation import LabelCorrelationDisplay
from divecast.plots.parts import PartsDisplay
from divecast.plots.plot_result import plot
from divecast.plots.reconstruction import ReconstructionDisplay
from divecast.plots.recordings import RecordingsDisplay
from divecast.plots.reliability import ReliabilityDisplay
from divecast.plots.samples import SamplesDisplay
from divecast.plots.scores import BacktestDisplay, EvaluationDisplay, SearchDisplay
from divecast.plots.style import write_picture
from divecast.plots.traversal import TraversalDisplay
from divecast.plots.what_if import WhatIfDisplay

__all__ = [
    "AnomaliesDisplay",
    "AttributionDisplay",
    "BacktestDisplay",
    "CodeDisplay",
    "CodeView",
    "ComparisonDisplay",
    "ConfusionDisplay",
    "DensityDisplay",
    "DiagnosisDisplay",
    "Display",
    "EffectsDisplay",
    "EnsembleDisplay",
    "EvaluationDisplay",
    "ForecastDisplay",
    "HistoryDisplay",
    "LabelCorrelationDisplay",
    "PartsDisplay",
    "ReconstructionDisplay",
    "RecordingsDisplay",
    "ReliabilityDisplay",
    "SamplesDisplay",
    "SearchDisplay",
    "TraversalDisplay",
    "WhatIfDisplay",
    "plot",
    "view_code",
    "view_windows",
    "write_picture",
]
