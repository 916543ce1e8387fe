"""Pictures for papers: each made from a result, with ``plot()`` and ``frame()``, the numbers drawn.

``plot(result)`` is the short way.
"""

from divecast.plots.anomalous_windows import AnomaliesDisplay
from divecast.plots.code import CodeDisplay
from divecast.plots.confusion import ConfusionDisplay
from divecast.plots.density import DensityDisplay
from divecast.plots.diagnosis import DiagnosisDisplay
from divecast.plots.forecast import ForecastDisplay
from divecast.plots.label_correlation import LabelCorrelationDisplay
from divecast.plots.picture import plot
from divecast.plots.reliability import ReliabilityDisplay
from divecast.plots.style import write_picture
from divecast.plots.traversal import TraversalDisplay
from divecast.plots.what_if import WhatIfDisplay
from divecast.plots.why import WhyDisplay

__all__ = [
    "AnomaliesDisplay",
    "CodeDisplay",
    "ConfusionDisplay",
    "DensityDisplay",
    "DiagnosisDisplay",
    "ForecastDisplay",
    "LabelCorrelationDisplay",
    "ReliabilityDisplay",
    "TraversalDisplay",
    "WhatIfDisplay",
    "WhyDisplay",
    "plot",
    "write_picture",
]
