"""A window from the values in a request."""

from dataclasses import replace

import numpy as np

from divecast.data import Panel, Recordings, Source, Windows
from divecast.data.sources.arrays import check_array
from divecast.data.time.stamps import one_stamp
from divecast.explorer.questions import SentWindow
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Floats
from divecast.web.refusal import RefusedError, of_field, shortened


def request_window(fitted: FittedModel, like: Source, sent: SentWindow) -> Windows:
    """Return the one window in a request, with the clock or rate of the server's data.

    Calendar labels follow from its start; other labels are inferred. A request tells no labels and covariates of rows
    to forecast, so their expected effect is used, as if they were missing in a table.

    Raises:
        RefusedError: channels or rows are missing or too many, a value is too large, or the start does not fit.
    """
    table = _table(fitted, sent)
    with of_field("window.start"):
        source = _source(fitted, like, table, sent.start)
    with of_field("window"):
        return fitted.windows(source)


def _table(fitted: FittedModel, sent: SentWindow) -> Floats:
    values, lookback = sent.values, fitted.shape.lookback
    missing = [name for name in fitted.channels if name not in values]
    unknown = [name for name in values if name not in fitted.channels]
    if missing or unknown:
        raise RefusedError(
            "window.values",
            expected=f"the {len(fitted.channels)} channels of the model",
            found=f"missing channels {shortened(missing[:3])}, unknown channels {shortened(unknown[:3])}",
            hint="Give a channel without values null in every row",
        )
    for name in fitted.channels:
        if len(values[name]) != lookback:
            raise RefusedError(
                "window.values",
                f"Channel {name!r} must have as many rows as the lookback",
                expected=str(lookback),
                found=str(len(values[name])),
            )
    columns = [np.array(values[name], dtype=np.float64) for name in fitted.channels]  # None becomes NaN
    with of_field("window.values"):
        table = check_array(np.stack(columns, axis=1), fitted.channels, lambda row: f"row {row}")
    if np.isnan(table).all():
        raise RefusedError("window.values", "Every value of the window is null")
    return table


def _source(fitted: FittedModel, like: Source, table: Floats, start: str | None) -> Source:
    if like.clock is None:
        if start is not None:
            raise RefusedError("window.start", "Recordings have no clock", hint="Leave start out")
        return Recordings.from_arrays([table], rate=like.rate or 1.0, channels=fitted.channels, names=["sent"])
    if start is None:
        raise RefusedError("window.start", expected="the time of the first row, such as 2024-06-30T18:00")
    first = one_stamp(start, like.clock.tz)
    if not (like.clock.slots is None or like.clock.is_open(first)):
        raise RefusedError("window.start", f"{start} is closed", expected=f"a time on {like.clock.slots}")
    clock = replace(like.clock, start=first, late=0, length=len(table))
    return Panel(table, fitted.channels, clock)
