"""Attempts to fit a model on hostile data."""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from divecast import ByRecording, ByTime, DeepDIVE, Label, Panel, TrainingConfig
from slow.hostile.drawn import GOOD_FLOATS, HARD_FLOATS, ZONES, floats, names, often
from slow.hostile.models import CHANNELS, HORIZON, LEVELS, in_library, usual, whole_forecast
from worlds import SMALL

Attempt = Callable[[], None]


@st.composite
def fit(draw: st.DrawFn) -> Attempt:
    """A fit of one pass on hostile values, or with settings at the edge; then a forecast, saved and loaded."""
    rows, width = draw(often(60, 5, 12, 30)), draw(st.integers(1, 3))
    columns = [
        draw(often(usual_column(rows, at), floats(rows), hard_column(rows, at)).flatmap(lambda made: made))
        for at in range(width)
    ]
    titles = draw(
        st.lists(
            often("x", *CHANNELS, "").flatmap(lambda made: st.just(made) if made != "x" else names()),
            min_size=width,
            max_size=width,
            unique=draw(often(True, False)),
        )
    )
    label = draw(
        often(
            [at % 3 for at in range(rows)],
            [1] * rows,
            [None] * rows,
            [math.inf, 1.0] * rows,
            ["a", None] * rows,
            [2**60 + at % 2 for at in range(rows)],
        )
    )
    step, start, tz = (
        draw(often("1h", "1MS", "1D", "1ME", "1YS")),
        draw(often("2024-03-30", "1969-12-31", "0001-01-01", "9990-01-01")),
        draw(often(None, *ZONES)),
    )
    factors: list[Any] = draw(
        often(
            ["hour"],
            [],
            [Label("label")],
            ["weekday", "month"],
            [Label("label", "ordered", bins=2)],
            ["label", "hour"],
            ["end"],
        )
    )
    size, patience = draw(often(HORIZON, 1, 30)), draw(often(6, 1, 4, 40))
    rate = draw(often(2e-3, 1e-30, 10.0, 1e30))
    split, monitor = (
        draw(
            often(
                ByTime(3, 1, 1), ByTime(1, 1, 0), ByTime(1e-9, 1, 1), ByTime(1, 1e-9, 0), ByRecording(), "3:1:1", None
            )
        ),
        draw(often("tasks", "labels", "total")),
    )
    library = draw(st.sampled_from(["pandas", "polars", "pyarrow", "panel"]))

    def attempt() -> None:
        panel: Any = Panel.from_array(
            np.array([[math.nan if c is None else c for c in column] for column in columns]).T, start, step, titles, tz
        )
        if library != "panel":
            made = pd.DataFrame(dict(zip(titles, panel.values.T, strict=True)))
            made.insert(0, "when", pd.Series(panel.clock.stamps().astype("datetime64[s]")))
            made["label"] = pd.Series(label[:rows])
            panel = made if library == "pandas" else in_library(made, library)
        training = TrainingConfig(epochs=1, batch_size=16, learning_rate=rate, monitor=monitor)
        made_model = DeepDIVE(size, patience, factors, model=SMALL, training=training)
        made_model.fit(panel, split, progress=False)
        whole_forecast(made_model, made_model.forecast(panel, levels=LEVELS))
        with tempfile.TemporaryDirectory() as folder:
            made_model.save(Path(folder) / "m.safetensors")
            again = DeepDIVE.load(Path(folder) / "m.safetensors")
        np.testing.assert_array_equal(again.forecast(panel).mean, made_model.forecast(panel).mean)

    return attempt


def usual_column(rows: int, at: int) -> st.SearchStrategy[list[Any]]:
    """Return one of the usual columns."""
    return st.integers(0, 3).map(lambda seed: usual(rows, seed)[:, at].tolist())


@st.composite
def hard_column(draw: st.DrawFn, rows: int, at: int) -> list[Any]:
    """Return a usual column with one hard value, of another size, or flat but for one value."""
    column = usual(rows)[:, at] * draw(st.sampled_from([1.0, 1e-40, 1e30, 1e35, 1e-20]))
    column[draw(st.integers(0, rows - 1))] = draw(HARD_FLOATS | GOOD_FLOATS)
    if draw(st.booleans()):
        column[draw(st.integers(0, rows - 1)) :] = draw(HARD_FLOATS | GOOD_FLOATS)
    return column.tolist()
