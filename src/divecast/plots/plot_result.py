"""The plot of any result."""

from collections.abc import Mapping
from functools import singledispatch
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from divecast.errors import ConfigError
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.explain.diagnosis.diagnosis import Diagnosis
from divecast.explain.effects.curves import EffectCurves
from divecast.explain.recordings.comparison import Comparison
from divecast.explain.recordings.summary import RecordingSummary
from divecast.inference.evaluation import Evaluation
from divecast.inference.results import Codes, Ensemble, Forecast, ForecastParts, Labels, Reconstruction, Samples
from divecast.plots.anomalies import AnomaliesDisplay
from divecast.plots.attribution import AttributionDisplay
from divecast.plots.code import CodeDisplay
from divecast.plots.comparison import ComparisonDisplay
from divecast.plots.confusion import ConfusionDisplay
from divecast.plots.diagnosis import DiagnosisDisplay
from divecast.plots.display import Display
from divecast.plots.effects import EffectsDisplay
from divecast.plots.ensemble import EnsembleDisplay
from divecast.plots.forecast import ForecastDisplay
from divecast.plots.history import HistoryDisplay
from divecast.plots.parts import PartsDisplay
from divecast.plots.reconstruction import ReconstructionDisplay
from divecast.plots.recordings import RecordingsDisplay
from divecast.plots.samples import SamplesDisplay
from divecast.plots.scores import BacktestDisplay, EvaluationDisplay, SearchDisplay
from divecast.plots.style import as_text
from divecast.plots.traversal import TraversalDisplay
from divecast.plots.what_if import WhatIfDisplay
from divecast.selection.backtest import Backtest
from divecast.selection.search import SearchResult
from divecast.train.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(result: Any, *, ax: Any = None, title: str | None = None, **options: Any) -> "Figure":
    """Plot any result of divecast.

    Args:
        result: what a method of ``DeepDIVE``, ``backtest`` or ``search`` returns.
        ax: axes to draw into; see ``Display.plot``.
        title: of the figure.
        **options: arguments of the display's ``from_...`` method, such as ``series``, ``window`` or ``factor``.

    Returns:
        A matplotlib figure.

    Raises:
        ConfigError: there is no plot of this object, an option does not fit, or matplotlib is not installed.

    Example:
        >>> from divecast.plots import plot
        >>> figure = plot(model.forecast(panel), data=panel, series="G0-A", title="Shops")
        >>> len(figure.axes)
        1
    """
    _check_options(result, options)
    figure = _display(result, **options).plot(ax)
    if title is not None:
        figure.suptitle(as_text(title))
    return figure


def _check_options(result: Any, options: Mapping[str, Any]) -> None:
    """Check that the display of a result has all options (ConfigError)."""
    known = list(signature(_display.dispatch(type(result))).parameters.values())[1:]
    names = [parameter.name for parameter in known if parameter.kind is not Parameter.VAR_KEYWORD]
    unknown = [name for name in options if name not in names]
    if unknown and len(names) == len(known):
        what = f"A plot of {type(result).__name__} has no option {unknown[0]!r}"
        raise ConfigError(what, expected=", ".join(names) or "none", argument=unknown[0])


@singledispatch
def _display(result: Any, **_options: Any) -> Display:
    raise ConfigError(
        "There is no plot of this object",
        expected="a result of DeepDIVE, backtest or search",
        found=type(result).__name__,
        argument="result",
    )


_display.register(Anomalies, AnomaliesDisplay.from_anomalies)
_display.register(Attribution, AttributionDisplay.from_attribution)
_display.register(Backtest, BacktestDisplay.from_backtest)
_display.register(Codes, CodeDisplay.from_codes)
_display.register(Comparison, ComparisonDisplay.from_comparison)
_display.register(Counterfactual, WhatIfDisplay.from_counterfactual)
_display.register(Diagnosis, DiagnosisDisplay.from_diagnosis)
_display.register(EffectCurves, EffectsDisplay.from_effects)
_display.register(Ensemble, EnsembleDisplay.from_ensemble)
_display.register(Evaluation, EvaluationDisplay.from_evaluation)
_display.register(Forecast, ForecastDisplay.from_forecast)
_display.register(ForecastParts, PartsDisplay.from_parts)
_display.register(History, HistoryDisplay.from_history)
_display.register(Labels, ConfusionDisplay.from_labels)
_display.register(Reconstruction, ReconstructionDisplay.from_reconstruction)
_display.register(RecordingSummary, RecordingsDisplay.from_summary)
_display.register(Samples, SamplesDisplay.from_samples)
_display.register(SearchResult, SearchDisplay.from_search)
_display.register(Traversal, TraversalDisplay.from_traversal)
