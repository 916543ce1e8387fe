"""Plot of forecasts with their intervals and the observed values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import to_frame
from divecast.errors import ConfigError
from divecast.explain.long_table import long_columns
from divecast.inference.results import Floats, Forecast, Keys
from divecast.plots.display import Display
from divecast.plots.narrow import Ints, Series, narrow_forecast, pick_series, pick_window
from divecast.plots.style import BLUE, GREY, INK, as_text, panels
from divecast.plots.truth import segments_of, source_of, truth_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DAY = 86400
_MOST = 14


@dataclass(frozen=True, eq=False, slots=True)
class ForecastDisplay(Display):
    """Forecasts with their intervals, the values before the first one, and the observed values if they are known.

    One panel per series.

    Attributes:
        forecast: the windows and series shown, all of one recording.
        truth: (window, horizon, series), NaN where unknown.
        past: (row, series) values before the first forecast.
        past_stamps: (row,) their times.

    Example:
        >>> from divecast.plots import ForecastDisplay
        >>> forecast = model.forecast(panel, start=panel.clock.stamps()[-24])
        >>> display = ForecastDisplay.from_forecast(forecast, panel, series=["G0-A", "G1-A"])
        >>> display.past.shape
        (72, 2)
    """

    forecast: Forecast
    truth: Floats
    past: Floats
    past_stamps: NDArray[Any]

    @classmethod
    def from_forecast(
        cls,
        forecast: Forecast,
        data: Any = None,
        series: Series = None,
        windows: Sequence[int] | None = None,
        history: int | None = None,
    ) -> "ForecastDisplay":
        """Choose what to show of forecasts.

        Args:
            forecast: of one or more windows.
            data: the data that were forecast, which may have more rows at the end; None to show no observed values.
            series: names of channels; the first three by default.
            windows: indices of windows; by default the first, and up to 13 later ones that do not overlap.
            history: rows to show before the first forecast; three horizons by default.

        Raises:
            ConfigError: there is no such channel or window, the windows are of several recordings, or ``history``
                is negative.
            DataError: the data are not those that were forecast.

        Example:
            >>> from divecast.plots import ForecastDisplay
            >>> display = ForecastDisplay.from_forecast(model.forecast(panel), panel, history=168)
            >>> display.past.shape
            (168, 3)
        """
        if history is not None and history < 0:
            raise ConfigError(expected="history of at least 0", found=str(history), argument="history")
        source = None if data is None else source_of(forecast, data)
        segments, horizon = segments_of(forecast, source), forecast.mean.shape[1]
        shown = _apart(forecast.keys, segments, horizon) if windows is None else _named(segments, windows)
        channels = pick_series(forecast.channels, series)
        kept = narrow_forecast(forecast, shown, channels)
        if source is None:
            past = np.empty((0, len(channels)), dtype=np.float32)
            return cls(kept, np.full_like(kept.mean, np.nan), past, kept.keys.stamps[0, :0])
        origins, first = forecast.keys.origins[shown], shown[:1]
        begin = source.offsets[segments[first]]
        back = int(np.minimum(3 * horizon if history is None else history, origins[:1] - begin).sum())
        truth = truth_of(source, origins, segments[shown], range(horizon))[..., channels]
        past = truth_of(source, origins[:1], segments[first], range(-back, 0))[0][:, channels]
        keys = Keys.of(source, origins[:1], segments[first], range(-back, horizon))
        return cls(kept, truth, past, keys.stamps[0, :back])

    def frame(self) -> Any:
        """Return one row per window, series and step: ``unique_id, origin, step, ds, truth, mean``, and the quantiles.

        The steps before the first forecast count down from 0; their mean and quantiles are NaN.

        Example:
            >>> from divecast.plots import ForecastDisplay
            >>> display = ForecastDisplay.from_forecast(model.forecast(panel), panel, series="G0-A")
            >>> len(display.frame())  # 72 rows of history and 24 steps
            96
        """
        forecast, keys = self.forecast, replace(self.forecast.keys, utc=None)  # in the times that are drawn
        quantiles = {f"q{level:g}": q for level, q in zip(forecast.levels, forecast.quantiles, strict=True)}
        steps = np.arange(1, forecast.mean.shape[1] + 1)
        values = {"truth": self.truth, "mean": forecast.mean, **quantiles}
        ahead = long_columns(keys, forecast.channels, keys.columns("origin", 0), steps, keys.stamps[:, 1:], values)
        unknown = np.full((1, *self.past.shape), np.nan, dtype=np.float32)
        values = {"truth": self.past[None], "mean": unknown, **dict.fromkeys(quantiles, unknown)}
        first = {name: column[:1] for name, column in keys.columns("origin", 0).items()}
        steps = np.arange(1 - len(self.past), 1)
        behind = long_columns(keys, forecast.channels, first, steps, self.past_stamps[None], values)
        return to_frame({name: np.concatenate([behind[name], ahead[name]]) for name in ahead}, keys.backend)

    def _draw(self, ax: Any) -> "Figure":
        names = self.forecast.channels
        figure, axes = panels(ax, (len(names), 1), 0.7 + 1.5 * len(names))
        for channel, (panel, name) in enumerate(zip(axes, names, strict=True)):
            self._draw_series(panel, channel)
            panel.set_title(as_text(name), loc="left")
        axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False)
        if self.forecast.keys.recordings is not None:
            axes[-1].set_xlabel(f"seconds of {as_text(self.forecast.keys.recordings[0])}")
        return figure

    def _draw_series(self, axes: "Axes", channel: int) -> None:
        forecast, (stamps, values) = self.forecast, self._observed(channel)
        if np.isfinite(values).any():
            axes.plot(stamps, values, color=INK, lw=0.9, label="observed")
        for window in range(len(forecast.mean)):
            plot_bands(axes, forecast, (window, channel), BLUE, "" if window == 0 else None)
            axes.axvline(forecast.keys.stamps[window, 0], color=GREY, lw=0.5, ls=":", zorder=0)
        axes.margins(x=0.01)

    def _observed(self, channel: int) -> tuple[NDArray[Any], Floats]:
        """Return stamps and values of a series by row, with NaN between rows that do not follow one another."""
        keys, horizon = self.forecast.keys, self.truth.shape[1]
        ahead = keys.origins[:, None] + np.arange(horizon)
        behind = keys.origins[0] + np.arange(-len(self.past), 0)
        rows, first = np.unique(np.concatenate([behind, ahead.reshape(-1)]), return_index=True)
        stamps = np.concatenate([self.past_stamps, keys.stamps[:, 1:].reshape(-1)])[first]
        values = np.concatenate([self.past[:, channel], self.truth[:, :, channel].reshape(-1)])[first]
        gaps = np.union1d(np.flatnonzero(np.diff(rows) > 1) + 1, closed_before(stamps))
        return np.insert(stamps, gaps, stamps[gaps]), np.insert(values, gaps, np.nan)


def plot_bands(
    axes: "Axes", forecast: Forecast, place: tuple[int, int], colour: str, name: str | None, line: str = "-"
) -> None:
    """Draw the intervals and the mean of one forecast.

    Args:
        axes: to draw into.
        forecast: forecasts.
        place: window and channel.
        colour: of mean and intervals.
        name: prefix of the entries in the legend; None for no entries.
        line: style of the mean.
    """
    window, channel = place
    gaps = closed_before(forecast.keys.stamps[window, 1:])
    stamps = np.insert(forecast.keys.stamps[window, 1:], gaps, forecast.keys.stamps[window, 1:][gaps])
    bands = np.insert(forecast.quantiles[:, window, :, channel], gaps, np.nan, axis=1)
    mean = np.insert(forecast.mean[window, :, channel], gaps, np.nan)
    for low in range(len(forecast.levels) // 2):
        share = forecast.levels[-1 - low] - forecast.levels[low]
        label = f"{name}{share:.0%} interval" if name is not None and low == 0 else None
        axes.fill_between(stamps, bands[low], bands[-1 - low], color=colour, alpha=0.2, lw=0, label=label)
    label = None if name is None else f"{name}forecast"
    mark = "." if len(stamps) == 1 else None  # a line of one point is invisible
    axes.plot(stamps, mean, color=colour, lw=1.2, ls=line, marker=mark, label=label)


def closed_before(stamps: NDArray[Any]) -> Ints:
    """Return the indices of stamps before which a clock of less than a day is closed, where lines end.

    Args:
        stamps: (step,) times in order; those of recordings, in seconds, have no closed times.
    """
    if stamps.dtype.kind != "M" or len(stamps) < 3:
        return np.empty(0, dtype=np.int64)
    seconds = stamps.astype("datetime64[s]").astype(np.int64)
    steps = seconds[1:] - seconds[:-1]
    usual = int(steps.min())
    is_short = usual < _DAY - 3600  # a day of the clock's change has 23 hours
    return np.flatnonzero((2 * steps > 3 * usual) & is_short) + 1


def _named(segments: Ints, windows: Sequence[int]) -> Ints:
    """Return the indices of windows, in order."""
    picked = [pick_window(len(segments), window) for window in windows]
    if len({int(segments[window[0]]) for window in picked}) != 1:
        raise ConfigError(
            expected="windows of one recording",
            found=str(list(windows)),
            hint="Create one figure per recording",
            argument="windows",
        )
    return np.unique(np.concatenate(picked))


def _apart(keys: Keys, segments: Ints, horizon: int) -> Ints:
    """Return windows of the first one's recording whose forecasts do not overlap."""
    windows: list[int] = []
    for window in np.flatnonzero(segments == segments[:1].sum()):
        if len(windows) < _MOST and (not windows or keys.origins[window] >= keys.origins[windows[-1]] + horizon):
            windows.append(int(window))
    return np.array(windows, dtype=np.int64)
