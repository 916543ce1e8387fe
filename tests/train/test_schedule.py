"""Whose turn it is."""

import pytest

from divecast.config import TrainingConfig
from divecast.train.schedule import Schedule


@pytest.mark.parametrize(
    ("interleave", "even", "odd", "text"),
    [
        ("step", ("marginal", "conditional"), ("marginal", "conditional"), "every batch: marginal -> conditional"),
        ("epoch", ("marginal",), ("conditional",), "even epochs: marginal; odd epochs: conditional"),
        ("joint", ("joint",), ("joint",), "every batch: joint"),
    ],
)
def test_turns_and_their_text(interleave: str, even: tuple, odd: tuple, text: str) -> None:
    schedule = Schedule.of(TrainingConfig(interleave=interleave), has_marginal=True)
    assert [schedule.turns(epoch) for epoch in range(4)] == [even, odd, even, odd]
    assert str(schedule) == text


@pytest.mark.parametrize("interleave", ["step", "epoch", "joint"])
def test_without_factors_every_turn_is_the_conditional_players(interleave: str) -> None:
    schedule = Schedule.of(TrainingConfig(interleave=interleave), has_marginal=False)
    assert {schedule.turns(epoch) for epoch in range(3)} == {("conditional",)}
    assert str(schedule) == "every batch: conditional"
