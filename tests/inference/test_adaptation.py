"""Levels that follow the errors of past forecasts: the rule, and what it does to quantiles."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from divecast.inference.adaptation import TAIL, Adaptation, Rolling, moved
from divecast.inference.calibration import LEVELS, Calibration


def calibration(horizon: int = 4) -> Calibration:
    return Calibration.of(torch.randn(4000, horizon, 1, generator=torch.Generator().manual_seed(0)))


@given(
    first=st.floats(0.0, 1.0),
    rate=st.floats(0.001, 0.5),
    tail=st.floats(0.01, 0.5),
    wants=st.lists(st.booleans(), min_size=1, max_size=200),
)
def test_an_adversary_cannot_keep_the_share_of_misses_from_what_it_should_be(
    first: float, rate: float, tail: float, wants: list[bool]
) -> None:
    """A value misses whenever the adversary wants it to, unless the tail is nothing (0) or all (1)."""
    level, n_missed = np.array(first), 0.0
    for want in wants:
        missed = level >= 1.0 or (want and level > 0.0)
        n_missed += missed
        level = moved(level, np.array(float(missed)), rate, tail)
    n = len(wants)
    assert abs(n_missed / n - tail) <= (max(first, 1.0 - first) + rate) / (rate * n) + 1e-9


def test_without_a_value_nothing_moves() -> None:
    assert moved(np.array([0.3]), np.array([np.nan])) == 0.3


def test_levels_at_first_give_the_calibrated_quantiles() -> None:
    known, levels = calibration(), (0.001, 0.05, 0.3, 0.5, 0.95)
    found = Adaptation.none(4, 3).quantiles(levels, known)
    np.testing.assert_allclose(found, np.repeat(known.at(levels).numpy()[..., None], 3, 2), atol=2e-3)


@given(st.lists(st.floats(-0.5, 1.2), min_size=2, max_size=2))
def test_quantiles_never_fall(levels: list[float]) -> None:
    found = Adaptation(np.array(levels).reshape(2, 1, 1)).quantiles(LEVELS, calibration(1))
    assert (np.diff(found, axis=0) >= -1e-9).all()


def test_a_series_that_misses_gets_a_farther_tail_and_the_others_less_so() -> None:
    known = calibration()
    rolling, residuals = Rolling(Adaptation.none(4, 2), known), np.tile([50.0, 0.0], (4, 1))
    widths = []
    for row in range(60):
        _, high = rolling.quantiles(row, (TAIL, 1.0 - TAIL))
        widths.append(high[0])
        rolling.add(row, residuals)
    first, last = widths[0], widths[-1]
    assert last[0] > 4.0 * first[0]
    assert last[0] > last[1] >= first[1]
    assert rolling.adaptation.levels[0, 0, 0] > TAIL  # never missed below


def test_a_row_counts_once_it_is_known_and_not_before() -> None:
    rolling = Rolling(Adaptation.none(4, 1), calibration())
    rolling.add(10, np.full((4, 1), 50.0))
    assert (rolling.forward(10).levels == TAIL).all()
    one = rolling.forward(11)
    assert one.levels[1, 0, 0] < TAIL
    assert (one.levels[1, 1:] == TAIL).all()
    assert rolling.forward(14).levels[1, 3, 0] < TAIL
    assert rolling.forward(500).n_rows == 4
