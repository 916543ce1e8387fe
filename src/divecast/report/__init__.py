"""Pictures for papers: each made from a result, with ``plot()`` and ``frame()``, the numbers drawn.

``plot(result)`` is the short way.
"""

from divecast.report.code import CodeDisplay
from divecast.report.confusion import ConfusionDisplay
from divecast.report.density import DensityDisplay
from divecast.report.forecast import ForecastDisplay
from divecast.report.health import HealthDisplay
from divecast.report.label_correlation import LabelCorrelationDisplay
from divecast.report.odd_windows import OddWindowsDisplay
from divecast.report.picture import plot
from divecast.report.reliability import ReliabilityDisplay
from divecast.report.style import write_picture
from divecast.report.traversal import TraversalDisplay
from divecast.report.what_if import WhatIfDisplay
from divecast.report.why import WhyDisplay

__all__ = [
    "CodeDisplay",
    "ConfusionDisplay",
    "DensityDisplay",
    "ForecastDisplay",
    "HealthDisplay",
    "LabelCorrelationDisplay",
    "OddWindowsDisplay",
    "ReliabilityDisplay",
    "TraversalDisplay",
    "WhatIfDisplay",
    "WhyDisplay",
    "plot",
    "write_picture",
]
