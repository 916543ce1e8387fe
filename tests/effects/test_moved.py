"""Effects of rows as they would be of another class."""

from functools import cache

import numpy as np
import pytest
import torch

from divecast.data import Calendar, Label, Panel, Part, fit_vocabularies
from divecast.effects import Facts, facts_of, moved
from divecast.types import WindowEffects
from effects.told import SHAPE, Fit, fit, panel_of

HOUR, WEEKEND, PROMOTION = range(3)


@cache
def world() -> Fit:
    """A fit without covariates, whose effects a move would leave as they are."""
    return fit(panel_of(weeks=12), ("hour", "weekend", Label("promotion")), ())


def change(origin: int, factor: int, to: int) -> WindowEffects | None:
    """The change of a window whose class of a factor becomes another one."""
    wanted = np.full((1, 3), -1)
    wanted[0, factor] = to
    current = world().facts.classes[[origin - 1]].astype(np.int64)
    return world().cut().change(np.array([origin]), current, wanted)


def classes(origin: int, factor: int) -> np.ndarray:
    """Classes of the rows of a window and its future."""
    return world().facts.classes[origin - SHAPE.lookback : origin + SHAPE.horizon, factor]


def steps(of: WindowEffects) -> torch.Tensor:
    """(step, channel) effects of the rows of the window and of the future."""
    return torch.cat([of.past, of.ahead], dim=1)[0]


def quiet_days() -> list[int]:
    """Origins whose windows, and the day around them, have no promotion, weekend or end of a run."""
    reach = np.arange(-SHAPE.lookback - 24, SHAPE.horizon + 24)
    facts = world().facts
    inside = range(200, len(world().panel.values) - 100)
    return [
        at
        for at in inside
        if (facts.classes[at + reach, PROMOTION] == 0).all() and len(set(facts.classes[at + reach, WEEKEND])) == 1
    ]


def test_nothing_changes_without_another_class() -> None:
    assert change(500, HOUR, -1) is None
    assert change(500, HOUR, int(world().facts.classes[499, HOUR])) is None
    plain = fit(panel_of(weeks=4), ("weekend",), ())
    assert len(plain.effects.basis.groups) >= 1
    current = plain.facts.classes[[99]].astype(np.int64)
    assert plain.cut().change(np.array([100]), current, current) is None


def test_a_window_at_another_hour_has_the_effects_of_rows_at_that_hour() -> None:
    origins = quiet_days()
    assert origins
    for origin in origins[:5]:
        own = steps(world().cut().of(np.array([origin])))
        hour = int(world().facts.classes[origin - 1, HOUR])
        for later in (1, 5):
            found = change(origin, HOUR, (hour + later) % 24)
            rows = np.arange(origin - SHAPE.lookback, origin + SHAPE.horizon) + later
            expected = torch.from_numpy(world().effects.of(world().facts, rows))
            torch.testing.assert_close(own + steps(found), expected, atol=2e-5, rtol=0)


def test_another_weekend_moves_the_days_around_the_last_row_alone() -> None:
    origin = 168 * 5 + 12  # Monday noon: the window reaches into Saturday
    found, own = steps(change(origin, WEEKEND, 1)), classes(origin, WEEKEND)
    assert set(own) == {0, 1}
    np.testing.assert_array_equal(found[own == 1], 0.0)
    assert (found[own == 0] != 0.0).all()


def test_another_promotion_moves_its_run_and_the_rows_beside_it() -> None:
    promotion = world().facts.classes[:, PROMOTION]
    ends = np.flatnonzero((promotion[:-1] == 1) & (promotion[1:] == 0))
    origin = next(at + 3 for at in ends if at > 100 and (promotion[at + 1 : at + 30] == 0).all())
    own = classes(origin, PROMOTION)
    found = steps(change(origin, PROMOTION, 1))
    assert set(own) == {0, 1}
    run = np.arange(np.flatnonzero(own == 1)[-1] + 1, len(own))
    assert (found[run] != 0.0).all()
    np.testing.assert_array_equal(found[: run[0] - 1], 0.0)  # the row before the run has other neighbours
    on = world().in_units(found.numpy())[SHAPE.lookback + 1 : -1]
    np.testing.assert_allclose(on.mean(0), 5.0, rtol=0.15)


def test_there_and_back_is_nothing() -> None:
    """Both ways, from a window without ends of runs, sum to no change."""
    origin = quiet_days()[0]
    there = change(origin, PROMOTION, 1)
    assert float(steps(there).abs().max()) > 0.1
    hour = int(world().facts.classes[origin - 1, HOUR])
    half, rest = change(origin, HOUR, (hour + 3) % 24), change(origin + 3, HOUR, hour)
    torch.testing.assert_close(steps(half), -steps(rest), atol=2e-5, rtol=0)


def test_a_clock_of_every_other_hour_moves_by_hours_not_by_classes() -> None:
    panel, hour = Panel.from_array(np.ones((48, 1)), "2024-01-01", "2h"), Calendar("hour")
    vocabularies = fit_vocabularies(panel, [hour], Part(np.array([0]), np.array([48])))
    facts = facts_of(panel, [hour], vocabularies, (), 0)
    later = moved._moved(facts, 0, np.array([5]), np.array([2]), 47)
    np.testing.assert_array_equal(later.hour, (facts.hour + 6) % 24)
    np.testing.assert_array_equal(later.classes[:, 0], (facts.classes[:, 0] + 3) % 12)


def moved_facts(panel: Panel, names: tuple[str, ...], to: tuple[int, ...]) -> tuple[Facts, Facts]:
    """The facts of all rows as one window, and as they are when the window is of other classes."""
    factors = tuple(Calendar(name) for name in names)
    everything = Part(np.array([0]), np.array([len(panel.values)]))
    facts = facts_of(panel, factors, fit_vocabularies(panel, factors, everything), (), 1)
    current = facts.classes[[-1]].astype(np.int64)
    move = moved.Move(np.array([facts.n_rows]), current, np.array([to]))
    return facts, moved.moved_by(facts, move, facts.n_rows - 1)


def test_half_an_hour_later_is_the_hour_of_the_clock() -> None:
    panel = Panel.from_array(np.ones((4 * 48, 1)), start="2024-01-01", step="30min")
    before, after = moved_facts(panel, ("half_hour",), (1,))  # the last row is at midnight
    assert before.classes[-1, 0] == 0
    np.testing.assert_array_equal(after.hour[:-1], before.hour[1:])


@pytest.mark.parametrize(("to", "turned"), [((6, -1), 0.5), ((-1, 2), 0.5), ((6, 2), 0.5)])
def test_a_month_and_its_season_turn_the_year_once(to: tuple[int, int], turned: float) -> None:
    to_january = Panel.from_array(np.ones((375, 1)), start="2023-01-01", step="1D")
    before, after = moved_facts(to_january, ("month", "season"), to)
    np.testing.assert_allclose((after.year - before.year) % 1.0, turned, atol=1e-6)
