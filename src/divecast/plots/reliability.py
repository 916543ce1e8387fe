"""Reliability plot of prediction intervals: observed against nominal coverage."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, to_frame
from divecast.errors import ConfigError, DataError
from divecast.inference.results import Forecast
from divecast.plots.display import Display
from divecast.plots.style import BLUE, GREY, panels, scale_colours
from divecast.plots.truth import segments_of, source_of, truth_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKS = "osD^vPX*"


@dataclass(frozen=True, eq=False, slots=True)
class ReliabilityDisplay(Display):
    """Coverage of central prediction intervals over all channels. Two panels: over all steps, and by step.

    Attributes:
        nominal: (interval,) nominal coverage, rising.
        observed: (interval, horizon) observed coverage; NaN at a step without observed values.
        counts: (horizon,) number of observed values.
        backend: kind of table of the data.

    Example:
        >>> from divecast.plots import ReliabilityDisplay
        >>> forecast = model.forecast(panel, start=panel.clock.stamps()[-240])
        >>> display = ReliabilityDisplay.from_forecast(forecast, panel)
        >>> display.observed.shape
        (2, 24)
    """

    nominal: NDArray[np.float64]
    observed: NDArray[np.float64]
    counts: NDArray[np.int64]
    backend: Backend

    @classmethod
    def from_forecast(cls, forecast: Forecast, data: Any) -> "ReliabilityDisplay":
        """Compare forecasts of known rows, such as ``model.forecast(data, start=...)``, with these rows.

        Args:
            forecast: with symmetric quantile levels, such as 0.05 and 0.95.
            data: the data that were forecast, which may have more rows at the end.

        Raises:
            ConfigError: no two levels are symmetric.
            DataError: the data are not those that were forecast, or have no values at the times of the forecasts.

        Example:
            >>> from divecast.plots import ReliabilityDisplay
            >>> forecast = model.forecast(panel, start=panel.clock.stamps()[-240], levels=(0.1, 0.9))
            >>> ReliabilityDisplay.from_forecast(forecast, panel).nominal
            array([0.8])
        """
        pairs = _pairs(forecast.levels)
        source = source_of(forecast, data)
        steps = range(forecast.mean.shape[1])
        truth = truth_of(source, forecast.keys.origins, segments_of(forecast, source), steps)
        counts = (~np.isnan(truth)).sum(axis=(0, 2))
        if not counts.any():
            raise DataError("No value is known at the times of the forecasts", hint="Forecast from an earlier {start}")
        covered = [(forecast.quantiles[low] <= truth) & (truth <= forecast.quantiles[high]) for low, high in pairs]
        shares = np.stack([inside.sum(axis=(0, 2)) for inside in covered]) / np.where(counts, counts, np.nan)
        nominal = np.array([forecast.levels[high] - forecast.levels[low] for low, high in pairs])
        return cls(nominal, shares, counts, source.backend)

    @property
    def overall(self) -> NDArray[np.float64]:
        """(interval,) observed coverage over all steps.

        Example:
            >>> from divecast.plots import ReliabilityDisplay
            >>> forecast = model.forecast(panel, start=panel.clock.stamps()[-240])
            >>> ReliabilityDisplay.from_forecast(forecast, panel).overall.shape
            (2,)
        """
        overall: NDArray[np.float64] = np.nansum(self.observed * self.counts, axis=1) / self.counts.sum()
        return overall

    def frame(self) -> Any:
        """Return one row per interval and step, and one for ``all`` steps: ``step, nominal, observed, n``.

        Example:
            >>> from divecast.plots import ReliabilityDisplay
            >>> forecast = model.forecast(panel, start=panel.clock.stamps()[-240])
            >>> len(ReliabilityDisplay.from_forecast(forecast, panel).frame())
            50
        """
        horizon = len(self.counts)
        steps = np.array(["all", *map(str, range(1, horizon + 1))], dtype=object)
        columns = {
            "step": np.tile(steps, len(self.nominal)),
            "nominal": np.repeat(self.nominal, horizon + 1),
            "observed": np.column_stack([self.overall, self.observed]).reshape(-1),
            "n": np.tile([self.counts.sum(), *self.counts], len(self.nominal)),
        }
        return to_frame(columns, self.backend)

    def _draw(self, ax: Any) -> "Figure":
        figure, (left, right) = panels(ax, (1, 2), 2.9, (1, 1.5))
        left.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls="--", label="ideal")
        left.plot(self.nominal, self.overall, color=BLUE, lw=1.2, marker="o", ms=4, label="observed")
        left.set(xlim=(0, 1), ylim=(0, 1), xlabel="nominal coverage", ylabel="observed coverage", aspect="equal")
        left.set_title("All steps", loc="left")
        left.legend(frameon=False)
        steps, colours = np.arange(1, len(self.counts) + 1), scale_colours(len(self.nominal))
        every = max(1, len(steps) // 12)
        for place, (nominal, observed) in enumerate(zip(self.nominal, self.observed, strict=True)):
            colour, mark = colours[place], _MARKS[place % len(_MARKS)]
            right.axhline(nominal, color=colour, lw=0.8, ls="--")
            label = f"{nominal:.0%}"
            right.plot(steps, observed, color=colour, lw=1.0, marker=mark, ms=3, markevery=every, label=label)
        right.set(ylim=(0, 1), xlabel="step ahead", ylabel="observed coverage")
        right.set_title("By step (dashed: nominal)", loc="left")
        right.legend(title="interval", frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
        return figure


def _pairs(levels: tuple[float, ...]) -> list[tuple[int, int]]:
    """Return the indices of symmetric pairs of levels, the narrowest interval first."""
    pairs = [
        (low, high)
        for low, level in enumerate(levels)
        for high, other in enumerate(levels)
        if level < other and np.isclose(level + other, 1.0)
    ]
    if not pairs:
        raise ConfigError(
            "No two quantile levels are symmetric",
            expected="levels such as (0.05, 0.95)",
            found=str(levels),
            argument="levels",
        )
    return sorted(pairs, reverse=True)
