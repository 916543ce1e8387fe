"""Faults are where and what they say, and rankings of days count as by hand."""

import numpy as np
import pytest

from research.anomalies.injected_faults import FAULTS, Site, with_fault
from research.anomalies.runs import Days

SITE = Site(start=300, stop=1200, rows=48, day=6)
SPREAD = np.array([1.0, 10.0, 100.0], dtype=np.float32)


def panel():
    return (np.random.default_rng(0).normal(size=(1200, 3)) * SPREAD).astype(np.float32)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_leaves_all_rows_outside_its_window_alone(fault):
    values, ends = panel(), next(SITE.passes(1))
    for size in FAULTS[fault][2]:
        changed = (with_fault(values, ends, SITE, (fault, min(size, 6)), SPREAD) != values).any(axis=1)
        inside = np.zeros(len(values), dtype=bool)
        for end in ends:
            inside[end - (SITE.rows if fault == "late clock" else SITE.day) : end] = True
            assert changed[end - SITE.rows : end].any()
        assert not (changed & ~inside).any()


def test_every_size_hits_the_same_place():
    values, ends = panel(), next(SITE.passes(1))
    small, large = (with_fault(values, ends, SITE, ("spike", size), SPREAD) - values for size in (1.0, 2.0))
    np.testing.assert_allclose(large, 2 * small, atol=1e-3)
    assert (np.abs(small) > 1e-3).sum() == len(ends)


def test_a_late_clock_shows_the_values_of_hours_before():
    values, ends = panel(), np.array([600])
    late = with_fault(values, ends, SITE, ("late clock", 2), SPREAD)
    np.testing.assert_array_equal(late[552:600], values[550:598])


def test_windows_of_a_pass_do_not_overlap():
    for ends in SITE.passes(3):
        assert (np.diff(ends) >= SITE.rows).all()
        assert ends.min() > SITE.start
        assert ends.max() <= SITE.stop


def test_precision_and_recall_by_hand():
    line = {
        "seed": 0,
        "dates": ["1", "2", "3", "4", "5"],
        "given": ["Mon", "Sun", "Tue", "Wed", "Thu"],
        "read": ["Sun"] * 5,
        "surprise": [3.0, 9.0, 2.0, 1.0, 0.0],
        "sunday": [4.0, 0.0, 3.0, 2.0, 1.0],
        "holiday": ["New Year", "Easter", "", "Epiphany (3 of 16 states)", ""],
    }
    days = Days.of(line)
    assert [row[0] for row in days.rows] == ["1", "3", "4", "5"]  # the Sunday is left out
    precision, recall = days.curve(everywhere=False)
    np.testing.assert_allclose(precision, [1, 1 / 2, 2 / 3, 2 / 4])
    np.testing.assert_allclose(recall, [1 / 2, 1 / 2, 1, 1])
    assert days.average_precision(everywhere=False) == pytest.approx((1 + 2 / 3) / 2)
    assert days.average_precision(everywhere=True) == 1.0
