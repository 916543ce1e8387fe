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
        if role.per_series:
            return self._by_series(column)
        return self._by_time(column, role)

    def _by_series(self, column: Column) -> Column:
        """(row, channel) of a column; a row that counts for all series fills its row of the clock."""
        spread = empty_like(column, (self.clock.length, len(self.channels)))
        if self.series is None:
            spread[self.rows] = column[:, None]
        else:
            spread[self.rows, self.series] = column
        return spread

    def _by_time(self, column: Column, role: Label | Covariate) -> Column:
        """(row,) of a column in which all series that have a value must agree."""
        known = np.flatnonzero(~label_missing(column))
        holder = np.full(self.clock.length, -1, dtype=np.int64)
        holder[self.rows[known][::-1]] = known[::-1]  # the first of several
        spread = empty_like(column, (self.clock.length,))
        spread[holder >= 0] = column[holder[holder >= 0]]
        conflicts = known[spread[self.rows[known]] != column[known]]
        if len(conflicts):
            raise self._conflict(column, role, int(holder[self.rows[conflicts[0]]]), int(conflicts[0]))
        return spread

    def _conflict(self, column: Column, role: Label | Covariate, one: int, two: int) -> DataError:
        title, argument = ("Label", "factors") if isinstance(role, Label) else ("Covariate", "covariates")
        names = [] if self.series is None else [repr(self.channels[self.series[row]]) for row in (one, two)]
        cells = [repr(cell) if isinstance(cell, str) else f"{cell:g}" for cell in (column[one], column[two])]
        of_series = f" (series {' and '.join(names)})" if names else ""
        return DataError(
            f"{title} {role.name!r} is both {cells[0]} and {cells[1]} at {self.clock.time_text(self.rows[two])}"
            f"{of_series}",
            hint=f"Correct one of them, or, if every series has its own, pass "
            f"{title}({role.name!r}, per_series=True) in {{{argument}}}",
        )


def empty_like(column: Column, shape: tuple[int, ...]) -> Column:
    """Missing cells of the type of a column, in which the rows of one channel are contiguous in memory."""
    missing = None if column.dtype.kind == "O" else np.nan
    return np.full(shape[::-1], missing, dtype=column.dtype).T
