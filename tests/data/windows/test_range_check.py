"""Values too far from the training part are refused, with channel and row, before a network sees them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast import ByTime, DataError, DeepDIVE, Panel, Recordings, TrainingConfig
from divecast.data import Part, Scale
from divecast.data.outliers import Limits
from divecast.data.windows.range_check import MAX_DEVIATION, check_range
from worlds import hours

SCALE = Scale(np.array([0.0, 10.0], np.float32), np.array([1.0, 1e-3], np.float32))


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(0, 5), st.integers(0, 1))
def test_what_is_within_reach_passes_and_nothing_else(value, row, channel):
    table = np.tile(SCALE.center, (6, 1))
    table[row, channel] = value
    panel, part = Panel.from_array(table, "2024-01-01", "1h"), Part(np.array([2]), np.array([6]))
    far = row >= 2 and abs(float(value) - SCALE.center[channel]) > MAX_DEVIATION * SCALE.spread[channel] * (1 + 1e-6)
    near = row < 2 or abs(float(value) - SCALE.center[channel]) < MAX_DEVIATION * SCALE.spread[channel] * (1 - 1e-6)
    if near:
        check_range(panel, part, SCALE)
    if far:
        with pytest.raises(DataError, match=rf"'c{channel}' .* in row {row} \(2024-01-01T0{row}:00:00 UTC\)"):
            check_range(panel, part, SCALE)


def test_the_place_in_recordings():
    recordings = Recordings.from_arrays([np.zeros((3, 2)), np.array([[0, 10], [0, 1e30]])], names=["r", "s"])
    with pytest.raises(DataError, match=r"'c1' .* in row 1 of recording 's', more than .* mean is 10 with"):
        check_range(recordings, Part(np.array([0, 3]), np.array([0, 5])), SCALE)


@pytest.fixture
def keeping(hours_model: DeepDIVE) -> DeepDIVE:
    """The model of the session as if it were told to keep outliers."""
    fitted, model = hours_model.fitted_model, DeepDIVE.from_plan(hours_model.plan)
    model._fitted = replace(fitted, limits=Limits.none(fitted.channels))
    return model


@pytest.mark.parametrize("beside", [0.0, np.nan])
@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("forecast", {}),
        ("encode", {"part": "all"}),
        ("evaluate", {"part": "all"}),
        ("anomalies", {"subset": "all"}),
        ("why", {"part": "all"}),
    ],
)
def test_a_model_says_so_rather_than_nan(
    keeping: DeepDIVE, method: str, options: dict[str, str], beside: float
) -> None:
    values = hours().panel.values[:100].copy()
    values[-3, 0] = 3.4e38  # beyond float32 once it is scaled
    values[-4, 1] = beside
    panel = Panel.from_array(values, "2024-01-01", "1h", hours().panel.channels)
    with pytest.raises(DataError, match=r"Channel 's0' has 3.4e\+38 in row 97 \(2024-01-05T01:00:00 UTC\)"):
        getattr(keeping, method)(panel, **options)


def test_a_fit_says_so_of_its_validation_part() -> None:
    values = hours(2).panel.values.copy()
    values[250, 2] = -1e38
    with pytest.raises(DataError, match=r"Channel 'c2' has -1e\+38"):
        DeepDIVE(6, 24, training=TrainingConfig(epochs=1, outliers="keep")).fit(
            Panel.from_array(values, "2024-01-01", "1h"), ByTime(3, 1, 1), progress=False
        )
