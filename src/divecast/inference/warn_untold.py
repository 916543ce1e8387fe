"""Warnings of what windows and their target rows lack, though it can be known, and of what the fit did not see."""

from collections.abc import Collection, Sequence

import numpy as np

from divecast._text import plural
from divecast.data import Label, Panel, Source, Windows, n_future
from divecast.data.names import listed
from divecast.data.sources.series_rows import SeriesRows, series_names
from divecast.data.tables.label_columns import distinct, label_missing
from divecast.effects import RowEffects, Untold, far, gaps, untold
from divecast.errors import warn_data
from divecast.inference.fitted_model import FittedModel


def warn_cut(fitted: FittedModel, windows: Windows) -> None:
    """Warn if windows begin so early in the data that rows which their effects go back to are not there.

    Args:
        fitted: the model.
        windows: the windows.
    """
    source, origins = windows.source, windows.origins
    before = source.blocks.panel_rows(origins) if isinstance(source, SeriesRows) else origins
    n_rows = int(before.min(initial=fitted.rows_needed))
    if names := [name for name, rows in fitted.rows_before.items() if n_rows < fitted.shape.lookback + rows]:
        warn_data(
            f"There are {plural(n_rows, 'row')} before the first step ahead, and the effects of {listed(names)} go "
            f"back to rows before these: the forecast is not quite that of a longer table",
            hint=f"Give {fitted.rows_needed} rows or more before it",
        )


def warn_untold(fitted: FittedModel, windows: Windows, apart_from: Collection[str] = ()) -> None:
    """Warn once of what the target rows of windows lack, though it can be known in advance, and of gaps before.

    Args:
        fitted: the model.
        windows: the windows.
        apart_from: names of labels and covariates of which not to warn.
    """
    _warn_without_effect(fitted, windows.source)
    rows = windows.effects
    if not isinstance(rows, RowEffects):
        return
    _warn_unknown(fitted, windows, apart_from)
    names = series_names(windows.source)
    for name, (n, given, counted, series) in far(rows, windows.origins).items():
        if name not in apart_from:
            counts = "counts as missing" if np.isnan(counted) else f"counts as {counted:.4g}"
            of = "" if series is None else f" of {names[series]!r}"
            warn_data(
                f"The rows to forecast have {plural(n, 'value')} of {name!r} far from those of the training part: "
                f"{given:.4g}{of} {counts}",
                hint="Check the unit of the column; an effect is not known beyond the values of the fit",
            )
    lack = {name: where for name, where in untold(rows, windows.origins).items() if name not in apart_from}
    if lack:
        lacking = ", ".join(f"{name!r} ({_where(where, names)})" for name, where in lack.items())
        warn_data(
            f"The rows to forecast lack {lacking}: what is expected there is used, and the intervals are wider",
            hint="Give their future values as rows without a target, or in {future}",
        )
    if found := gaps(rows, windows.origins, windows.source.values):
        lacking = ", ".join(
            f"{name!r} ({gap.n:,} of {plural(gap.of, 'row')}{_of(gap.series, names)})" for name, gap in found.items()
        )
        warn_data(
            f"The windows lack {lacking}: there the values are read as if what is expected had been",
            hint="Give these columns in the data, as in those of the fit",
        )


def _warn_without_effect(fitted: FittedModel, source: Source) -> None:
    """Warn of values to come of labels and covariates that have no effect on rows."""
    panel = source.panel if isinstance(source, SeriesRows) else source
    without = fitted.without_effect
    if not without or not isinstance(panel, Panel) or not (n_ahead := n_future(panel)):
        return
    columns = {**panel.labels, **panel.covariates}
    if given := [name for name in without if name in columns and not label_missing(columns[name][-n_ahead:]).all()]:
        warn_data(
            f"The rows to forecast have values of {listed(given)}, which had no effect in the fit: they are not used",
            hint="Fit with data in which they vary and are known on most rows",
        )


def _warn_unknown(fitted: FittedModel, windows: Windows, apart_from: Collection[str]) -> None:
    """Warn of labels in windows and target rows that are no class of the fit."""
    source, origins = windows.source, windows.origins
    if not len(origins):
        return
    rows = slice(max(0, int(origins.min()) - fitted.shape.lookback), int(origins.max()) + fitted.shape.horizon)
    for factor, vocabulary in zip(fitted.provenance.plan.factors, fitted.known_vocabularies, strict=True):
        if not isinstance(factor, Label) or factor.name in apart_from or not source.has_label(factor.name):
            continue
        labels = source.label_column(factor.name)[rows]
        unknown, _ = distinct(labels[(vocabulary.encode(labels) < 0) & ~label_missing(labels)])
        if unknown:
            warn_data(
                f"The rows have labels of {factor.name!r} that the fit did not see: {listed(unknown)}. They count "
                "as missing",
                hint=f"Its classes are {listed(vocabulary.classes)}",
            )


def _where(lack: Untold, names: Sequence[str]) -> str:
    """Steps, and the series if it is not all of them."""
    return f"{_steps(lack.steps)}{_of(lack.series, names)}"


def _of(series: Sequence[int], names: Sequence[str]) -> str:
    return f" of {listed([names[number] for number in series])}" if series else ""


def _steps(steps: Sequence[int]) -> str:
    """Numbers of steps, those of a run by its ends."""
    if len(steps) > 2 and steps[-1] - steps[0] == len(steps) - 1:
        return f"steps {steps[0]} to {steps[-1]}"
    return f"step{'s' * (len(steps) > 1)} {', '.join(map(str, steps[:8]))}{', ...' if len(steps) > 8 else ''}"
