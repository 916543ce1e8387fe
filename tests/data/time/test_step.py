"""Steps as text."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data.time.step import format_step, parse_step
from divecast.errors import DataError


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("1h", (3600, "s")),
        ("15min", (900, "s")),
        ("h", (3600, "s")),
        ("1D", (86400, "s")),
        ("2W", (1209600, "s")),
        ("1MS", (1, "M")),
        ("QS", (3, "M")),
        ("1YE", (12, "ME")),
    ],
)
def test_known_steps(text, step):
    assert parse_step(text) == step


@given(count=st.integers(1, 10_000), unit=st.sampled_from(["s", "M", "ME"]))
@settings(max_examples=30)
def test_written_step_reads_back(count, unit):
    assert parse_step(format_step(count, unit)) == (count, unit)


@pytest.mark.parametrize("text", ["", "0h", "-1h", "1.5h", "soon", "1 fortnight"])
def test_no_step(text):
    with pytest.raises(DataError, match='"15min"'):
        parse_step(text)


@pytest.mark.parametrize("step", [3600, None, timedelta(hours=1)])
def test_a_step_is_text(step):
    with pytest.raises(DataError, match='Expected a step such as "15min"'):
        parse_step(step)
