"""Picture of forecasts with their intervals and what came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import to_frame
from divecast.errors import ConfigError
from divecast.explain.long_table import long_columns
from divecast.inference.results import Floats, Forecast, Keys
from divecast.plots.narrow import Ints, Series, narrow_forecast, pick_series, pick_window
from divecast.plots.style import BLUE, GREY, INK, as_text, panels, styled
from divecast.plots.truth import segments_of, source_of, truth_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 14


@dataclass(frozen=True, eq=False, slots=True)
class ForecastDisplay:
    """Forecasts of some series, the rows before the first one, and the truth where it is known.

    Attributes:
        forecast: cut down to the windows and series shown; all of one recording.
        truth: (window, horizon, series), NaN where not known.
        past: (row, series) values before the first window's forecast.
        past_stamps: (row,) their times.
    """

    forecast: Forecast
    truth: Floats
    past: Floats
    past_stamps: NDArray[Any]

    @classmethod
    def from_forecast(
        cls,
        forecast: Forecast,
        data: Any,
        series: Series = None,
        windows: Sequence[int] | None = None,
        history: int | None = None,
    ) -> "ForecastDisplay":
        """Choose what to show of forecasts.

        Args:
            forecast: of one or more windows.
            data: what was forecast; may have more rows at its end.
            series: names of channels; the first three when left out.
            windows: numbers of windows; when left out the first, and up to 13 after it that do not overlap.
            history: rows to show before the first forecast; three horizons when left out.

        Raises:
            ConfigError: there is no such channel or window, the windows are of several recordings, or ``history``
                is below 0.
            DataError: the data are others.
        """
        if history is not None and history < 0:
            raise ConfigError(f"history must be a whole number >= 0, got {history}")
        source = source_of(forecast, data)
        segments, horizon = segments_of(forecast, source), forecast.mean.shape[1]
        shown = _apart(forecast.keys, segments, horizon) if windows is None else _named(segments, windows)
        at = pick_series(forecast.channels, series)
        origins, first = forecast.keys.origins[shown], shown[:1]
        begin = source.offsets[segments[first]]
        back = int(np.minimum(3 * horizon if history is None else history, origins[:1] - begin).sum())
        truth = truth_of(source, origins, segments[shown], range(horizon))[..., at]
        past = truth_of(source, origins[:1], segments[first], range(-back, 0))[0][:, at]
        keys = Keys.of(source, origins[:1], segments[first], range(-back, horizon))
        return cls(narrow_forecast(forecast, shown, at), truth, past, keys.stamps[0, :back])

    def frame(self) -> Any:
        """Return a row per window, series and step: ``unique_id, origin, step, ds, truth, mean``, and the quantiles.

        Before the first window's forecast steps count down from 0, and mean and quantiles are NaN.
        """
        found, keys = self.forecast, self.forecast.keys
        quantiles = {f"q{level:g}": q for level, q in zip(found.levels, found.quantiles, strict=True)}
        steps = np.arange(1, found.mean.shape[1] + 1)
        values = {"truth": self.truth, "mean": found.mean, **quantiles}
        ahead = long_columns(found.channels, keys.columns("origin", 0), steps, keys.stamps[:, 1:], values)
        none = np.full((1, *self.past.shape), np.nan, dtype=np.float32)
        values = {"truth": self.past[None], "mean": none, **dict.fromkeys(quantiles, none)}
        first = {name: column[:1] for name, column in keys.columns("origin", 0).items()}
        steps = np.arange(1 - len(self.past), 1)
        behind = long_columns(found.channels, first, steps, self.past_stamps[None], values)
        return to_frame({name: np.concatenate([behind[name], ahead[name]]) for name in ahead}, keys.backend)

    def plot(self, axes: Any = None) -> "Figure":
        """Plot a panel a series; ``axes`` may be as many of the caller's."""
        with styled():
            n = len(self.forecast.channels)
            figure, flat = panels(axes, (n, 1), 0.7 + 1.5 * n)
            for at, (panel, name) in enumerate(zip(flat, self.forecast.channels, strict=True)):
                self._plot_series(panel, at)
                panel.set_title(as_text(name), loc="left")
            flat[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False)
            if self.forecast.keys.recordings is not None:
                flat[-1].set_xlabel(f"seconds of {as_text(self.forecast.keys.recordings[0])}")
        return figure

    def _plot_series(self, axes: "Axes", at: int) -> None:
        found = self.forecast
        axes.plot(*self._observed(at), color=INK, lw=0.9, label="observed")
        for window in range(len(found.mean)):
            plot_bands(axes, found, (window, at), BLUE, "" if window == 0 else None)
            axes.axvline(found.keys.stamps[window, 0], color=GREY, lw=0.5, ls=":", zorder=0)
        axes.margins(x=0.01)

    def _observed(self, at: int) -> tuple[NDArray[Any], Floats]:
        """Return stamps and values of a series, row after row, with NaN where rows are left out."""
        keys, horizon = self.forecast.keys, self.truth.shape[1]
        ahead = keys.origins[:, None] + np.arange(horizon)
        behind = keys.origins[0] + np.arange(-len(self.past), 0)
        rows, first = np.unique(np.concatenate([behind, ahead.reshape(-1)]), return_index=True)
        stamps = np.concatenate([self.past_stamps, keys.stamps[:, 1:].reshape(-1)])[first]
        values = np.concatenate([self.past[:, at], self.truth[:, :, at].reshape(-1)])[first]
        gaps = np.flatnonzero(np.diff(rows) > 1) + 1
        return np.insert(stamps, gaps, stamps[gaps]), np.insert(values, gaps, np.nan)


def plot_bands(
    axes: "Axes", found: Forecast, at: tuple[int, int], colour: str, name: str | None, line: str = "-"
) -> None:
    """Draw the intervals and the mean of one forecast.

    Args:
        axes: where.
        found: forecasts.
        at: window and channel.
        colour: of all.
        name: before ``forecast`` and ``90 %`` in the legend; None leaves it out.
        line: style of the mean.
    """
    window, channel = at
    stamps = found.keys.stamps[window, 1:]
    bands = found.quantiles[:, window, :, channel]
    half = len(found.levels) // 2
    for low in range(half):
        share = found.levels[-1 - low] - found.levels[low]
        label = f"{name}{share:.0%} interval" if name is not None and low == 0 else None
        axes.fill_between(stamps, bands[low], bands[-1 - low], color=colour, alpha=0.2, lw=0, label=label)
    label = None if name is None else f"{name}forecast"
    # a marker, or a forecast of one step is not seen
    mark = "." if len(stamps) == 1 else None
    axes.plot(stamps, found.mean[window, :, channel], color=colour, lw=1.2, ls=line, marker=mark, label=label)


def _named(segments: Ints, windows: Sequence[int]) -> Ints:
    """Return windows by number, in order."""
    found = [pick_window(len(segments), window) for window in windows]
    if len({int(segments[at[0]]) for at in found}) != 1:
        raise ConfigError(f"expected windows of one recording, got {list(windows)}; make a picture for each recording")
    return np.unique(np.concatenate(found))


def _apart(keys: Keys, segments: Ints, horizon: int) -> Ints:
    """Return windows of the first one's recording whose forecasts do not overlap."""
    found: list[int] = []
    for at in np.flatnonzero(segments == segments[:1].sum()):
        if len(found) < _MOST and (not found or keys.origins[at] >= keys.origins[found[-1]] + horizon):
            found.append(int(at))
    return np.array(found, dtype=np.int64)
