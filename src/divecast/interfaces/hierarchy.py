"""Forecasts of a hierarchy that add up, by hierarchicalforecast: needs ``divecast[hierarchy]``.

Sums of sample paths add up already (``Forecast.total``). Here the totals are series with forecasts of their own, which
differ from the sums of those below them; reconciled, all of them are linear combinations that add up, and a total that
is forecast well improves the series below it (Wickramasuriya et al. 2019).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from divecast._optional import need
from divecast.config import check_choice
from divecast.data import Panel
from divecast.data.names import check_known, listed
from divecast.errors import ConfigError, DataError, warn_data
from divecast.inference.results import Forecast
from divecast.inference.results.ensemble import Groups, members_of

Method = Literal["bottom_up", "ols", "wls_struct", "wls_var", "mint_cov", "mint_shrink"]
Doubles = NDArray[np.float64]

_LEAST_PATHS = 100
_MANY = 0.05  # of the rows


def with_totals(panel: Panel, groups: Groups) -> Panel:
    """Return a panel with the sum of each group as a further series, NaN where a series of the group is missing.

    A DataWarning names the groups of which the sum lacks many rows that a series of it has.

    Args:
        panel: the panel; its labels and covariates are those of rows, not of series.
        groups: lists of series by the name of the group, or groups of groups.

    Raises:
        ConfigError: a group has no series, or the name of another group.
        DataError: there is no such series, a group has the name of a series, or a column differs by series.

    Example:
        >>> from divecast.interfaces.hierarchy import with_totals
        >>> with_totals(panel, {"all": list(panel.channels)}).channels[-1]
        'all'
    """
    tree = _Tree.of(panel.channels, groups)
    if tree.present:
        raise DataError(f"A group has the name of a series: {listed(tree.present)}", argument="groups")
    own = [name for columns in (panel.labels, panel.covariates) for name, each in columns.items() if each.ndim > 1]
    if own or panel.static:
        raise DataError(
            f"Totals have no values of columns that differ by series: {listed([*own, *panel.static])}",
            hint="Leave these columns out, or add the totals to the table with values of their own",
        )
    values = np.asarray(panel.values, np.float64)
    totals = [values[:, row > 0].sum(1) for row in tree.sums[: len(tree.totals)]]
    _report_missing(values, tree)
    joined = np.column_stack([values, *totals]).astype(np.float32)
    return replace(panel, values=joined, channels=(*panel.channels, *tree.totals))


def reconcile(forecast: Forecast, groups: Groups, method: Method = "mint_shrink") -> Forecast:
    """Return a forecast whose totals are the sums of their series, in mean and in every path.

    Mean and paths of all series and totals are mapped by one matrix for each window; quantiles are those of the paths.
    The errors by which ``wls_var``, ``mint_cov`` and ``mint_shrink`` weigh the series are those of the paths around the
    mean. Bounds may be left, since a reconciled value can be below 0.

    Args:
        forecast: of the series and the totals, with some hundred paths.
        groups: lists of series by the name of the total, or groups of groups; series in no group stay on their own.
        method: ``bottom_up`` takes the totals as sums of the series, whether they are forecast or not, and needs no
            other package; the others are those of ``hierarchicalforecast.methods.MinTrace``.

    Returns:
        The forecast of the totals, then of the series.

    Raises:
        ConfigError: there is no such method, group or series, a total is not forecast, the paths are too few, the
            series are forecast from different times, or hierarchicalforecast is not installed.
        DataError: a forecast is missing (NaN).

    Example:
        >>> from divecast.interfaces.hierarchy import reconcile
        >>> forecast = model.forecast(panel, n_paths=100)
        >>> both = reconcile(forecast, {"all": list(panel.channels)}, "bottom_up")
        >>> both.channels[0], bool(abs(both.mean[..., 0] - both.mean[..., 1:].sum(-1)).max() < 1e-3)
        ('all', True)
    """
    check_choice(get_args(Method), method=method)
    if len(forecast.paths) < _LEAST_PATHS:
        raise ConfigError(
            f"Reconciled quantiles are those of paths: at least {_LEAST_PATHS}",
            found=str(len(forecast.paths)),
            hint="Forecast with {n_paths} of some hundred",
            argument="n_paths",
        )
    if forecast.keys.own is not None:
        raise ConfigError(
            "The series are forecast from times of their own, so that their steps cannot be summed",
            hint="Forecast all of them from a common origin",
            argument="own_origin",
        )
    tree = _Tree.of(forecast.channels, groups)
    absent = [name for name in tree.totals if name not in tree.present]
    if absent and method != "bottom_up":
        raise ConfigError(
            f"There is no forecast of the totals {listed(absent)}",
            hint='Fit the model to a panel with them (with_totals), or pass "bottom_up" as {method}',
            argument="groups",
        )
    place = {name: at for at, name in enumerate(forecast.channels)}
    taken = [place[name] for name in (*(tree.totals if method != "bottom_up" else ()), *tree.series)]
    mean, paths = (np.asarray(each[..., taken], np.float64) for each in (forecast.mean, forecast.paths))
    if np.isnan(mean).any():
        lacking = np.array(forecast.channels)[taken][np.isnan(mean).any(axis=(0, 1))]
        raise DataError(
            f"Series without a forecast cannot be reconciled: {listed(lacking.tolist())}",
            hint='Leave such series out of {groups}; for such totals, "bottom_up" as {method} sums their series',
        )
    bottom, bottom_paths = mean, paths
    if method != "bottom_up":
        maps = [_map(tree.sums, mean[window], paths[:, window], method) for window in range(len(mean))]
        bottom = np.stack([each @ own.T for each, own in zip(mean, maps, strict=True)])
        bottom_paths = np.stack([paths[:, at] @ own.T for at, own in enumerate(maps)], axis=1)
    all_paths = (bottom_paths @ tree.sums.T).astype(np.float32)
    quantiles = np.quantile(all_paths, forecast.levels, axis=0).astype(np.float32)
    return Forecast(
        forecast.keys,
        (*tree.totals, *tree.series),
        (bottom @ tree.sums.T).astype(np.float32),
        forecast.levels,
        quantiles,
        all_paths,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Tree:
    """A hierarchy.

    Attributes:
        totals: names of the groups.
        series: names of the series at the bottom.
        present: groups whose name is that of a channel.
        sums: (total + series, series) how the totals, and then the series, are sums of the series.
    """

    totals: tuple[str, ...]
    series: tuple[str, ...]
    present: tuple[str, ...]
    sums: Doubles

    @classmethod
    def of(cls, channels: Sequence[str], groups: Groups) -> "_Tree":
        """Return the hierarchy of channels, of which some may be totals."""
        if not isinstance(groups, Mapping) or not groups:
            raise ConfigError(expected="groups of series by name", found=f"{groups!r:.80}", argument="groups")
        members = members_of(groups)
        series = tuple(name for name in channels if name not in members)
        for names in members.values():
            check_known(names, series, "series", argument="groups")
        place = {name: at for at, name in enumerate(series)}
        sums = np.zeros((len(members) + len(series), len(series)))
        for row, names in enumerate(members.values()):
            sums[row, [place[name] for name in names]] = 1.0
        sums[len(members) :] = np.eye(len(series))
        return cls(tuple(members), series, tuple(name for name in channels if name in members), sums)


def _report_missing(values: Doubles, tree: _Tree) -> None:
    """Warn of groups whose sum lacks many rows that one of their series has."""
    missing, told = np.isnan(values), []
    for name, row in zip(tree.totals, tree.sums, strict=False):
        own = missing[:, row > 0]
        of_sum, of_series = own.any(axis=1).mean(), own.mean(axis=0)
        if of_sum > of_series.min() + _MANY:
            most = tree.series[np.flatnonzero(row)[of_series.argmax()]]
            told.append(f"{name!r} in {of_sum:.0%} of the rows (most often {most!r}, in {of_series.max():.0%})")
    if told:
        warn_data(
            f"Sums are missing where one of their series is: {'; '.join(told)}",
            hint="Leave series that begin late or end early out of {groups}, or fill in what they count as there",
        )


def _map(sums: Doubles, mean: Doubles, paths: Doubles, method: Method) -> Doubles:
    """Return the matrix from totals and series to series, (series, total + series).

    Args:
        sums: of the hierarchy.
        mean: (step, total + series).
        paths: (path, step, total + series).
        method: of ``MinTrace``.
    """
    min_trace: Any = need("hierarchicalforecast.methods").MinTrace(method=method)
    unit = float((paths - mean).std()) or 1.0  # the method adds a small number to variances
    drawn, expected = (np.broadcast_to(each / unit, paths.shape).reshape(-1, len(sums)).T for each in (paths, mean))
    min_trace.fit(S=sums, y_hat=mean.T / unit, y_insample=drawn, y_hat_insample=expected)
    found: Doubles = np.asarray(min_trace.P)
    return found
