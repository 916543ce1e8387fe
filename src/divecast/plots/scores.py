"""Plots of scores: of an evaluation by step, of a backtest by fold, of a search by candidate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import need
from divecast.errors import ConfigError
from divecast.inference.evaluation import MEASURES, Evaluation
from divecast.plots.display import Display
from divecast.plots.style import BLUE, as_text, as_texts, class_colours, panels
from divecast.selection.backtest import Backtest
from divecast.selection.search import SearchResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MEASURES = ("rrse", "mase")
_MARKS = "osD^vPX*"
_MOST_CANDIDATES = 30


@dataclass(frozen=True, eq=False, slots=True)
class EvaluationDisplay(Display):
    """Scores of the model and of simple forecasters by step ahead, one panel per measure.

    Attributes:
        evaluation: the scores.
        measures: names of the measures shown.

    Example:
        >>> from divecast.plots import EvaluationDisplay
        >>> display = EvaluationDisplay.from_evaluation(model.evaluate(panel, every=25))
        >>> [axes.get_title(loc="left") for axes in display.plot().axes]
        ['rrse', 'mase']
    """

    evaluation: Evaluation
    measures: tuple[str, ...]

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, measures: Sequence[str] = _MEASURES) -> "EvaluationDisplay":
        """Choose measures.

        Args:
            evaluation: from ``DeepDIVE.evaluate``.
            measures: out of rrse, corr, mae, mse, mase, crps and coverage.

        Raises:
            ConfigError: unknown measure.

        Example:
            >>> from divecast.plots import EvaluationDisplay
            >>> EvaluationDisplay.from_evaluation(model.evaluate(panel, every=25), ["mae"]).measures
            ('mae',)
        """
        return cls(evaluation, _checked(measures))

    def frame(self) -> Any:
        """Return ``Evaluation.frame``, one row per forecaster and step.

        Example:
            >>> from divecast.plots import EvaluationDisplay
            >>> display = EvaluationDisplay.from_evaluation(model.evaluate(panel, every=25, baselines=False))
            >>> len(display.frame())  # 24 steps, and one row over all
            25
        """
        return self.evaluation.frame()

    def _draw(self, ax: Any) -> "Figure":
        figure, axes = panels(ax, (1, len(self.measures)), 2.9)
        for panel, measure in zip(axes, self.measures, strict=True):
            scores = {name: getattr(score, measure)[:-1] for name, score in self.evaluation.scores.items()}
            _plot_scores(panel, scores)
            panel.set(xlabel="step ahead")
            panel.set_title(measure, loc="left")
        _name_forecasters(axes)
        return figure


@dataclass(frozen=True, eq=False, slots=True)
class BacktestDisplay(Display):
    """Scores of the model and of simple forecasters by fold, one panel per measure.

    Attributes:
        backtest: the scores.
        measures: names of the measures shown.

    Example:
        >>> from divecast import backtest
        >>> from divecast.plots import BacktestDisplay
        >>> display = BacktestDisplay.from_backtest(backtest(model, panel, folds=3))
        >>> figure = display.plot()
    """

    backtest: Backtest
    measures: tuple[str, ...]

    @classmethod
    def from_backtest(cls, backtest: Backtest, measures: Sequence[str] = _MEASURES) -> "BacktestDisplay":
        """Choose measures, as ``EvaluationDisplay.from_evaluation``.

        Raises:
            ConfigError: unknown measure.

        Example:
            >>> BacktestDisplay.from_backtest(backtest(model, panel, folds=3), measures=["mae"]).measures
            ('mae',)
        """
        return cls(backtest, _checked(measures))

    def frame(self) -> Any:
        """Return ``Backtest.frame``, one row per fold, forecaster and step.

        Example:
            >>> list(BacktestDisplay.from_backtest(backtest(model, panel, folds=3)).frame())[:3]
            ['fold', 'model', 'horizon']
        """
        return self.backtest.frame()

    def _draw(self, ax: Any) -> "Figure":
        results = [fold.result for fold in self.backtest.folds if fold.result is not None]
        figure, axes = panels(ax, (1, len(self.measures)), 2.9)
        for panel, measure in zip(axes, self.measures, strict=True):
            names = results[0].forecasters
            _plot_scores(panel, {n: np.array([result.overall(n)[measure] for result in results]) for n in names})
            panel.set(xlabel="fold")
            panel.set_title(f"{measure}, all steps", loc="left")
        _name_forecasters(axes)
        return figure


@dataclass(frozen=True, eq=False, slots=True)
class SearchDisplay(Display):
    """Validation score of every candidate of a search, the best on top; the 30 best if there are more.

    Attributes:
        search: the candidates.

    Example:
        >>> from divecast import search
        >>> from divecast.plots import SearchDisplay
        >>> result = search(model, panel, {"training.clip": [0.5, 1.0]})
        >>> figure = SearchDisplay.from_search(result).plot()
    """

    search: SearchResult

    @classmethod
    def from_search(cls, search: SearchResult) -> "SearchDisplay":
        """Show the result of ``search``.

        Example:
            >>> result = search(model, panel, {"training.clip": [0.5, 1.0]})
            >>> len(SearchDisplay.from_search(result).search.candidates)
            2
        """
        return cls(search)

    def frame(self) -> Any:
        """Return ``SearchResult.frame``, one row per candidate.

        Example:
            >>> result = search(model, panel, {"training.clip": [0.5, 1.0]})
            >>> len(SearchDisplay.from_search(result).frame())
            2
        """
        return self.search.frame()

    def _draw(self, ax: Any) -> "Figure":
        candidates = self.search.candidates[:_MOST_CANDIDATES]
        figure, (panel,) = panels(ax, (1, 1), 0.8 + 0.2 * len(candidates))
        panel.plot([candidate.score for candidate in candidates], range(len(candidates)), "o", color=BLUE, ms=4)
        names = [
            ", ".join(f"{name.rpartition('.')[2]}={value}" for name, value in candidate.settings.items())
            for candidate in candidates
        ]
        panel.set_yticks(range(len(candidates)), labels=as_texts(names))
        panel.invert_yaxis()
        panel.set_xlabel(f"{self.search.by} on the validation part")
        return figure


def _checked(measures: Sequence[str]) -> tuple[str, ...]:
    unknown = [measure for measure in measures if measure not in MEASURES]
    if unknown or not measures:
        raise ConfigError(
            expected=f"measures out of {', '.join(MEASURES)}",
            found=", ".join(map(repr, unknown)) or "none",
            argument="measures",
        )
    return tuple(measures)


def _plot_scores(axes: "Axes", scores: Mapping[str, NDArray[np.float64]]) -> None:
    """Draw one line per forecaster; those without this score are left out."""
    for place, (name, values) in enumerate(scores.items()):
        if np.isfinite(values).any():
            colour = class_colours("plain", max(2, len(scores)))[place]
            numbers, mark = np.arange(1, len(values) + 1), _MARKS[place % len(_MARKS)]
            every = max(1, len(values) // 12)
            (line,) = axes.plot(numbers, values, color=colour, lw=1.0, marker=mark, ms=3, markevery=every)
            line.set(label=as_text(name), zorder=3 + len(scores) - place)  # the model, the first one, on top
    axes.xaxis.set_major_locator(need("matplotlib.ticker").MaxNLocator(integer=True))


def _name_forecasters(axes: "Sequence[Axes]") -> None:
    axes[-1].legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
