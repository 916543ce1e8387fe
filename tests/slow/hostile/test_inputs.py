"""Hostile input at every public entry ends in a right result or in our error; research/reliability/inputs.py goes
on."""

import pytest
from hypothesis import HealthCheck, given, settings

from divecast import DataError
from slow.hostile.entries import ENTRIES
from slow.hostile.judge import judge


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.what for entry in ENTRIES])
def test_a_right_result_or_our_error(entry):
    @settings(
        max_examples=entry.short,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(entry.attempts)
    def run(attempt):
        judge(attempt)

    run()


def test_the_judge_lets_nothing_else_pass():
    def refuse(message):
        raise DataError(message)

    assert judge(lambda: None) == "right"
    assert judge(lambda: refuse("expected this, got that; do this")) == "refused"
    with pytest.raises(AssertionError, match="too short"):
        judge(lambda: refuse("no"))
    with pytest.raises(ZeroDivisionError):
        judge(lambda: 1 / 0)
    with pytest.raises(RuntimeWarning):
        judge(lambda: pytest.importorskip("numpy").float32(3e38) * 10)
