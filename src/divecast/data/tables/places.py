"""Where the rows of a table lie on a clock, and its columns put there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.covariates import Covariate
from divecast.data.factors import Label
from divecast.data.source import Column, Values
from divecast.data.tables.label_columns import label_missing
from divecast.data.tables.roles import Roles
from divecast.data.time.clock import Clock
from divecast.errors import DataError


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Row of the clock, and series, of every row of a table.

    Attributes:
        clock: the clock.
        rows: (table row,) row of the clock.
        series: (table row,) number of the series; None where a row counts for all of them.
        channels: names of the series.
    """

    clock: Clock
    rows: NDArray[np.int64]
    series: NDArray[np.int64] | None
    channels: Sequence[str]

    def at(self, kept: NDArray[Any]) -> "Places":
        """The places of some rows of the table."""
        return Places(self.clock, self.rows[kept], None if self.series is None else self.series[kept], self.channels)

    def put(self, columns: Mapping[str, Column], roles: Roles) -> tuple[dict[str, Column], dict[str, Values]]:
        """Put columns, each (table row,), on the clock.

        Returns:
            Labels and covariates by name, each (row,), or (row, channel) where every series has its own; missing where
            the table has no row.

        Raises:
            DataError: series have different values at the same time of a column that they share.
        """
        labels = {label.name: self._put(columns[label.name], label) for label in roles.labels}
        covariates = {one.name: self._put(columns[one.name], one) for one in roles.covariates}
        return labels, covariates

    def _put(self, column: Column, role: Label | Covariate) -> Column:
        spread = Spread(self.clock, self.channels, role)
        spread.add(self.rows, self.series, column)
        return spread.column


class Spread:
    """A column of a table on a clock, filled piece by piece.

    Args:
        clock: the clock.
        channels: names of the series.
        role: whether it is a label or a covariate, and every series has its own.
    """

    def __init__(self, clock: Clock, channels: Sequence[str], role: Label | Covariate) -> None:
        self._clock = clock
        self._channels = channels
        self._role = role
        self._column: Column | None = None
        # The series that each row has its cell from, for messages; -1 where every series has it.
        self._holder = np.full(0 if role.per_series else clock.length, -1, dtype=np.int32)

    @property
    def column(self) -> Column:
        """(row,), or (row, channel) if every series has its own; missing where no cell was added."""
        return self._filled(np.empty(0, np.float32 if isinstance(self._role, Covariate) else np.float64))

    def add(self, rows: NDArray[np.integer[Any]], series: NDArray[np.integer[Any]] | None, cells: Column) -> None:
        """Add the cells of some rows of the table.

        Args:
            rows: (table row,) row of the clock.
            series: (table row,) number of the series; None where a row counts for all of them.
            cells: (table row,) the cells.

        Raises:
            DataError: series have different values at the same time of a column that they share.
        """
        column = self._filled(cells)
        if not self._role.per_series:
            self._add_shared(column, rows, series, cells)
        elif series is None:
            column[rows] = cells[:, None]
        else:
            column[rows, series] = cells

    def _filled(self, like: Column) -> Column:
        if self._column is None:
            shape = (self._clock.length, len(self._channels)) if self._role.per_series else (self._clock.length,)
            self._column = empty_like(like, shape)
        return self._column

    def _add_shared(
        self, column: Column, rows: NDArray[np.integer[Any]], series: NDArray[np.integer[Any]] | None, cells: Column
    ) -> None:
        """Fill a column in which all series that have a value must agree."""
        known = np.flatnonzero(~label_missing(cells))
        fresh = known[label_missing(column[rows[known]])][::-1]  # the first of several is written last
        column[rows[fresh]] = cells[fresh]
        if series is not None:
            self._holder[rows[fresh]] = series[fresh]
        conflicts = known[column[rows[known]] != cells[known]]
        if len(conflicts):
            two = int(conflicts[0])
            row = int(rows[two])
            names = [] if series is None else [int(self._holder[row]), int(series[two])]
            raise self._conflict(row, column[row], cells[two], [self._channels[name] for name in names])

    def _conflict(self, row: int, one: Any, two: Any, names: Sequence[str]) -> DataError:
        title, argument = ("Label", "factors") if isinstance(self._role, Label) else ("Covariate", "covariates")
        cells = [repr(cell) if isinstance(cell, str) else f"{cell:g}" for cell in (one, two)]
        of_series = f" (series {' and '.join(map(repr, names))})" if names else ""
        return DataError(
            f"{title} {self._role.name!r} is both {cells[0]} and {cells[1]} at {self._clock.time_text(row)}{of_series}",
            hint=f"Correct one of them, or, if every series has its own, pass "
            f"{title}({self._role.name!r}, per_series=True) in {{{argument}}}",
        )


def empty_like(column: Column, shape: tuple[int, ...]) -> Column:
    """Missing cells of the type of a column, in which the rows of one channel are contiguous in memory."""
    missing = None if column.dtype.kind == "O" else np.nan
    return np.full(shape[::-1], missing, dtype=column.dtype).T
