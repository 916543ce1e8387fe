"""Takes values that have come since a forecast, and moves the levels of the quantiles; see ``adaptation.py``."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, Panel, Windows, past_rows, to_frame
from divecast.errors import DataError
from divecast.inference.adaptation import Adaptation, Doubles, Rolling, groups_of
from divecast.inference.fitted_model import FittedModel
from divecast.inference.margins import Margins
from divecast.inference.predict import batch_of, pieces, predict
from divecast.types import Batch


@dataclass(frozen=True, eq=False, slots=True)
class Observation:
    """What ``DeepDIVE.observe`` did.

    Attributes:
        series: names of the series.
        since: UTC time of the first row that was observed, as text.
        until: that of the last one.
        n_rows: number of rows observed.
        steps: first and last step, from 1, of each group of steps.
        held: (group, series) share of the values that the 90 % interval held, as it was at each row; NaN without one.
        lower: (group, series) probability of the level that the 5 % quantile now has of the calibrated errors.
        upper: (group, series) probability above that of the 95 % quantile.
        backend: kind of table of the data.

    Example:
        >>> held, level = np.array([[0.8, 0.9]]), np.array([[0.05, 0.05]])
        >>> known = ("2024-01-01T00:00:00", "2024-01-01T05:00:00", 6, ((1, 24),), held, level, level, "pandas")
        >>> print(Observation(("a", "b"), *known))
        6 rows observed from 2024-01-01T00:00:00 to 2024-01-01T05:00:00 UTC: the 90 % intervals held 0.850 of the values
    """

    series: tuple[str, ...]
    since: str
    until: str
    n_rows: int
    steps: tuple[tuple[int, int], ...]
    held: Doubles
    lower: Doubles
    upper: Doubles
    backend: Backend

    def table(self) -> dict[str, NDArray[Any]]:
        """Return one row per series and group of steps.

        Returns:
            (row,) arrays by name: ``series``, ``first_step``, ``last_step``, ``held``, ``lower``, ``upper``.

        Example:
            >>> held, level = np.array([[0.8, 0.9]]), np.array([[0.05, 0.05]])
            >>> known = ("2024-01-01T00:00:00", "2024-01-01T05:00:00", 6, ((1, 24),), held, level, level, "pandas")
            >>> Observation(("a", "b"), *known).table()["held"].tolist()
            [0.8, 0.9]
        """
        n_series, n_groups = len(self.series), len(self.steps)
        steps = np.array(self.steps, dtype=np.int64)
        return {
            "series": np.repeat(np.array(self.series, dtype=object), n_groups),
            "first_step": np.tile(steps[:, 0], n_series),
            "last_step": np.tile(steps[:, 1], n_series),
            **{name: getattr(self, name).T.ravel() for name in ("held", "lower", "upper")},
        }

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return ``table`` as a table.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Example:
            >>> held, level = np.array([[0.8, 0.9]]), np.array([[0.05, 0.05]])
            >>> known = ("2024-01-01T00:00:00", "2024-01-01T05:00:00", 6, ((1, 24),), held, level, level, "pandas")
            >>> Observation(("a", "b"), *known).frame().shape
            (2, 6)
        """
        return to_frame(self.table(), backend or self.backend)

    def __str__(self) -> str:
        """Return one line: what was observed, and what the intervals held."""
        return (
            f"{self.n_rows} rows observed from {self.since} to {self.until} UTC: the 90 % intervals held "
            f"{np.nanmean(self.held):.3f} of the values"
        )


def observe(fitted: FittedModel, data: Any) -> tuple[FittedModel, Observation]:
    """Return the model with its levels moved by the rows that it has not seen, and what was done.

    Args:
        fitted: the model, which stays as it is.
        data: the older rows with the newer ones at their end.

    Raises:
        DataError: the data cannot be used, have no newer rows, or are recordings.
        ConfigError: the model is one of independent series.
    """
    fitted.refuse_independent("Observing values")
    source = past_rows(fitted.source(data))
    known_until = fitted.provenance.until if fitted.adaptation is None else fitted.adaptation.until
    if not isinstance(source, Panel) or known_until is None:
        raise DataError("Recordings have no clock, so none of their rows is newer than others", argument="data")
    first = int(source.clock.rows_at(np.array([known_until], dtype="datetime64[s]"))[0][0]) + 1
    n_rows, horizon = len(source.values), fitted.shape.horizon
    first = max(0, first)
    if first >= n_rows:
        raise DataError(
            f"The data have no row after {known_until} UTC, the last one that the model knows",
            hint="Pass a table that goes on after that, with the older rows before it",
            argument="data",
        )
    windows = fitted.windows_of(source, None, "encode")
    inside = (windows.origins > first - horizon) & (windows.origins < n_rows)
    if not inside.any():
        raise DataError(
            f"No window of {fitted.shape.lookback} rows ends before the last of the {n_rows} rows",
            hint="Pass the older rows, too",
            argument="data",
        )
    windows = fitted.without_outliers(windows.subset(inside))
    rolling = rolling_of(fitted, first)
    for origin, residuals in residuals_of(fitted, windows):
        rolling.forward(origin)
        rolling.add(origin, residuals)
    until = str(source.clock.at(np.array([n_rows - 1]))[0].astype("datetime64[s]"))
    after = replace(rolling.forward(n_rows), until=until)
    held, n = rolling.held
    last = np.flatnonzero(np.diff(groups_of(horizon, after.n_groups), append=after.n_groups)) + 1
    observation = Observation(
        fitted.channels,
        str(source.clock.at(np.array([first]))[0].astype("datetime64[s]")),
        until,
        n_rows - first,
        tuple(zip([1, *(last[:-1] + 1).tolist()], last.tolist(), strict=True)),
        np.where(n > 0, held / np.maximum(n, 1.0), np.nan),
        after.levels[0],
        after.levels[1],
        source.backend,
    )
    return replace(fitted, adaptation=after), observation


def rolling_of(fitted: FittedModel, first: int) -> Rolling:
    """Return the levels of a model, to be moved by rows from ``first`` on."""
    levels = fitted.adaptation or Adaptation.none(fitted.shape.horizon, len(fitted.channels))
    return Rolling(levels, fitted.calibration, first)


def residuals_of(fitted: FittedModel, windows: Windows) -> Iterator[tuple[int, Doubles]]:
    """Yield the origin and the standardised errors, (horizon, channel), of each window."""
    for piece in pieces(fitted, windows):
        batch = batch_of(fitted, piece)
        errors = standardised(fitted, batch, predict(fitted, batch, "known").forecast)
        yield from zip(piece.origins.tolist(), errors, strict=True)


def standardised(fitted: FittedModel, batch: Batch, forecast: Any) -> Doubles:
    """Return the standardised errors of forecasts, (batch, horizon, channel), NaN where not known."""
    margins = Margins.of(fitted, forecast)
    return margins.residuals(fitted.original(batch.y), fitted.provenance.plan.seed).astype(np.float64)
