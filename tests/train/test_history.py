"""Which pass was best and when to stop."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.config import LossConfig
from divecast.train.history import EpochRecord, History
from divecast.train.validate import monitored_value


def history(values: list[float]) -> History:
    whole = History()
    for epoch, value in enumerate(values):
        whole = whole.with_record(EpochRecord(epoch, {}, {}, value, 0.0))
    return whole


@settings(max_examples=40)
@given(st.lists(st.integers(0, 5).map(float), min_size=1, max_size=12), st.integers(1, 5))
def test_the_best_pass_is_the_first_of_the_smallest(values: list[float], patience: int) -> None:
    found = history(values)
    best = found.best_epoch
    assert values[best] == min(values)
    assert values.index(min(values)) == best
    fruitless = len(values) - 1 - best
    assert found.has_stalled(patience) == (fruitless >= patience)


def test_before_the_first_pass_nothing_is_best_or_stalled() -> None:
    assert History().best_epoch is None
    assert not History().has_stalled(1)


VALID = {"forecast": 1.0, "reconstruction": 2.0, "conditional_kl": 4.0, "marginal_kl": 8.0, "cross_entropy": 16.0}


@pytest.mark.parametrize(("monitor", "value"), [("forecast", 1.0), ("labels", 16.0), ("total", 1 + 4 + 12 + 32 + 80)])
def test_the_monitored_value(monitor: str, value: float) -> None:
    assert monitored_value(VALID, monitor, LossConfig(1.0, 2.0, 3.0, 4.0, 5.0)) == value
