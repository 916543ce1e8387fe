"""A window out of the values of a request."""

from dataclasses import replace

import numpy as np

from divecast.data import Panel, Recordings, Source, Windows
from divecast.data.sources.arrays import check_array
from divecast.data.time.stamps import one_stamp
from divecast.explorer.questions import SentWindow
from divecast.explorer.refusal import RefusedError, of_field, shortened
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import windows_of
from divecast.inference.results import Floats


def sent_window(fitted: FittedModel, like: Source, sent: SentWindow) -> Windows:
    """Return the one window that was sent; its clock or rate is that of the data the server has.

    Calendar factors are read from its start; other labels are not sent, so they are inferred.

    Raises:
        RefusedError: channels or rows are too many or too few, a value is too large, or the start does not fit.
    """
    table = _table(fitted, sent)
    with of_field("window.start"):
        source = _source(fitted, like, table, sent.start)
    with of_field("window"):
        return windows_of(fitted, fitted.source(source), None, "encode")


def _table(fitted: FittedModel, sent: SentWindow) -> Floats:
    given, rows = sent.values, fitted.shape.lookback
    missing = [name for name in fitted.channels if name not in given]
    unknown = [name for name in given if name not in fitted.channels]
    if missing or unknown:
        raise RefusedError(
            "window.values",
            f"expected the {len(fitted.channels)} channels of the model, missing {shortened(missing[:3])}, "
            f"unknown {shortened(unknown[:3])}; a channel without values has null in every row",
        )
    for name in fitted.channels:
        if len(given[name]) != rows:
            raise RefusedError(
                "window.values", f"expected {rows} rows, the look-back, got {len(given[name])} in {name!r}"
            )
    columns = [np.array(given[name], dtype=np.float64) for name in fitted.channels]  # None becomes NaN
    with of_field("window.values"):
        checked = check_array(np.stack(columns, axis=1), fitted.channels, lambda row: f"row {row}")
    if np.isnan(checked).all():
        raise RefusedError("window.values", "expected some values, got null in every row of every channel")
    return checked


def _source(fitted: FittedModel, like: Source, table: Floats, start: str | None) -> Source:
    if like.clock is None:
        if start is not None:
            raise RefusedError("window.start", "recordings have no clock, leave start out")
        return Recordings.from_arrays([table], rate=like.rate or 1.0, channels=fitted.channels, names=["sent"])
    if start is None:
        raise RefusedError("window.start", "expected the time of the first row, such as 2024-06-30T18:00, got none")
    clock = replace(like.clock, start=one_stamp(start, like.clock.tz), length=len(table))
    return Panel(table, fitted.channels, clock)
