"""Small fitted models, and hostile data for them."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

from divecast import ByRecording, ByTime, Calendar, DeepDIVE, Label, Panel, Recordings, TrainingConfig
from slow.hostile.drawn import ZONES, floats, often
from slow.hostile.judge import all_finite, rising
from worlds import SMALL, moves

LOOKBACK, HORIZON = 8, 2
CHANNELS = ("ds", "<b>&amp;", "日本 🔌")
QUICK = TrainingConfig(epochs=1, batch_size=64)
LEVELS = (0.05, 0.5, 0.95)


def usual(rows: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Return values as a model would like them, (row, channel)."""
    draw, row = np.random.default_rng(seed), np.arange(rows)[:, None]
    return (
        np.sin(2 * np.pi * row / 24 + np.arange(3)) * [1, 1e3, 1e-3] + [0, 1e4, 0] + 0.1 * draw.normal(size=(rows, 3))
    )


@cache
def model(kind: str) -> DeepDIVE:
    """Return a small model: hourly with a label and the hour, monthly, daily of a zone, or of recordings."""
    made = DeepDIVE(HORIZON, LOOKBACK, _FACTORS[kind], model=SMALL, training=QUICK)
    if kind == "moves":
        return made.fit(moves(4), ByRecording(2, 1, 1, group="person"), progress=False)
    return made.fit(frame(usual(300), kind, "pandas"), ByTime(3, 1, 1), progress=False)


_FACTORS: dict[str, list[Any]] = {
    "hourly": ["hour", Label("<i>", "ordered", bins=3)],
    "monthly": ["season"],
    "daily": [Calendar("weekday", tz="Asia/Kathmandu")],
    "moves": ["move", "side"],
}
_FREQUENCIES = {"hourly": "h", "monthly": "MS", "daily": "D"}


def frame(
    values: np.ndarray[Any, Any], kind: str, library: str, tz: str | None = None, start: str = "1969-12-20"
) -> Any:
    """Return a table of a kind of clock, in the library asked for."""
    zone = tz or ("Europe/Berlin" if kind == "daily" else None)
    clock = pd.date_range(start, periods=len(values), freq=_FREQUENCIES[kind], tz=zone, unit="s")
    table = pd.DataFrame(dict(zip(CHANNELS, values.T, strict=True)))
    table.insert(1, "when", clock)
    if kind == "hourly":
        table["<i>"] = np.arange(len(table)) % 7
    if library == "polars":
        return pl.from_arrow(pa.Table.from_pandas(table))
    return pa.Table.from_pandas(table) if library == "pyarrow" else table


@st.composite
def values(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """Return values for the channels of a model: too short, with gaps, all missing, of other sizes."""
    rows = draw(often(20, 0, 1, LOOKBACK - 1, LOOKBACK, 60))
    table = usual(rows, draw(st.integers(0, 3)))
    for at in range(3):
        how = draw(st.sampled_from(["usual"] * 3 + ["other", "scaled", "edge", "far"]))
        if how == "other":
            table[:, at] = [math.nan if cell is None else cell for cell in draw(floats(rows))]
        if how == "scaled":
            table[:, at] *= draw(st.sampled_from([0.0, 1e3, 1e6, 1e12, 1e30, -1e38, 1e-30, 1e-44]))
        if how == "far" and rows:
            table[draw(st.integers(0, rows - 1)), at] = draw(st.sampled_from([1e8, 1e20, -3e38]))
        if how == "edge":
            cut = draw(st.integers(0, rows))
            table[:cut] = np.nan if draw(st.booleans()) else table[:cut]
            table[rows - cut :, at] = np.nan
    return table


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, Callable[[], Any]]:
    """Return the kind of a model and data for it."""
    kind, table = draw(st.sampled_from(["hourly", "hourly", "monthly", "daily", "moves"])), draw(values())
    if kind == "moves":
        return kind, _recordings(table, draw(often(10.0, 11.0, 10.0000001)))
    library, tz = draw(st.sampled_from(["pandas", "polars", "pyarrow"])), draw(often(None, *ZONES))
    start = draw(st.sampled_from(["1969-12-25", "2024-02-20", "2024-10-20", "1901-01-01", "2023-12-30", "2099-12-01"]))
    change = draw(often("none", "shuffled", "lacking", "surplus", "panel", "no_label", "step", "label", "file"))
    step, label = (
        draw(st.sampled_from(["1h", "30min", "1D", "1MS", "1ME"])),
        draw(st.sampled_from(["x", -5, 1e300, None])),
    )

    def data() -> Any:
        if change == "panel":
            return Panel.from_array(table, start, step, CHANNELS, tz)
        made = frame(table, kind, "pandas", tz, start)
        if change == "shuffled":
            made = made[made.columns[::-1]].sample(frac=1, random_state=0)
        if change == "lacking":
            made = made.drop(columns=CHANNELS[1])
        if change == "no_label":
            made = made.drop(columns="<i>", errors="ignore")
        if change == "surplus":
            made["more"] = 1.0
        if change == "label" and kind == "hourly":
            made["<i>"] = [label] * len(made)
        return made if library == "pandas" else in_library(made, library)

    return kind, data


def in_library(made: pd.DataFrame, library: str) -> Any:
    """Return a table in polars or Arrow."""
    arrow = pa.Table.from_pandas(made, preserve_index=False)
    if library != "polars":
        return arrow
    if getattr(arrow.schema.field("when").type, "tz", None) == "+05:30":  # polars knows no zones without a name
        arrow = arrow.set_column(
            arrow.column_names.index("when"), "when", arrow.column("when").cast(pa.timestamp("us", "UTC"))
        )
    return pl.from_arrow(arrow)


def _recordings(table: np.ndarray[Any, Any], rate: float) -> Callable[[], Recordings]:
    return lambda: Recordings.from_arrays([table[:, :2], table[:12, 1:]], rate=rate, channels=["ax", "wx"])


def whole_forecast(asked_model: DeepDIVE, found: Any) -> None:
    """Assert that a forecast is finite, of the right shape, in order of levels and of time."""
    info = asked_model.info()
    assert list(found.channels) == info["channels"]
    assert found.mean.shape[1:] == (info["horizon"], len(info["channels"]))
    assert found.quantiles.shape == (len(found.levels), *found.mean.shape)
    all_finite(found.mean, found.quantiles)
    assert (np.diff(found.quantiles, axis=0) >= 0).all()
    if found.keys.recordings is not None or "D" not in info["frequency"]:
        rising(found.keys.stamps)
