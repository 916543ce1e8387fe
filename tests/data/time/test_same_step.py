"""Series with different steps in one table are named, those with missing rows are not."""

import numpy as np
import pandas as pd
import pytest

from divecast import Panel
from divecast.data.time.same_step import check_same_step
from divecast.errors import DataError

DAYS = pd.date_range("2024-01-01", periods=60)


def table(**series):
    rows = [pd.DataFrame({"unique_id": name, "ds": stamps, "y": 1.0}) for name, stamps in series.items()]
    return pd.concat(rows)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (pd.date_range("2024-01-01", periods=480, freq="h"), "every 1h: 'other'; every 1D: 'days'"),
        (pd.date_range("2024-01-01", periods=100, freq="7min"), "every 7min: 'other'; every 1D: 'days'"),
        (pd.date_range("2024-01-01", periods=12, freq="7D"), "every 1D: 'days'; every 7D: 'other'"),
        (pd.date_range("2022-01-01", periods=30, freq="MS"), "every 1D: 'days'; every 1MS: 'other'"),
    ],
)
@pytest.mark.parametrize("by_time", [False, True])
def test_different_steps_are_refused_by_name(other, named, by_time):
    rows = table(days=DAYS, other=other)
    with pytest.raises(DataError, match=f"series of the table have different steps: expected one step, got {named}"):
        Panel.from_long(rows.sort_values("ds") if by_time else rows)


def test_sparse_and_ragged_series_have_the_step_of_the_others():
    draw = np.random.default_rng(0)
    sold = {f"s{number}": DAYS[draw.random(60) < share] for number, share in enumerate(np.linspace(0.1, 1.0, 200))}
    rows = table(full=DAYS, late=DAYS[40:], business=DAYS[DAYS.day_of_week < 5], **sold)
    names, series = np.unique(rows["unique_id"], return_inverse=True)
    check_same_step(rows["ds"].to_numpy().astype("datetime64[s]"), series, names.tolist())


def test_too_few_rows_tell_no_step():
    check_same_step(DAYS[:8].to_numpy().astype("datetime64[s]"), np.array([0, 0, 0, 1, 0, 1, 0, 1]), ["a", "b"])
