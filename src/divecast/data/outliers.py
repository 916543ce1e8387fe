"""Readings beyond anything that a series ever did: a sentinel such as 9999, a meter that counts in another unit.

The limits of a series are its usual range in the training part and five times as much on either side. Usual is what
all but the largest and smallest half per cent of the values are, and at least two values on either side, so that a few
absurd ones do not count. Where the values far outside the inner nine tenths are all one and the same number, it is a
sentinel, however often it occurs. A series that grows beyond its limits step by step stays as it is. (Our choices.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.names import listed
from divecast.data.parts import Part
from divecast.data.source import Source, Values, row_text
from divecast.data.sources.arrays import row_chunks
from divecast.data.sources.panel import Panel
from divecast.data.sources.series_rows import SeriesRows, series_names
from divecast.errors import warn_data
from divecast.persistence.page_cache import drop_pages

_ROWS, _VALUES = 20_000, 20_000_000  # of a sample by which limits are chosen
_TAIL, _LEAST_IN_TAIL = 0.005, 2
_TIMES, _TIMES_INNER, _MOST_INNER = 5.0, 10.0, 4.0
_LEAST_SENTINELS, _NAMED = 3, 3


SourceT = TypeVar("SourceT", bound=Source)
PanelT = TypeVar("PanelT", bound=Panel)


@dataclass(frozen=True, eq=False, slots=True)
class Limits:
    """Between what the readings of each channel lie.

    Attributes:
        channels: names of the channels.
        low: (channel,) in original units, NaN for no limit.
        high: (channel,) the same above.
    """

    channels: tuple[str, ...]
    low: Values
    high: Values

    @classmethod
    def of(cls, source: Source, train: Part) -> "Limits":
        """Choose the limits of a source by its training part, those of independent series by the part of each."""
        if isinstance(source, SeriesRows):
            return cls._of_series(source, train)
        rows = train.rows()
        step = max(1, -(-len(rows) // min(_ROWS, max(1000, _VALUES // len(source.channels)))))
        some = np.asarray(source.values[rows[::step]], np.float32)
        drop_pages(source.values)
        return cls(source.channels, *_both(some))

    @classmethod
    def _of_series(cls, source: SeriesRows, train: Part) -> "Limits":
        """Choose the limits of independent series, some at once."""
        names, found = tuple(source.names), []
        longest = max(1, int((train.stop - train.start).max()))
        for some in row_chunks(len(names), longest):
            values = np.full((longest, some.stop - some.start), np.nan, np.float32)
            for column, start, stop in zip(values.T, train.start[some], train.stop[some], strict=True):
                column[: stop - start] = source.values[start:stop, 0]
            found.append(_both(values))
        low, high = (np.concatenate(bounds) for bounds in zip(*found, strict=True))
        return cls(names, low, high)

    @classmethod
    def none(cls, channels: tuple[str, ...]) -> "Limits":
        """Return no limits."""
        nan = np.full(len(channels), np.nan, np.float32)
        return cls(channels, nan, nan)

    def only(self, channels: tuple[str, ...]) -> "Limits":
        """Return those of some of the channels."""
        place = {name: at for at, name in enumerate(self.channels)}
        at = [place[name] for name in channels]
        return Limits(channels, self.low[at], self.high[at])

    def clean(self, source: SourceT, within: slice = slice(None)) -> SourceT:
        """Return a source without the readings beyond the limits, which a DataWarning names; itself if there are none.

        A store, which is not read as a whole, and series without limits stay as they are.

        Args:
            source: panel, recordings or independent series.
            within: rows to search.
        """
        if bool(np.isnan(self.low).all() and np.isnan(self.high).all()) or isinstance(source.values, np.memmap):
            return source
        beyond: list[NDArray[np.int64]] = []
        first, stop, _ = within.indices(len(source.values))
        for part in row_chunks(stop - first, source.values.shape[1]):
            rows = slice(first + part.start, first + part.stop)
            chunk, (low, high) = source.values[rows], self._of_rows(source, rows)
            found = np.argwhere((chunk < low) | (chunk > high))
            if len(found):
                half = np.broadcast_to(0.5 * _TIMES * (high - low) / (1.0 + 2.0 * _TIMES), chunk.shape)
                beyond.append(_jumping(source.values, found + np.array([rows.start, 0]), half[tuple(found.T)]))
        places = np.concatenate(beyond) if beyond else np.empty((0, 2), np.int64)
        if not len(places):
            return source
        _warn(source, places)
        values = source.values.copy(order="K")
        values[places[:, 0], places[:, 1]] = np.nan
        cleaned: SourceT = replace(source, values=values)  # type: ignore[type-var]  # a panel or recordings
        return cleaned

    def _of_rows(self, source: Source, rows: slice) -> tuple[Values, Values]:
        """Return the limits of rows, (row or 1, channel): of the channels, or of the series that a row is of."""
        place = {name: at for at, name in enumerate(self.channels)}
        at = np.array([place.get(name, -1) for name in series_names(source)])
        low, high = (np.append(bound, np.float32(np.nan))[at][None] for bound in (self.low, self.high))
        if not isinstance(source, SeriesRows):
            return low, high
        series = source.blocks.series_of(np.arange(rows.start, rows.stop))
        return low[0, series, None], high[0, series, None]


def clean_covariates(panel: PanelT, names: Sequence[str], train: Part) -> PanelT:
    """Return a panel without the absurd values of some covariates, which a DataWarning names; itself without any.

    Limits are chosen by the training part, as those of readings. Columns of a store stay as they are.

    Args:
        panel: the panel.
        names: names of the covariates.
        train: the training part.
    """
    cleaned = {}
    for name in names:
        column = panel.covariate(name)
        if isinstance(panel.values, np.memmap) or isinstance(column, np.memmap):
            continue
        columns = column if column.ndim == 2 else column[:, None]
        rows = train.rows()
        low, high = _both(np.asarray(columns[rows[:: max(1, len(rows) // _ROWS)]], np.float32))
        beyond = (columns < low) | (columns > high)
        if not beyond.any():
            continue
        row, channel = (int(at) for at in np.argwhere(beyond)[0])
        of = f" of {panel.channels[channel]!r}" if column.ndim == 2 else ""
        warn_data(
            f"Covariate {name!r} has {plural(int(beyond.sum()), 'value')} far beyond all others in the training part, "
            f"taken as missing: {columns[row, channel]:g}{of} in {row_text(panel, row)}",
            hint='Pass "keep" as {training.outliers} to fit with them',
        )
        cleaned[name] = np.where(beyond, np.float32(np.nan), columns).reshape(column.shape)
    return replace(panel, covariates={**panel.covariates, **cleaned}) if cleaned else panel


def _jumping(values: Values, places: NDArray[np.int64], largest: Values) -> NDArray[np.int64]:
    """Return those of readings beyond the limits, (n, 2) of row and channel, that do not continue the ones before.

    A series that grows until it is beyond enters there by a step of at most ``largest``, (n,), half of the way from its
    usual range to the limit, and goes on. A sentinel, or another unit, jumps; where a limit is not known, all count so.
    """
    order = np.lexsort((places[:, 0], places[:, 1]))
    row, channel = places[order].T
    begins = (np.diff(row, prepend=-2) != 1) | (np.diff(channel, prepend=-1) != 0)
    step = np.abs(values[row, channel] - values[np.maximum(row - 1, 0), channel])
    jumps = begins & ~((step <= largest[order]) & (row > 0))
    kept = order[jumps[np.flatnonzero(begins)][np.cumsum(begins) - 1]]
    found: NDArray[np.int64] = places[np.sort(kept)]
    return found


def _warn(source: Source, places: NDArray[np.int64]) -> None:
    names = series_names(source)
    of = source.blocks.series_of(places[:, 0]) if isinstance(source, SeriesRows) else places[:, 1]
    found, first, counts = np.unique(of, return_index=True, return_counts=True)
    each = []
    for number, at, n in zip(found[:_NAMED].tolist(), first.tolist(), counts.tolist(), strict=False):
        row, channel = (int(place) for place in places[at])
        when = source.clock.time_text(row) if isinstance(source, SeriesRows) else row_text(source, row)
        more = f" and {n - 1} more" if n > 1 else ""
        each.append(f"{names[number]!r} ({source.values[row, channel]:g} in {when}{more})")
    named = ", ".join(each)
    rest = f", and of {listed([names[number] for number in found[_NAMED:].tolist()])}" if len(found) > _NAMED else ""
    warn_data(
        f"{plural(len(places), 'reading')} far beyond all that the series did in training count as missing, and are "
        f"not scored: {named}{rest}",
        hint='A model that is fitted with "keep" as {training.outliers} reads them',
    )


def _both(values: Values) -> tuple[Values, Values]:
    """Return the lower and the upper limit, (channel,), of values, (row, channel)."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    return -_upper(np.sort(-ordered, axis=0)), _upper(ordered)


def _upper(ordered: Values) -> Values:
    """Return the upper limit of rising values, (row, channel) with NaN last; NaN where there is none."""
    n = (~np.isnan(ordered)).sum(axis=0)
    columns = np.arange(ordered.shape[1])

    def at(share: float, least: int = 0) -> NDArray[np.float64]:
        """Return the value with a share of the values, and at least so many, above it (below it, if negative)."""
        above = np.maximum(least, np.floor(np.abs(share) * n)).astype(np.int64)
        place = np.where(share >= 0, n - 1 - above, above).clip(0, np.maximum(0, n - 1))
        found: NDArray[np.float64] = ordered[place, columns].astype(np.float64)
        return found

    usual, bottom, middle = at(_TAIL, _LEAST_IN_TAIL), at(-_TAIL, _LEAST_IN_TAIL), at(0.5)
    top = at(_TAIL / 5, _LEAST_IN_TAIL)
    inner, inner_low = at(0.05), at(-0.05)
    # Where the other end has absurd values, too many to be left out above, the inner range says how far is far.
    most = np.where(inner > inner_low, _MOST_INNER * (inner - inner_low), np.inf)
    limit = np.maximum(usual + _TIMES * np.minimum(usual - bottom, most), top + (top - middle))
    far = inner + _TIMES_INNER * (inner - inner_low)
    n_far = (ordered > far).sum(axis=0)
    lowest_far = ordered[(n - n_far).clip(0, np.maximum(0, n - 1)), columns]
    largest = ordered[np.maximum(0, n - 1), columns]
    is_sentinel = (n_far >= _LEAST_SENTINELS) & (lowest_far == largest) & (inner > inner_low)
    limit = np.where(is_sentinel, np.minimum(far, limit), limit)
    varies = ((limit > usual) | is_sentinel) & (n > 2 * _LEAST_IN_TAIL)
    return np.where(varies, limit, np.nan).astype(np.float32)
