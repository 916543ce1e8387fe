"""Look-back and split adapt to short data; what is given is kept, or refused with the number that fits."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast import ByTime, DataError, DataWarning, DeepDIVE, Panel
from divecast.fit.short_data import lookback_and_split
from worlds import SMALL, hours


def panel(n: int, step: str) -> Panel:
    wave = 50 + 8 * np.sin(np.arange(n) / 2)[:, None] + np.arange(3) + np.random.default_rng(0).normal(size=(n, 3))
    return Panel.from_array(wave, "2018-01-01", step)


@pytest.mark.parametrize(
    ("n", "step", "horizon", "lookback"),
    [(2000, "1h", 24, 168), (9000, "15min", 96, 672), (900, "1D", 7, 28), (400, "1MS", 12, 24), (200, "7D", 4, 16)],
)
def test_long_data_have_the_usual_look_back_and_parts_without_a_word(
    n: int, step: str, horizon: int, lookback: int
) -> None:
    assert lookback_and_split(panel(n, step), horizon, None, None) == (lookback, ByTime(3, 1, 1))


def test_it_is_said_how_short_data_are_read() -> None:
    with pytest.warns(
        DataWarning, match="72 rows: the look-back is 24, and 48 rows are for training, 12 .*, 12|and 12 "
    ):
        assert lookback_and_split(panel(72, "1MS"), 12, None, None) == (24, ByTime(48, 12, 12))
    with pytest.warns(DataWarning, match="24 rows: the look-back is 4, and 16 rows are for training"):
        assert lookback_and_split(panel(24, "3MS"), 4, None, None) == (4, ByTime(16, 4, 4))


@given(st.integers(4, 400), st.sampled_from(["1h", "1D", "1MS", "3MS", "7min"]), st.integers(1, 30))
@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
def test_what_is_chosen_fits_and_what_is_given_is_kept(n: int, step: str, horizon: int) -> None:
    data = panel(n, step)
    try:
        lookback, split = lookback_and_split(data, horizon, None, None)
    except DataError:
        assert n < 2 * horizon + 3
        return
    assert isinstance(split, ByTime)
    n_train = int(n * split.train / (split.train + split.valid + split.test) + 1e-9)
    assert 1 <= lookback <= n_train - horizon
    assert lookback_and_split(data, horizon, 17, None)[0] == 17
    assert lookback_and_split(data, horizon, None, ByTime(5, 1, 1))[1] == ByTime(5, 1, 1)


def test_a_look_back_that_does_not_fit_is_refused_with_the_number_that_does() -> None:
    with pytest.raises(DataError, match=r"lookback=70 and horizon=12 .* Use lookback= of at most 48"):
        DeepDIVE(12, 70, model=SMALL).fit(panel(72, "1MS"), progress=False)


def test_too_few_rows_name_the_horizon_that_fits() -> None:
    with pytest.raises(DataError, match="10 rows are too few to forecast 12 steps ahead"):
        lookback_and_split(panel(10, "1MS"), 12, None, None)


def test_data_shorter_than_the_look_back_are_missing_before_their_start(hours_model: DeepDIVE) -> None:
    whole = hours().panel
    with pytest.warns(DataWarning, match="20 rows before the forecast, the look-back 24: those before are missing"):
        short = hours_model.forecast(whole.rows(100, 120))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        values = whole.values[96:120].copy()
        values[:4] = np.nan
        known = hours_model.forecast(Panel(values, whole.channels, whole.clock.rows(96, 120)))
    np.testing.assert_array_equal(short.keys.stamps, known.keys.stamps)
    np.testing.assert_array_equal(short.mean, known.mean)
    np.testing.assert_array_equal(short.quantiles, known.quantiles)


def test_a_plan_without_a_look_back_keeps_that_it_is_to_be_chosen() -> None:
    assert repr(DeepDIVE.from_plan(DeepDIVE(12).plan)) == "DeepDIVE(horizon=12)"
