"""The picture of any answer that has one."""

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from divecast.errors import ConfigError
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.explain.diagnosis.diagnosis import Diagnosis
from divecast.inference.results import Labels
from divecast.plots.anomalous_windows import AnomaliesDisplay
from divecast.plots.confusion import ConfusionDisplay
from divecast.plots.diagnosis import DiagnosisDisplay
from divecast.plots.traversal import TraversalDisplay
from divecast.plots.what_if import WhatIfDisplay
from divecast.plots.why import WhyDisplay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MADE_BY = "what_if, swap_codes, why, traverse, anomalies, check or infer_labels"


def plot(found: Any) -> "Figure":
    """Draw what ``what_if``, ``swap_codes``, ``why``, ``traverse``, ``anomalies``, ``check`` or ``infer_labels`` gave.

    The display of each kind chooses more: which window, series or factor.

    Raises:
        ConfigError: there is no picture of it, or matplotlib is not installed.
    """
    figure: Figure = _display(found).plot()
    return figure


@singledispatch
def _display(found: Any) -> Any:
    raise ConfigError(
        f"expected what {_MADE_BY} gives, got {type(found).__name__}; others need the data beside them: "
        "choose a display of divecast.plots, such as ForecastDisplay.from_forecast(forecast, data).plot()"
    )


_display.register(Anomalies, AnomaliesDisplay.from_anomalies)
_display.register(Attribution, WhyDisplay.from_attribution)
_display.register(Counterfactual, WhatIfDisplay.from_counterfactual)
_display.register(Diagnosis, DiagnosisDisplay.from_diagnosis)
_display.register(Labels, ConfusionDisplay.from_labels)
_display.register(Traversal, TraversalDisplay.from_traversal)
