"""Forecasts of windows as they are, and in a scenario: if the table told something else of rows to forecast.

A promotion from Friday to Sunday, three degrees more. Rows of the future alone change; the window, its code and what
the past carries on stay as they are. So both forecasts differ by the effects of what changes, and by what the network
makes of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from divecast._text import did_you_mean, plural
from divecast.data import Calendar, Covariate, Factor, Windows
from divecast.data.labels.class_names import class_place
from divecast.data.names import check_known, listed
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.tables.label_columns import as_text
from divecast.data.time.spans import rows_between
from divecast.effects import (
    Change,
    Extent,
    ExtentOfSeries,
    NewClass,
    NewNumber,
    RowEffects,
    changed_values,
    groups_of,
    plain_number,
)
from divecast.errors import ConfigError, DataError, warn_data
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals.counterfactual import Contrast, Counterfactual, Wanted, counterfactual_of
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode
from divecast.types import Batch

_FILL = "The fit gave it no effect: if training rows lack it, fill the gaps and fit again"
_FORMS = (
    'a class or number, alone or in a tuple with a slice of times, such as ("on", slice("2024-06-07", "2024-06-09"))'
)


@dataclass(frozen=True, eq=False, slots=True)
class Scenario:
    """What changes in rows to forecast.

    Attributes:
        changes: what changes, one after another.
        words: each of them in words.
        names: the columns that change.
    """

    changes: tuple[Change, ...]
    words: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked of a column: a class or number, in which times and series; a number is added unless it is set."""

    name: str
    value: Any
    is_set: bool
    times: slice
    series: tuple[str, ...] | None

    @property
    def words(self) -> str:
        how = f" = {self.value}" if self.is_set or isinstance(self.value, str) else f" {self.value:+g}"
        first, last = (None if each is None else str(each) for each in (self.times.start, self.times.stop))
        when = f" {first} to {last}" if first and last else f" from {first}" if first else f" to {last}" if last else ""
        return f"{self.name}{how}{when}{'' if self.series is None else f' in {listed(self.series)}'}"


def scenario_of(fitted: FittedModel, windows: Windows, future: Mapping[str, Any]) -> Scenario:
    """Return the scenario that a user describes; see ``DeepDIVE.what_if``.

    Warns (DataWarning) of numbers beyond those of the training part, and of numbers added to what is not known.

    Raises:
        ConfigError: nothing or no such column is named, or a column cannot change.
        DataError: no target row of the windows is in the times.
    """
    if not isinstance(future, Mapping) or not future:
        raise ConfigError(
            expected='what changes, by name, such as {"promo": "on", "temp": 3.0}',
            found=repr(future),
            argument="future",
        )
    rows = windows.effects
    if not isinstance(rows, RowEffects) or windows.source.clock is None:
        raise ConfigError(
            "A scenario needs a model that is told of future rows, and this one has no effects of labels or covariates",
            hint=_FILL if fitted.without_effect else None,
            argument="future",
        )
    numbers = {each.name for each in fitted.provenance.plan.covariates}
    wanted = [each for name, asked in future.items() for each in _wanted(name, asked, name in numbers)]
    changes = tuple(_change(fitted, rows, windows, each) for each in wanted)
    for each, change in zip(wanted, changes, strict=True):
        if isinstance(change, NewNumber):
            _warn_number(fitted, each.name, windows, change)
    return Scenario(changes, tuple(each.words for each in wanted), tuple(future))


def scenario_windows(
    fitted: FittedModel,
    windows: Windows,
    scenario: Scenario,
    labels: LabelMode,
    levels: Sequence[float],
    n_paths: int = 0,
) -> Counterfactual:
    """Forecast windows as they are and in a scenario.

    Args:
        fitted: the model.
        windows: the windows to forecast.
        scenario: what changes.
        labels: how the code gets its classes.
        levels: probabilities of the quantiles.
        n_paths: number of paths of both forecasts.
    """
    contrasts = _contrasts(fitted, windows, scenario, labels, Wanted(levels, n_paths))
    found = counterfactual_of(fitted, windows, contrasts, levels)
    return replace(found, scenario=scenario.words)


def _contrasts(
    fitted: FittedModel, windows: Windows, scenario: Scenario, labels: LabelMode, asked: Wanted
) -> Iterator[Contrast]:
    for piece, batch, contrast in asked.pieces(fitted, windows):
        own = infer_code(fitted, batch, labels)
        yield contrast(batch, own, own, _moved(piece, batch, scenario))


def _moved(windows: Windows, batch: Batch, scenario: Scenario) -> Batch:
    """Return a batch with the effects of its target rows in a scenario."""
    effects = batch.effects
    if not isinstance(windows.effects, RowEffects) or effects is None:
        return batch
    change, doubt, columns = windows.effects.change_ahead(windows.origins, scenario.changes)
    change = change.to(batch.x.device)
    moved = replace(
        effects,
        ahead=effects.ahead + change,
        told_ahead=None if effects.told_ahead is None else effects.told_ahead + change,
        doubt=None if effects.doubt is None else doubt.to(batch.x.device),
        columns=None if columns is None else columns.to(batch.x.device),
    )
    return replace(batch, effects=moved)


def _wanted(name: str, asked: Any, is_number: bool) -> Iterator[_Wanted]:
    """Yield what is asked of a column, a covariate or not: one form, or a list of them."""
    for one in asked if isinstance(asked, list) else [asked]:
        parts = one if isinstance(one, tuple) else (one,)
        is_set = parts[:1] == ("=",)
        parts = parts[1:] if is_set else parts
        value, times, series = (*parts, *(None,) * 3)[:3]
        one_name = isinstance(series, str | Real)
        if (
            not isinstance(value, str | Real)
            or not isinstance(times, slice | None)
            or not (series is None or one_name or (isinstance(series, Sequence) and len(series)))
            or len(parts) > 3
        ):
            raise ConfigError(f"What {name!r} changes to", expected=_FORMS, found=repr(one), argument="future")
        names = None if series is None else tuple(as_text([series] if one_name else list(series)))
        yield _Wanted(name, value, is_set or not is_number, times or slice(None), names)


def _change(fitted: FittedModel, rows: RowEffects, windows: Windows, wanted: _Wanted) -> Change:
    plan, name = fitted.provenance.plan, wanted.name
    columns: dict[str, Factor | Covariate] = {each.name: each for each in (*plan.factors, *plan.covariates)}
    if name not in columns:
        raise ConfigError(
            f"The model has no factor or covariate {name!r}",
            expected=listed(columns),
            hint=did_you_mean(str(name), [*columns]),
            argument="future",
        )
    column = columns[name]
    if isinstance(column, Calendar):
        raise ConfigError(
            f"{name!r} is of the calendar, which a scenario cannot set",
            hint="Name the factor and a class in {to}, to forecast windows as if they were of that class",
            argument="future",
        )
    extent = _extent(fitted, windows, wanted, column.per_series)
    if isinstance(column, Covariate):
        number = None if isinstance(wanted.value, str) and not wanted.is_set else _as_number(wanted.value)
        if number is None:
            raise ConfigError(
                f"The covariate {name!r} is a number",
                expected='a number to add, or ("=", number)',
                found=repr(wanted.value),
                argument="future",
            )
        place = plan.covariates.index(column)
        change: Change = NewNumber(place, number, not wanted.is_set, extent)
    else:
        place = plan.factors.index(column)
        change = NewClass(place, class_place(name, fitted.known_vocabularies[place].classes, wanted.value), extent)
    if not groups_of(rows.effects, change):
        unknown = isinstance(column, Covariate) and not column.known_ahead
        hint = _FILL if name in fitted.without_effect else None
        raise ConfigError(
            f"The forecasts of this model do not depend on the future of {name!r}",
            hint="Fit it with a covariate that is known ahead" if unknown else hint,
            argument="future",
        )
    return change


def _as_number(value: Any) -> float | None:
    """Return a finite number, also one that is text; None for anything else."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if np.isfinite(number) and not isinstance(value, bool) else None


def _extent(fitted: FittedModel, windows: Windows, wanted: _Wanted, per_series: bool) -> Extent:
    source, horizon = windows.source, fitted.shape.horizon
    blocks, panel = (source.blocks, source.panel) if isinstance(source, SeriesRows) else (None, source)
    chosen = None
    if wanted.series is not None:
        if not per_series:
            raise ConfigError(f"{wanted.name!r} is the same for all series", hint="Name no series", argument="future")
        check_known(wanted.series, panel.channels, "series", argument="future")
        chosen = np.array([panel.channels.index(name) for name in wanted.series], dtype=np.int64)
    assert panel.clock is not None  # noqa: S101  checked by the caller
    longer = replace(panel.clock, length=panel.clock.length + horizon)
    if wanted.times.step is not None:
        found = repr(wanted.times)
        raise ConfigError(expected="a slice of times without a step", found=found, argument="future")
    first, stop = rows_between(longer, wanted.times.start, wanted.times.stop)
    extent = Extent(first, stop, chosen)
    if blocks is not None:
        extent = ExtentOfSeries(first, stop, blocks=blocks, series=chosen)
    if not len(extent.rows(windows.origins, horizon)):
        origins = windows.origins if blocks is None else blocks.panel_rows(windows.origins)
        start, end = int(origins.min()), int(origins.max()) + horizon - 1
        raise DataError(
            f"No step to forecast is in the times of {wanted.words}",
            expected=f"times from {longer.time_text(start)} to {longer.time_text(end)}",
            argument="future",
        )
    return extent


def _warn_number(fitted: FittedModel, name: str, windows: Windows, change: NewNumber) -> None:
    rows = windows.effects
    assert isinstance(rows, RowEffects)  # noqa: S101  checked by the caller
    term = plain_number(rows.effects, change)
    values, units = changed_values(term, rows.facts, change, windows.origins, windows.shape.horizon)
    missing = int(np.isnan(values).sum())
    if missing:
        warn_data(
            f"{name!r} is not known for {plural(missing, 'value')} that the scenario adds to: these stay as expected",
            hint='Set them: ("=", value)',
        )
    counted, (mean, _) = term.counted(values, units), term.scale(units)
    beyond = np.argwhere(term.differ(values, counted, units))
    if len(beyond):
        first = tuple(beyond[0])
        usual, of = np.broadcast_to(mean, values.shape)[first], ""
        if isinstance(windows.source, SeriesRows) and rows.facts.own_numbers[change.covariate]:
            of = f" of {windows.source.names[int(np.asarray(units)[first])]!r}"
        elif values.ndim == 2:
            channels = change.extent.channels
            of = f" of {fitted.channels[int(first[1] if channels is None else channels[first[1]])]!r}"
        warn_data(
            f"{plural(len(beyond), 'value')} of {name!r} in the scenario {'lie' if len(beyond) > 1 else 'lies'} far "
            f"from those of the training part (mean {usual:.4g}): {values[first]:.4g}{of} counts as "
            f"{counted[first]:.4g}"
        )
