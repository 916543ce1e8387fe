"""What the rows of windows lack of what tables tell, and values far from those of the fit, each with the series."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Values
from divecast.effects.basis import Group
from divecast.effects.facts import Facts, Rows
from divecast.effects.row_effects import RowEffects
from divecast.effects.terms import NEVER, Classes, Number

_ROWS_AT_ONCE, _VALUES_AT_ONCE = 8192, 4_000_000


class Untold(NamedTuple):
    """Where a label or covariate is missing in target rows.

    Attributes:
        steps: steps of the horizon, from 1.
        series: numbers of the series that lack it, where others have it.
    """

    steps: list[int]
    series: tuple[int, ...] = ()


class Gap(NamedTuple):
    """Rows in which a covariate is not known though the series are.

    Attributes:
        n: number of rows, of each of these series if it differs by series.
        of: number of rows in which the series have a value, likewise.
        series: numbers of the series that lack it, where others have it.
    """

    n: int
    of: int
    series: tuple[int, ...] = ()


class Far(NamedTuple):
    """Values of a covariate far from those of the training part.

    Attributes:
        n: number of values.
        value: the first one.
        counted: what it counts as: the nearest value that is told apart, NaN if it is so far off that it counts as
            missing.
        series: number of the series that it is of, if the covariate differs by series.
    """

    n: int
    value: float
    counted: float
    series: int | None


def untold(rows_of: RowEffects, origins: Rows) -> dict[str, Untold]:
    """Return where a label or covariate is missing in a target row, by name.

    Those of covariates that are never known in advance, and of neighbouring rows, do not count.

    Args:
        rows_of: effects of the rows.
        origins: (batch,) rows of the first future step.
    """
    facts, found = rows_of.facts, dict[str, Untold]()
    rows = np.unique(origins[:, None] + np.arange(rows_of.shape.horizon))
    for group in rows_of.effects.basis.groups:
        if group.told and group.in_advance and not group.is_of_neighbours:
            known = group.known(facts, rows)
            missing = set(rows[~(known.all(1) if known.ndim == 2 else known)].tolist())
            at = [step + 1 for step in range(rows_of.shape.horizon) if missing & set((origins + step).tolist())]
            if at:
                found[group.name] = Untold(at, _series_that_lack(facts, known, rows))
    return found


def _series_that_lack(facts: Facts, known: NDArray[np.bool_], rows: Rows) -> tuple[int, ...]:
    """Return the numbers of the series that lack what others of these rows have; none if all lack it."""
    if known.ndim == 2:
        lack = ~known.all(axis=0)
    elif facts.series is None:
        return ()
    else:
        of = facts.series_at(rows)
        lack = np.bincount(of, ~known) > 0
        if lack.sum() == len(np.unique(of)):
            return ()
    return () if lack.all() else tuple(np.flatnonzero(lack).tolist())


def far(rows_of: RowEffects, origins: Rows) -> dict[str, Far]:
    """Return how many values of each covariate in target rows lie far from the training part, and one of them.

    Series without training values, whose mean is 0, do not count.

    Args:
        rows_of: effects of the rows.
        origins: (batch,) rows of the first future step.

    Returns:
        Those far off, by name.
    """
    rows = np.unique(origins[:, None] + np.arange(rows_of.shape.horizon))
    facts, found = rows_of.facts, dict[str, Far]()
    for group in rows_of.effects.basis.groups:
        number = next((term for term in group.terms if isinstance(term, Number) and term.is_plain), None)
        if number is None or not group.in_advance:
            continue
        at_once = max(1, _VALUES_AT_ONCE // number.scale()[1].size)
        for some in (rows[at : at + at_once] for at in range(0, len(rows), at_once)):
            given, units = facts.number_at(number.covariate, some), facts.units_at(some)
            counted = np.where(number.known(facts, some), number.counted(given, units), np.float32(np.nan))
            mean, spread = number.scale(units)
            off = np.isnan(counted) | number.differ(given, counted, units)
            off &= (spread < NEVER) | (mean != 0.0)
            places = np.argwhere(~np.isnan(given) & off)
            if len(places):
                first = tuple(places[0])
                series = int(first[1]) if given.ndim == 2 else None
                if facts.series is not None and facts.own_numbers[number.covariate]:
                    series = int(facts.series_at(some)[first[0]])
                other = found.get(group.name, Far(0, float(given[first]), float(counted[first]), series))
                found[group.name] = other._replace(n=other.n + len(places))
    return found


def gaps(rows_of: RowEffects, origins: Rows, values: Values) -> dict[str, Gap]:
    """Return where a covariate is not known though the series are, by name.

    The rows are those from the first of the windows to the last in which a series has a value. Of labels, which
    may be incomplete, only those count of which a series knows none.

    Args:
        rows_of: effects of the rows.
        origins: (batch,) rows of the first future step, one or more.
        values: (row, channel) the series, NaN where missing.
    """
    first, stop = max(0, int(origins.min()) - rows_of.shape.lookback), int(origins.max())
    pieces = [np.arange(at, min(at + _ROWS_AT_ONCE, stop)) for at in range(first, stop, _ROWS_AT_ONCE)]
    facts, found = rows_of.facts, dict[str, Gap]()
    for group in rows_of.effects.basis.groups:
        columns = [term for term in group.terms if isinstance(term, Classes | Number)]
        if group.told and len(columns) == 1 and not group.is_of_neighbours:
            if all(group.known(facts, rows).all() for rows in pieces):
                continue  # without reading the values, which may lie on disk
            lack, have = np.sum([_lack_and_have(group, facts, rows, values[rows]) for rows in pieces], axis=0)
            told_of = lack > 0 if isinstance(columns[0], Number) else (lack == have) & (have > 0)
            if told_of.any():
                of_all = (told_of == (have > 0)).all()
                series = () if of_all else tuple(np.flatnonzero(told_of).tolist())
                found[group.name] = Gap(int(lack[told_of].sum()), int(have[told_of].sum()), series)
    return found


def _lack_and_have(group: Group, facts: Facts, rows: Rows, values: Values) -> NDArray[np.int64]:
    """Count the rows in which a group is not known though a series has a value, and those in which it has one.

    Returns:
        (2, series) counts; a single one for all series if they share the column.
    """
    there, known = ~np.isnan(values), group.known(facts, rows)
    if facts.series is None and known.ndim == 2:
        return np.stack([(there & ~known).sum(axis=0), there.sum(axis=0)])
    has_value, is_known = there.any(axis=1), known.reshape(len(rows), -1).all(axis=1)
    of = np.zeros(len(rows), dtype=np.int32) if facts.series is None else facts.series_at(rows)
    n_series = 1 if facts.series is None else int(facts.series[-1]) + 1
    return np.stack([np.bincount(of[cells], minlength=n_series) for cells in (has_value & ~is_known, has_value)])
