"""Whether series are forecast together or each on its own, and the layout of those of an independent model."""

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.config import SeriesMode, check_choice
from divecast.data import Panel, Source, Split
from divecast.data import split as split_rows
from divecast.data.names import listed
from divecast.data.sources.arrays import row_chunks
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.windows.own_scale import LEAST_VALUES, fit_own_scale
from divecast.errors import ConfigError, DataError, warn_data
from divecast.inference.provenance import FitPlan
from divecast.persistence.page_cache import drop_pages

# This share of the series or more, and at least so many, lack more than this share of the rows at an end (our choice).
_SHARE, _LEAST_RAGGED = 0.2, 5


def series_mode(source: Source, wanted: SeriesMode) -> SeriesMode:
    """Return whether series are forecast together or each on its own.

    Args:
        source: the data.
        wanted: as set; "auto" for independent series if many of a panel start late or end early, else joint ones.

    Raises:
        ConfigError: there is no such setting, or recordings are to be independent series.
    """
    check_choice(("joint", "independent", "auto"), series=wanted)
    if not isinstance(source, Panel):
        if wanted == "independent":
            raise ConfigError(
                "The channels of recordings are forecast together, so series cannot be independent",
                hint='Leave out {series}, or pass "joint"',
                argument="series",
            )
        return "joint"
    if wanted != "auto":
        return wanted
    first, last = own_rows_of(source)
    n_rows = len(source.values)
    ragged = (last > 0) & ((first > _SHARE * n_rows) | (n_rows - last > _SHARE * n_rows))
    if ragged.sum() < max(_LEAST_RAGGED, _SHARE * len(source.channels)):
        return "joint"
    warn_data(
        f"Each series is forecast on its own, by one network for all: {int(ragged.sum())} of "
        f"{plural(len(ragged), 'series')} start late or end early, by more than a fifth of the {n_rows} rows",
        hint='Pass "joint" as {series} to forecast them together, or "independent" so that this is not said',
    )
    return "independent"


def own_rows_of(source: Panel) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row of the first value of each series, and the row after its last; 0 and 0 where it has none."""
    n_rows, n_series = source.values.shape
    first, last = np.full(n_series, n_rows, dtype=np.int64), np.zeros(n_series, dtype=np.int64)
    for rows in row_chunks(n_rows, n_series):
        known = ~np.isnan(source.values[rows])
        there = known.any(axis=0)
        first = np.where(there, np.minimum(first, rows.start + known.argmax(axis=0)), first)
        last = np.where(there, rows.stop - known[::-1].argmax(axis=0), last)
        drop_pages(source.values)
    return np.where(last > 0, first, 0), last


def own_length(source: Source) -> int:
    """Return the median number of rows from the first value of a series to the last one."""
    assert isinstance(source, Panel)  # noqa: S101  recordings are no independent series
    first, last = own_rows_of(source)
    return max(1, int(np.median((last - first)[last > 0]))) if (last > 0).any() else 1


def separate(source: Source, split: Split, plan: FitPlan) -> tuple[Panel, SeriesRows]:
    """Return a panel and its series one after another, without those to drop; those without a scale are named.

    Args:
        source: the panel.
        split: how every series is cut into parts.
        plan: settings; look-back and horizon, and whether series that cannot be learned from are dropped.

    Raises:
        DataError: no series can be learned from.
    """
    assert isinstance(source, Panel)  # noqa: S101  recordings are no independent series
    rows = SeriesRows.of(source, plan.lookback, plan.horizon)
    learned = ~np.isnan(fit_own_scale(rows, split_rows(rows, split).train).center[:, 0])
    if learned.all():
        return source, rows
    names = np.array(source.channels, dtype=object)
    if not learned.any():
        raise DataError(
            f"No series can be learned from, since none has {LEAST_VALUES} values that vary in its training part: "
            f"{listed(names.tolist())}",
            hint="Choose a {split} whose training part has values, or other {channels}",
        )
    drop = plan.training.unlearnable == "drop"
    fate = "left out" if drop else "not learned from, and forecast in the scale of their past, or by a plain rule"
    warn_data(
        f"{int((~learned).sum())} of {plural(len(names), 'series')} have fewer than {LEAST_VALUES} values in their "
        f"training part, or do not vary there, and are {fate}: {listed(names[~learned].tolist())}",
        hint=None if drop else 'Pass "drop" as {unlearnable} to leave them out',
    )
    if not drop:
        return source, rows
    source = source.select(names[learned].tolist())
    return source, SeriesRows.of(source, plan.lookback, plan.horizon)
