"""Picture of how far intervals can be trusted: how often they hold against how often they say they do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, to_frame
from divecast.errors import ConfigError, DataError
from divecast.inference.results import Forecast
from divecast.plots.style import BLUE, GREY, panels, scale_colours, styled
from divecast.plots.truth import segments_of, source_of, truth_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKS = "osD^vPX*"


@dataclass(frozen=True, eq=False, slots=True)
class ReliabilityDisplay:
    """Coverage of central intervals, all channels together.

    Attributes:
        nominal: (interval,) rising: what share of the values should lie in each.
        observed: (interval, horizon) what share does; NaN at a step without truth.
        counts: (horizon,) values that were observed.
        backend: kind of table to give back.
    """

    nominal: NDArray[np.float64]
    observed: NDArray[np.float64]
    counts: NDArray[np.int64]
    backend: Backend

    @classmethod
    def from_forecast(cls, forecast: Forecast, data: Any) -> "ReliabilityDisplay":
        """Hold forecasts of known rows, such as ``model.forecast(data, start=...)``, against these rows.

        Args:
            forecast: with quantiles at levels that pair, such as .05 and .95.
            data: what was forecast; may have more rows at its end.

        Raises:
            ConfigError: no two levels pair.
            DataError: the data are others, or have no value at the times forecast.
        """
        pairs = _pairs(forecast.levels)
        source = source_of(forecast, data)
        steps = range(forecast.mean.shape[1])
        truth = truth_of(source, forecast.keys.origins, segments_of(forecast, source), steps)
        counts = (~np.isnan(truth)).sum(axis=(0, 2))
        if not counts.any():
            raise DataError("expected some known value at the times forecast, got none; forecast from an earlier start")
        held = [(forecast.quantiles[low] <= truth) & (truth <= forecast.quantiles[high]) for low, high in pairs]
        shares = np.stack([each.sum(axis=(0, 2)) for each in held]) / np.where(counts, counts, np.nan)
        nominal = np.array([forecast.levels[high] - forecast.levels[low] for low, high in pairs])
        return cls(nominal, shares, counts, source.backend)

    @property
    def overall(self) -> NDArray[np.float64]:
        """(interval,) observed share over all steps."""
        found: NDArray[np.float64] = np.nansum(self.observed * self.counts, axis=1) / self.counts.sum()
        return found

    def frame(self) -> Any:
        """Return a row per interval and step, and one each for ``all``: ``step, nominal, observed, n``."""
        horizon = len(self.counts)
        steps = np.array(["all", *map(str, range(1, horizon + 1))], dtype=object)
        columns = {
            "step": np.tile(steps, len(self.nominal)),
            "nominal": np.repeat(self.nominal, horizon + 1),
            "observed": np.column_stack([self.overall, self.observed]).reshape(-1),
            "n": np.tile([self.counts.sum(), *self.counts], len(self.nominal)),
        }
        return to_frame(columns, self.backend)

    def plot(self, axes: Any = None) -> "Figure":
        """Plot over all steps left, by step right; ``axes`` may be two of the caller's."""
        with styled():
            figure, (left, right) = panels(axes, (1, 2), 2.9, (1, 1.5))
            left.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls="--", label="as they should")
            left.plot(self.nominal, self.overall, color=BLUE, lw=1.2, marker="o", ms=4, label="observed")
            left.set(xlim=(0, 1), ylim=(0, 1), xlabel="nominal coverage", ylabel="observed coverage", aspect="equal")
            left.set_title("Intervals, all steps", loc="left")
            left.legend(frameon=False)
            steps, colours = np.arange(1, len(self.counts) + 1), scale_colours(len(self.nominal))
            for at, (nominal, observed) in enumerate(zip(self.nominal, self.observed, strict=True)):
                right.axhline(nominal, color=colours[at], lw=0.8, ls="--")
                mark, every = _MARKS[at % len(_MARKS)], max(1, len(steps) // 12)
                label = f"{nominal:.0%}"
                right.plot(steps, observed, color=colours[at], lw=1.0, marker=mark, ms=3, markevery=every, label=label)
            right.set(ylim=(0, 1), xlabel="step ahead", ylabel="observed coverage")
            right.set_title("By step (dashed: nominal)", loc="left")
            right.legend(title="interval", frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
        return figure


def _pairs(levels: tuple[float, ...]) -> list[tuple[int, int]]:
    """Return the places of levels that lie as far from 0 as from 1, the narrowest interval first."""
    found = [
        (low, high)
        for low, level in enumerate(levels)
        for high, other in enumerate(levels)
        if level < other and np.isclose(level + other, 1.0)
    ]
    if not found:
        raise ConfigError(f"expected quantiles at levels that pair, such as (0.05, 0.95), got {levels}")
    return sorted(found, reverse=True)
