"""What is asked of a forecast: windows, series that the model did not see, and origins of each series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data import Panel, Windows
from divecast.data.future import own_ends, padded_before
from divecast.data.names import listed
from divecast.errors import ConfigError, warn_data
from divecast.inference.dependence import check_paths_fit
from divecast.inference.fitted_model import FittedModel
from divecast.inference.folding import from_own_ends, n_folded
from divecast.inference.forecast_starts import Moment, forecast_starts
from divecast.inference.new_series import NewSeries
from divecast.inference.predict import LabelMode, forecast_cut, forecast_pieces
from divecast.inference.results import Forecast
from divecast.inference.warn_untold import warn_cut, warn_untold

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Origins:
    """From where to forecast; see ``DeepDIVE.forecast``."""

    start: Moment | None = None
    stop: Moment | None = None
    every: int = 1
    own: bool | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """What to forecast.

    Attributes:
        fitted: the model.
        windows: the windows.
        new: series that a model of joint series did not see.
        ends: (series,) forecast origin of each of joint series, the new ones last, if they differ.
    """

    fitted: FittedModel
    windows: Windows
    new: NewSeries | None = None
    ends: Rows | None = None

    @classmethod
    def of(cls, fitted: FittedModel, data: Any, origins: Origins, future: Any) -> "Asked":
        """Read the data, and choose the windows.

        Raises:
            DataError: the data cannot be used, or no window ends in the time span.
            ConfigError: the arguments cannot be combined.
        """
        if origins.own and (origins.start is not None or origins.stop is not None):
            raise ConfigError(
                "Forecasts from a start are from one origin for all series",
                hint="Omit {start} and {stop}, or {own_origin}",
                argument="own_origin",
            )
        if fitted.independent:
            asked = cls._of_separate(fitted, data, origins, future)
        else:
            asked = cls._of_joint(fitted, data, origins, future)
        asked = replace(asked, windows=fitted.without_outliers(asked.windows))
        warn_untold(fitted, asked.windows)
        warn_cut(fitted, asked.windows)
        return asked

    @classmethod
    def _of_separate(cls, fitted: FittedModel, data: Any, origins: Origins, future: Any) -> "Asked":
        own = origins.start is None and origins.own is not False
        windows = fitted.windows_of(fitted.source(data, future), None, "encode", "own" if own else "common")
        chosen = windows.subset(forecast_starts(windows, origins.start, origins.stop, origins.every))
        report_without_values(chosen)
        return cls(fitted, replace(chosen, own_origin=own))

    @classmethod
    def _of_joint(cls, fitted: FittedModel, data: Any, origins: Origins, future: Any) -> "Asked":
        source, others = fitted.with_new_series(data, future)
        ends = None
        if origins.own and isinstance(source, Panel):
            ends = np.concatenate([own_ends(each) for each in (source, others) if each is not None])
            missing = max(0, fitted.shape.lookback - int(ends.min()))
            source, others = padded_before(source, missing), None if others is None else padded_before(others, missing)
            ends += missing
        windows = fitted.windows_of(source, None, "encode")
        new = None if others is None else NewSeries(fitted, others)
        if new is not None:
            new.warn()
        if ends is None or (ends == ends[0]).all():
            chosen = windows.subset(forecast_starts(windows, origins.start, origins.stop, origins.every))
            ends = None
        else:
            chosen = windows.subset(np.isin(windows.origins, ends))
        return cls(fitted, chosen, new, ends)

    def cut(self, n_paths: int) -> list[Windows]:
        """Split the windows into pieces that need little memory; forecasts of own origins are one."""
        return [*forecast_cut(self.fitted, self.windows, n_paths)] if self.ends is None else [self.windows]

    def forecasts(
        self, cut: Sequence[Windows], mode: LabelMode, levels: Sequence[float], n_paths: int
    ) -> Iterator[Forecast]:
        """Yield the forecasts of pieces."""
        if self.ends is None:
            yield from self._plain(cut, mode, levels, n_paths)
            return
        for piece in cut:
            parts = self._plain([*forecast_cut(self.fitted, piece, n_paths)], mode, levels, n_paths)
            yield from_own_ends(parts, self.ends, piece.source)

    def joined(self, mode: LabelMode, levels: Sequence[float], n_paths: int) -> Forecast:
        """Return all forecasts as one.

        Raises:
            ConfigError: the paths do not fit into memory, or an argument is out of range.
        """
        check_paths_fit(n_paths, (len(self.windows), self.fitted.shape.horizon, len(self.fitted.channels)))
        cut = self.cut(n_paths)
        if self.ends is not None:
            n_windows = 1
        elif self.fitted.independent:
            n_windows = sum(n_folded(piece) for piece in cut)
        else:
            n_windows = len(self.windows)
        return Forecast.joined(self.forecasts(cut, mode, levels, n_paths), n_windows)

    def _plain(
        self, cut: Sequence[Windows], mode: LabelMode, levels: Sequence[float], n_paths: int
    ) -> Iterator[Forecast]:
        forecasts = forecast_pieces(self.fitted, cut, mode, levels, n_paths, self.ends)
        if self.new is None:
            yield from forecasts
            return
        for piece, forecast in zip(cut, forecasts, strict=True):
            yield self.new.beside(forecast, piece)


def report_without_values(windows: Windows) -> None:
    """Warn of independent series that have no window, and so no forecast."""
    names = windows.source.names
    silent = np.setdiff1d(np.arange(len(names)), windows.segments)
    if len(silent):
        warn_data(
            f"{len(silent)} of {plural(len(names), 'series')} have no value in a look-back, and so no forecast (NaN): "
            f"{listed([names[series] for series in silent])}"
        )
