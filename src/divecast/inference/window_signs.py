"""Warnings of what windows of forecasts lack, or show that is not as usual: once per call, with the series.

Of many windows some depart without a fault, as those at Christmas do: of departures, the last window alone is told.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._text import plural
from divecast.data import Windows
from divecast.data.sources.series_rows import SeriesRows, series_names
from divecast.errors import warn_data
from divecast.inference.fitted_model import FittedModel
from divecast.model.departures import constant_run
from divecast.types import Batch

_NAMED = 5
_DEPARTURE, _RUN, _LEAST_RUN = 3.0, 4.0, 6.0  # times what is usual; rows (our choices)
_FAR = 6.0  # standard deviations of the training part from its mean
_ROUNDING = 1e-4  # scaled units

Sizes = NDArray[np.float64]


@dataclass(slots=True)
class Marked:
    """Series that are marked in some windows, with the largest size there.

    Attributes:
        sizes: by name, in the order of the first windows.
    """

    sizes: dict[str, float] = field(default_factory=dict)

    def mark(self, windows: Windows, marked: NDArray[np.bool_], sizes: Sizes | None = None) -> None:
        """Mark series of windows.

        Args:
            windows: the windows.
            marked: (window, channel) where.
            sizes: (window, channel) how much.
        """
        if not marked.any():
            return
        of_windows = isinstance(windows.source, SeriesRows)
        names = series_names(windows.source)
        rows, columns = np.nonzero(marked)
        places = windows.segments[rows] if of_windows else columns
        found = np.zeros(len(rows)) if sizes is None else sizes[rows, columns]
        for place in np.unique(places):
            name = names[place]
            self.sizes[name] = max(self.sizes.get(name, 0.0), float(found[places == place].max()))

    def __str__(self) -> str:
        """The first of the names."""
        return f"{', '.join([*self.sizes][:_NAMED])}{', ...' if len(self.sizes) > _NAMED else ''}"

    @property
    def with_rows(self) -> str:
        """The names with the most rows, and these."""
        order = sorted(self.sizes, key=lambda name: -self.sizes[name])
        named = ", ".join(f"{name}: {plural(round(self.sizes[name]), 'row')}" for name in order[:_NAMED])
        return f"{named}{', ...' if len(order) > _NAMED else ''}"


@dataclass(slots=True)
class WindowSigns:
    """Collects the signs of windows, and warns of them at the end.

    Attributes:
        fitted: the model.
        ends: (series,) forecast origin of each series if they differ: only windows of these count.
    """

    fitted: FittedModel
    ends: NDArray[np.int64] | None = None
    absent: Marked = field(default_factory=Marked)
    silent: Marked = field(default_factory=Marked)
    constant: Marked = field(default_factory=Marked)
    shifted: Marked = field(default_factory=Marked)
    far: Marked = field(default_factory=Marked)
    clipped: Marked = field(default_factory=Marked)
    _last: int = -1

    def read(self, piece: Windows, batch: Batch, learned: NDArray[np.bool_]) -> None:
        """Read windows.

        Args:
            piece: the windows.
            batch: the same.
            learned: (window or 1, channel) whether the model could learn from a series.
        """
        counts = np.broadcast_to(learned, (len(batch.x), batch.x.shape[2]))
        if self.ends is not None:
            counts = counts & (piece.origins[:, None] == self.ends[: batch.x.shape[2]])
        whole, lookback = not bool(torch.isnan(batch.x.sum())), batch.x.shape[1]
        if not whole:
            known = ~batch.x.isnan().cpu().numpy()
            age = np.where(known.any(1), known[:, ::-1].argmax(1), lookback).astype(np.float64)
            self.absent.mark(piece, counts & (age == lookback))
            counts = counts & (age < lookback)
            self.silent.mark(piece, counts & (age > 0), age)
        departures = self.fitted.network.forecaster.departures
        run = constant_run(batch.x).cpu().numpy()
        stuck = counts & (run > np.maximum(_RUN * departures.usual_run.cpu().numpy(), _LEAST_RUN))
        self.constant.mark(piece, stuck, run)
        self._mark_shifted(piece, batch, counts & ~stuck)
        mean = np.abs((batch.x.mean(1) if whole else batch.x.nanmean(1)).cpu().numpy())
        self.far.mark(piece, counts & (mean > _FAR))
        if self.fitted.bounds.there_are:
            self.clipped.mark(piece, counts & self._beyond(piece, batch.x, whole))

    def _beyond(self, piece: Windows, x: Tensor, whole: bool) -> NDArray[np.bool_]:
        """Return whether windows, (window, time, channel), have values beyond the bounds of forecasts."""
        scale, bounds = self.fitted.at(piece).scale, self.fitted.bounds
        low, high = (scale.apply(each).reshape(-1, x.shape[2]) for each in (bounds.low, bounds.high))
        least = (x if whole else x.nan_to_num(nan=torch.inf)).amin(1).cpu().numpy()
        beyond: NDArray[np.bool_] = least < low - _ROUNDING
        if np.isnan(high).all():
            return beyond
        most = (x if whole else x.nan_to_num(nan=-torch.inf)).amax(1).cpu().numpy()
        return beyond | (most > high + _ROUNDING)

    def _mark_shifted(self, piece: Windows, batch: Batch, counts: NDArray[np.bool_]) -> None:
        """Mark series that departed before the last origin; of independent series, whose origins differ, all."""
        read = np.ones(len(piece), np.bool_)
        if not isinstance(piece.source, SeriesRows):
            last = int(piece.origins.max())
            if last > self._last:
                self._last, self.shifted = last, Marked()
            read = piece.origins == self._last
        if not read.any():
            return
        residual = batch.residual if read.all() else batch.residual[torch.from_numpy(read).to(batch.x.device)]
        times = self.fitted.network.forecaster.departures.largest(residual)[1].amax(2).cpu().numpy()
        self.shifted.mark(piece.subset(read), counts[read] & (times > _DEPARTURE))

    def warn(self) -> None:
        """Warn (DataWarning) of each kind of sign that there was."""
        if self.absent.sizes:
            warn_data(
                f"{plural(len(self.absent.sizes), 'channel')} had no value in the look-back before a forecast "
                f"({self.absent}): the forecasts there are what is usual in the training part, and sums count them",
                hint="Leave series that have ended out of groups and sums",
            )
        if self.silent.sizes:
            warn_data(
                f"{plural(len(self.silent.sizes), 'channel')} had no value in the last row before a forecast "
                f"({self.silent.with_rows}): the forecasts there use older values and other channels, and the "
                "intervals are wider"
            )
        if self.constant.sizes:
            warn_data(
                f"{plural(len(self.constant.sizes), 'channel')} did not change before a forecast, longer than ever in "
                f"the fit ({self.constant.with_rows}): the intervals are wider",
                hint="If a meter is stuck, leave its values out",
            )
        if self.shifted.sizes:
            warn_data(
                f"{plural(len(self.shifted.sizes), 'channel')} departed before a forecast from the rows before as "
                f"never in the fit ({self.shifted}): the forecasts follow in part, and the intervals are wider"
            )
        if self.far.sizes:
            warn_data(
                f"{plural(len(self.far.sizes), 'channel')} had values before a forecast that are far from all of the "
                f"training part ({self.far}): the forecasts there are extrapolated",
                hint="Update the model, or fit it again",
            )
        if self.clipped.sizes:
            warn_data(
                f"{plural(len(self.clipped.sizes), 'channel')} had values before a forecast beyond the bounds that "
                f"forecasts are kept within ({self.clipped}): the intervals there do not hold",
                hint="If the values are right, fit with other {bounds}, or None",
            )
