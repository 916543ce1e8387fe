"""A panel brought to the opening times of a model."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.source import Column
from divecast.data.sources.panel import Panel
from divecast.data.tables.label_columns import label_missing
from divecast.data.tables.places import empty_like
from divecast.data.time.open_slots import OpenSlots
from divecast.data.time.regular import named_day
from divecast.errors import DataError


def on_slots(panel: Panel, slots: OpenSlots | None) -> Panel:
    """The rows of a panel on the clock of other opening times.

    The rows of a short table do not tell its opening times, so those of the fit decide. Closed dates and single
    openings may differ from them.

    Args:
        panel: the panel.
        slots: opening times; None if no time is closed.

    Returns:
        The panel itself if it has these opening times; else without the rows that are closed, and with missing rows at
        open times that it lacks.

    Raises:
        DataError: there is a value, label or covariate in a closed row.
    """
    clock = panel.clock
    own = None if clock.slots is None else (clock.slots.step, clock.slots.week)
    if own == (None if slots is None else (slots.step, slots.week)):
        return panel
    known = np.flatnonzero(_is_known(panel))
    stamps = clock.stamps()
    target = clock.on(slots)
    rows, exact = target.rows_at(stamps)
    closed = known[~exact[known]]
    if len(closed):
        raise DataError(
            f"{plural(len(closed), 'row')} of the data are closed at the fit, the first "
            f"{named_day(clock.local(closed[:1])[0])}",
            expected=f"rows on {slots or 'every day, at all times'}",
            found=f"rows on {clock.slots or 'every day, at all times'}",
            hint="Leave these rows out, or fit a model on such data",
        )
    kept = np.flatnonzero(exact & (rows >= 0))
    if not len(kept):
        raise DataError("The data have no row in the opening times of the fit", expected=f"rows on {slots}")
    length = int(rows[-1]) + 1

    def place(column: Column) -> Column:
        placed = empty_like(column, (length, *column.shape[1:]))
        placed[rows[kept]] = column[kept]
        return placed

    return replace(
        panel,
        values=place(panel.values),
        clock=replace(target, length=length),
        labels={name: place(column) for name, column in panel.labels.items()},
        covariates={name: place(column) for name, column in panel.covariates.items()},
    )


def _is_known(panel: Panel) -> NDArray[np.bool_]:
    """(row,) whether anything is known of a row."""
    known: NDArray[np.bool_] = np.asarray(~np.isnan(panel.values).all(axis=1))
    for column in (*panel.labels.values(), *panel.covariates.values()):
        own = ~label_missing(column)
        known = known | (own if own.ndim == 1 else np.asarray(own.any(axis=1)))
    return known
