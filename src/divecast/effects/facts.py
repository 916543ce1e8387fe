"""The known columns of the rows of a panel: classes, covariates, and where a row lies in its day and year."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data import Calendar, Clock, Covariate, Factor, Panel, Vocabulary
from divecast.data.labels.encode import encode_labels, encode_series_labels
from divecast.data.labels.vocabulary import LabelIndices
from divecast.data.source import Values
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.time.phase import phases
from divecast.errors import DataError
from divecast.persistence.page_cache import drop_pages

Rows = NDArray[np.int64]
Channels = NDArray[np.integer[Any]] | slice
ALL = slice(None)

_DAY, _YEAR = 86400, 365.2425 * 86400


class RowSeries(NamedTuple):
    """The series of rows that lie series by series.

    Attributes:
        of: (row,) number of the series of each row.
        n: number of series.
    """

    of: NDArray[np.int32]
    n: int


@dataclass(frozen=True, eq=False, slots=True)
class Facts:
    """Known columns of the rows of a panel and of some rows after its end, of which only the calendar is known.

    Attributes:
        factors: the factors.
        names: names of the classes of each.
        classes: (row, factor) int16 class indices, -1 where missing or where the factor differs by series.
        of_series: for each factor None, or (row of the panel, channel) int16 class indices if it differs by series.
        numbers: for each covariate (row of the panel,) or (row of the panel, channel), NaN where missing.
        phase: (row,) phase of each row; see ``divecast.data.time.phase``.
        hour: (row,) hour of the local day, 0 to 23.
        year: (row,) share of the local year that has passed, 0 to 1, in leap years a little more.
        per_day: rows of an ordinary day; 1 for longer steps.
        channels: channels whose own classes and values are looked up.
        series: (row,) number of the series of each row, where series follow one another and covariates may differ by
            series; None where rows are of all series.
        own_numbers: for each covariate whether it differs by series.
    """

    factors: tuple[Factor, ...]
    names: tuple[tuple[str, ...], ...]
    classes: LabelIndices
    of_series: tuple[LabelIndices | None, ...]
    numbers: tuple[Values, ...]
    hour: NDArray[np.int16]
    year: NDArray[np.float32]
    per_day: int
    phase: NDArray[np.int16]
    channels: Channels = field(default_factory=lambda: ALL)
    series: NDArray[np.int32] | None = None
    own_numbers: tuple[bool, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows, with those after the end of the panel."""
        return len(self.hour)

    @property
    def labels(self) -> LabelIndices:
        """(row, shared factor) class indices of the factors that all series share."""
        return self.classes[:, self.shared_factors]

    @property
    def shared_factors(self) -> tuple[int, ...]:
        """Numbers of the factors that all series share."""
        return tuple(number for number, own in enumerate(self.of_series) if own is None)

    def classes_at(self, factor: int, rows: Rows) -> LabelIndices:
        """Return the class indices of a factor, (row,) or (row, channel); -1 where unknown and outside all rows."""
        own = self.of_series[factor]
        return at_rows(self.classes[:, factor], rows, -1) if own is None else at_rows(own, rows, -1, self.channels)

    def number_at(self, covariate: int, rows: Rows) -> Values:
        """Return the values of a covariate, (row,) or (row, channel); NaN where unknown and outside all rows."""
        values = at_rows(self.numbers[covariate], rows, np.nan, self.channels)
        drop_pages(self.numbers[covariate])
        return values

    def units_at(self, rows: Rows) -> Channels:
        """Return in whose units what differs by series is given at rows: that of each row, or of the channels."""
        return self.channels if self.series is None else self.series_at(rows)

    def series_at(self, rows: Rows) -> NDArray[np.int32]:
        """Return the series of rows, (row,), where these follow one another."""
        assert self.series is not None  # noqa: S101  checked by the caller
        found: NDArray[np.int32] = self.series[rows.clip(0, self.n_rows - 1)]
        return found

    def series_of(self, covariate: int, rows: Rows) -> RowSeries | None:
        """Return the series of rows if these follow one another and the covariate differs by series."""
        if self.series is None or not self.own_numbers[covariate]:
            return None
        return RowSeries(self.series[rows], int(self.series[-1]) + 1)

    def of_channels(self, channels: Channels) -> "Facts":
        """Return the facts of some of the channels."""
        return replace(self, channels=channels)

    def in_a_row(self, rows: Rows) -> "Facts":
        """Return the facts of rows of windows, (batch, step), one window after another.

        Covariates, and what differs by series, are unknown there.
        """
        inside = rows.ravel().clip(0, self.n_rows - 1)
        return replace(
            self,
            classes=at_rows(self.classes, rows.ravel(), -1),
            of_series=tuple(own if own is None else np.full_like(own[:1], -1) for own in self.of_series),
            numbers=tuple(np.full_like(column[:1], np.nan) for column in self.numbers),
            hour=self.hour[inside],
            year=self.year[inside],
            phase=self.phase[inside],
            series=None if self.series is None else self.series[inside],
        )


def facts_of(
    source: Panel,
    factors: Sequence[Factor],
    vocabularies: Sequence[Vocabulary],
    covariates: Sequence[Covariate],
    n_after: int,
) -> Facts:
    """Read the known columns of a panel.

    Args:
        source: the panel; label columns and covariates that it lacks are unknown.
        factors: the factors of the model.
        vocabularies: their classes.
        covariates: the covariates of the model.
        n_after: number of rows after the end of the panel; those of one more day have a calendar, too, since the day
            before a holiday is described by it.

    Raises:
        DataError: a covariate differs by series, and the model has one that all series share.
    """
    n_rows = len(source.values)
    n_after += _per_day(source.clock)
    longer = replace(source.clock, length=n_rows + n_after)
    numbers, series = tuple(_numbers(source, each) for each in covariates), None
    if isinstance(source, SeriesRows) and covariates:
        series = source.blocks.series_of(np.arange(longer.length)).astype(np.int32)
    local = longer.read(np.arange(longer.length), _hour_and_year)
    return Facts(
        tuple(factors),
        tuple(vocabulary.classes for vocabulary in vocabularies),
        encode_labels(source, factors, vocabularies, absent_labels=True, n_after=n_after),
        tuple(
            encode_series_labels(source, factor, vocabulary, absent_labels=True) if vocabulary.per_series else None
            for factor, vocabulary in zip(factors, vocabularies, strict=True)
        ),
        numbers,
        np.ascontiguousarray(local[:, 0], dtype=np.int16),
        np.ascontiguousarray(local[:, 1], dtype=np.float32),
        _per_day(longer),
        phases(longer, np.arange(longer.length)).astype(np.int16),
        series=series,
        own_numbers=tuple(each.per_series or _differs(source, each.name) for each in covariates),
    )


def is_cyclic(factor: Factor) -> bool:
    """Return whether a factor is a cyclic one of the calendar, which acts by what time it is."""
    return isinstance(factor, Calendar) and factor.kind == "cyclic"


def _differs(source: Panel, name: str) -> bool:
    """Return whether the table has a column of its own for each series."""
    panel = source.panel if isinstance(source, SeriesRows) else source
    return panel.has_covariate(name) and panel.covariate(name).ndim == 2


def _numbers(source: Panel, covariate: Covariate) -> Values:
    """Return the values of a covariate, (row,), or (row, channel) if it differs by series; NaN where missing."""
    shape = (len(source.values), len(source.channels))
    if not source.has_covariate(covariate.name):
        own = covariate.per_series and not isinstance(source, SeriesRows)
        return np.broadcast_to(np.float32(np.nan), shape if own else shape[:1])
    values = source.covariate(covariate.name)
    if isinstance(source, SeriesRows):
        return values
    if values.ndim == 2 and not covariate.per_series:
        raise DataError(
            f"Covariate {covariate.name!r} differs by series here, and the model has one that all series share",
            hint=f"Write Covariate({covariate.name!r}, per_series=True) in {{covariates}} of the model, or give one "
            "value per row",
            argument="covariates",
        )
    return np.broadcast_to(values[:, None], shape) if values.ndim < 2 and covariate.per_series else values


def _hour_and_year(clock: Clock, rows: Rows) -> NDArray[np.float64]:
    """Return the hour of the local day and the share of the local year that has passed, (row, 2)."""
    local = clock.local(rows)
    seconds, years = local.astype(np.int64), local.astype("datetime64[Y]")
    into_year = seconds - years.astype("datetime64[s]").astype(np.int64)
    return np.stack([seconds % _DAY // 3600, into_year / _YEAR], axis=1)


def _per_day(clock: Clock) -> int:
    return clock.rows_a_day


def at_rows(column: NDArray[Any], rows: Rows, missing: float, channels: Channels = ALL) -> NDArray[Any]:
    """Return the values of a column at rows, of some channels if it differs by series; ``missing`` outside it."""
    inside = (rows >= 0) & (rows < len(column))
    nearest = np.clip(rows, 0, len(column) - 1)
    if column.ndim < 2:
        values = column[nearest]
    elif isinstance(channels, slice):
        values = column[:, channels][nearest]
    else:
        values = column[nearest[:, None], channels]
    if inside.all():
        return values
    values = np.array(values)
    values[~inside] = missing
    return values
