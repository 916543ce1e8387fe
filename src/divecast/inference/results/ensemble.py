"""Totals, peaks and exceedances of sample paths."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast._text import did_you_mean
from divecast.data import Backend
from divecast.data.names import listed
from divecast.errors import ConfigError, DataError, warn_data
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.keys import Keys

Period = Literal["step", "day", "week", "month", "year", "horizon"]
Groups = Mapping[str, Any]
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Probabilities of the quantiles, unless others are chosen."""


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Ensemble(Plottable):
    """What a number is in each of many equally likely paths, by window, period and series or group of series.

    Each method gives another ensemble, so they follow one another: ``forecast.total("day").total(groups).peak()`` is
    the largest of the groups' days, ``forecast.exceeds(100).total("day")`` the number of steps above 100 in a day.

    Attributes:
        what: what the numbers are, in words.
        names: the series, or groups of them.
        values: (path, window, period, name), NaN where a window has fewer periods than others, or where a value is.
        starts: (window, period) time of the first step of each period, in the time of ``keys.stamps``.
        n_steps: (window, period) number of steps in each; at the ends of a window a day may be cut.
        keys: the windows.

    Example:
        >>> days = model.forecast(panel, n_paths=100).total("day")
        >>> days.values.shape, days.n_steps.tolist()
        ((100, 1, 1, 4), [[24]])
    """

    what: str
    names: tuple[str, ...]
    values: Floats
    starts: NDArray[Any]
    n_steps: NDArray[np.int64]
    keys: Keys

    @property
    def mean(self) -> Floats:
        """(window, period, name) mean over the paths; of ``exceeds`` the probability.

        Example:
            >>> ((model.forecast(panel, n_paths=100).exceeds(0.5).mean <= 1).all()).item()
            True
        """
        mean: Floats = self.values.mean(axis=0)
        return mean

    def quantiles(self, levels: Sequence[float] = LEVELS) -> Floats:
        """Return quantiles over the paths, (level, window, period, name).

        Args:
            levels: probabilities, from 0 to 1.

        Raises:
            ConfigError: a level is not between 0 and 1.

        Example:
            >>> model.forecast(panel, n_paths=100).total().quantiles((0.1, 0.9)).shape
            (2, 1, 1, 4)
        """
        array = np.asarray(levels, dtype=np.float64)
        if array.ndim != 1 or not ((array >= 0.0) & (array <= 1.0)).all():
            raise ConfigError("levels must be numbers from 0 to 1", found=repr(levels), argument="levels")
        quantiles: Floats = np.quantile(self.values, array, axis=0).astype(np.float32)
        return quantiles

    def total(self, by: Period | Groups = "horizon") -> "Ensemble":
        """Return sums over steps or over series.

        Args:
            by: ``day``, ``week``, ``month`` or ``year`` of the local calendar, or ``horizon`` for all steps: sums of
                the steps of each; ``step`` for sums over all series; or groups of series: the names of each group's
                series by its name. Groups may lie in groups: ``{"land": {"north": ["a", "b"], "south": ["c"]}}``; each
                has its own sum, and since these are sums of the same paths, they add up.

        Raises:
            ConfigError: there is no such period or series.
            DataError: recordings have no calendar.

        Example:
            >>> paths = model.forecast(panel, n_paths=100)
            >>> paths.total({"shops": ["G0-A", "G1-A"]}).names
            ('shops',)
        """
        if isinstance(by, Mapping):
            return self._of_groups(by)
        if by == "step":
            what, values = f"sum of all series: {self.what}", self.values.sum(-1, keepdims=True)
            return replace(self, what=what, names=("total",), values=values)
        return self._by(by, "total", np.add)

    def peak(self, by: Period = "horizon") -> "Ensemble":
        """Return the largest value of each period.

        Args:
            by: as in ``total``, but no groups.

        Raises:
            ConfigError: there is no such period.
            DataError: recordings have no calendar.

        Example:
            >>> model.forecast(panel, n_paths=100).total("step").peak("day").values.shape
            (100, 1, 1, 1)
        """
        return self._by(by, "peak", np.maximum)

    def exceeds(self, threshold: float | Mapping[str, float]) -> "Ensemble":
        """Return 1 where a value is above the threshold, else 0; ``mean`` of it is the probability.

        Args:
            threshold: in the units of the values, one for all or one by name.

        Raises:
            ConfigError: there is no such series, or one of them has no threshold.

        Example:
            >>> at_all = model.forecast(panel, n_paths=100).exceeds(0.5).peak("day")  # in some step of the day
            >>> at_all.mean.shape
            (1, 1, 4)
        """
        if isinstance(threshold, Mapping):
            self._check_named(threshold)
            lacking = [name for name in self.names if name not in threshold]
            if lacking:
                raise ConfigError(f"No threshold is given for {listed(lacking)}", argument="threshold")
            limits, said = np.array([_threshold(threshold[name]) for name in self.names]), "its threshold"
        else:
            limits, said = np.array(_threshold(threshold)), f"{threshold:g}"
        above = np.where(np.isnan(self.values), np.nan, self.values > limits).astype(np.float32)
        return replace(self, what=f"{self.what} above {said}", values=above)

    def frame(self, levels: Sequence[float] = LEVELS, *, backend: Backend | None = None) -> Any:
        """Return one row per window, period and series or group.

        Columns: ``unique_id``, ``origin``, ``ds`` (time of the first step), ``n_steps``, ``mean``, and ``q0.05`` ...

        Args:
            levels: probabilities of the quantiles.
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Raises:
            ConfigError: a level is not between 0 and 1.

        Example:
            >>> model.forecast(panel, n_paths=100).total().frame((0.05, 0.95), backend="pandas").shape
            (4, 7)
        """
        shape = self.values.shape[1:]
        windows, periods, names = (axis.ravel() for axis in np.indices(shape))
        there = self.n_steps[windows, periods] > 0
        keys = {name: column[windows] for name, column in self.keys.columns("origin", 0).items()}
        quantiles = {f"q{level:g}": q.ravel() for level, q in zip(levels, self.quantiles(levels), strict=True)}
        columns: Columns = merged(
            {"unique_id": np.array(self.names, dtype=object)[names]},
            keys,
            {"ds": self.starts[windows, periods], "n_steps": self.n_steps[windows, periods], "mean": self.mean.ravel()},
            quantiles,
        )
        return self.keys.frame({name: column[there] for name, column in columns.items()}, backend)

    def _by(self, by: Period, what: str, over: np.ufunc) -> "Ensemble":
        places, starts = self._periods(by)
        shape = (self.values.shape[0], len(places), starts.shape[1], len(self.names))
        values, n_steps = np.full(shape, np.nan, np.float32), np.zeros(starts.shape, np.int64)
        for window, steps in enumerate(places):
            first = np.flatnonzero(np.diff(steps, prepend=-1))
            first = first[steps[first] >= 0]
            inside = slice(0, int((steps >= 0).sum()))
            values[:, window, : len(first)] = over.reduceat(self.values[:, window, inside], first, axis=1)
            n_steps[window, : len(first)] = np.add.reduceat(self.n_steps[window, inside], first)
        return replace(self, what=f"{what} by {by}: {self.what}", values=values, starts=starts, n_steps=n_steps)

    def _periods(self, by: Period) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return the period of each step, (window, step), -1 where there is no step, and (window, period) its start."""
        if by not in get_args(Period) or by == "step":
            raise ConfigError(
                expected="one of day, week, month, year, horizon, or groups of series", found=repr(by), argument="by"
            )
        there = self.n_steps > 0
        if by == "horizon":
            return np.where(there, 0, -1), self.starts[:, :1]
        if self.keys.recordings is not None:
            raise DataError("Recordings have no calendar", hint='Choose "horizon" as {by}', argument="by")
        number = _calendar_number(self.starts - np.timedelta64(int(self.keys.ends), "s"), by)
        new = np.diff(number, axis=1, prepend=number[:, :1]) != 0
        places = np.where(there, np.cumsum(new & there, axis=1), -1)
        starts = np.full((len(places), int(places.max()) + 1), np.datetime64("NaT", "s"), self.starts.dtype)
        for window, steps in enumerate(places):
            first = np.flatnonzero(np.diff(steps, prepend=-1) > 0)
            starts[window, : len(first)] = self.starts[window, first]
        return places, starts

    def _of_groups(self, groups: Groups) -> "Ensemble":
        if not groups:
            raise ConfigError(
                "There are no groups to sum", expected="the series of each group by its name", argument="by"
            )
        members = members_of(groups)
        for names in members.values():
            self._check_named(names)
        outside = sorted({*self.names} - {*members} - {name for names in members.values() for name in names})
        if outside:
            warn_data(f"{len(outside)} of {len(self.names)} series are in no group: {listed(outside)}")
        place = {name: at for at, name in enumerate(self.names)}
        sums = [self.values[..., [place[name] for name in names]].sum(-1) for names in members.values()]
        absent = {name for name, at in place.items() if np.isnan(self.values[..., at]).all()}
        if lost := [group for group, names in members.items() if absent & {*names}]:
            without = sorted(absent & {name for group in lost for name in members[group]})
            warn_data(
                f"There is no sum of {listed(lost)}, as there is no forecast of {listed(without)}",
                hint="Leave series that have ended out of the groups",
            )
        return replace(self, what=f"sum by group: {self.what}", names=tuple(members), values=np.stack(sums, axis=-1))

    def _check_named(self, names: Any) -> None:
        for name in names:
            if name not in self.names:
                raise ConfigError(f"There is no series {name!r}", hint=did_you_mean(name, self.names), argument="by")


def members_of(groups: Groups) -> dict[str, tuple[str, ...]]:
    """Return the series of each group and of the groups in it, each named once."""
    found: dict[str, tuple[str, ...]] = {}
    for name, inside in groups.items():
        if isinstance(inside, Mapping):
            below = members_of(inside)
            own = tuple(dict.fromkeys(series for child in inside for series in below[child]))
        else:
            below, own = {}, (inside,) if isinstance(inside, str) else tuple(inside)
        if not own or len(set(own)) != len(own):
            raise ConfigError(f"Group {name!r} must have series, each once", found=f"{own!r:.80}", argument="by")
        twice = [each for each in (name, *below) if each in found or (each == name and name in below)]
        if twice:
            raise ConfigError(f"Two groups have the name {twice[0]!r}", argument="by")
        found |= {name: own, **below}
    return found


def _calendar_number(stamps: NDArray[Any], by: Period) -> NDArray[np.int64]:
    days = stamps.astype("datetime64[D]").astype(np.int64)
    if by == "week":
        return np.asarray((days + 3) // 7)  # 1970-01-01 was a Thursday
    return days if by == "day" else stamps.astype(f"datetime64[{by[0].upper()}]").astype(np.int64)


def _threshold(given: Any) -> float:
    """Return a threshold that is a number.

    Raises:
        ConfigError: it is none.
    """
    if isinstance(given, bool) or not isinstance(given, Real) or math.isnan(given):
        raise ConfigError(
            expected="a number, or one for each series by its name", found=repr(given), argument="threshold"
        )
    return float(given)
