"""Effects of windows at rows of wanted classes."""

from functools import cache

import numpy as np
import torch

from divecast.data import Label
from divecast.effects import Wanted, typical_effects
from divecast.types import WindowEffects
from effects.told import PROMOTION, SHAPE, Fit, fit, panel_of, with_class, year


@cache
def world() -> Fit:
    """A fit of the hour, the weekday, the weekend and a promotion."""
    return fit(panel_of(weeks=20), ("hour", "weekday", "weekend", Label("promotion")), ())


def drawn(of: Fit, labels: list[int], asked: list[bool], n: int = 20, seed: int = 0) -> WindowEffects:
    wanted = Wanted(np.tile(np.array(labels), (n, 1)), np.array(asked))
    return typical_effects(of.effects, of.facts, SHAPE, wanted, np.random.default_rng(seed))


def test_windows_of_one_hour_and_day_have_the_effects_of_such_rows() -> None:
    off, friday = 0, 4
    found = drawn(world(), [6, friday, 0, off], [True, True, True, True])
    row = 24 * (7 * 5 + friday) + 6  # a Friday, in a world that does not know the season
    steps = row + 1 + np.arange(-SHAPE.lookback, SHAPE.horizon)
    expected = world().effects.of(with_class(world().facts, 3, off), steps)
    for window in torch.cat([found.past, found.ahead], dim=1):
        np.testing.assert_allclose(window, expected, atol=2e-5)


def test_a_label_holds_in_all_rows_of_window_and_future() -> None:
    off, on = (drawn(world(), [6, 4, 0, label], [False] * 4) for label in (0, 1))
    for one, other in ((off.past, on.past), (off.ahead, on.ahead)):
        change = world().in_units((other - one).numpy())
        np.testing.assert_allclose(change.mean((0, 1)), PROMOTION, rtol=0.1)
    # it holds in the whole window too, so the future differs from the window's level no more than before
    np.testing.assert_allclose((on.told - off.told).mean((0, 1)), 0.0, atol=0.05)


def test_what_was_asked_for_comes_before_what_was_drawn() -> None:
    """No Monday is a weekend: the one that was asked for wins."""
    for at, ends in ((1, [0]), (2, [5, 6])):
        found = drawn(world(), [12, 0, 1, 0], [False, at == 1, at == 2, False]).past[:, -1].numpy()
        rows = np.array([24 * (70 + day) + 12 for day in ends])
        expected = world().effects.of(with_class(world().facts, 3, 0), rows)
        distance = np.abs(found[:, None] - expected).max(2).min(1)
        np.testing.assert_allclose(distance, 0.0, atol=2e-5)


def test_draws_repeat_by_seed() -> None:
    labels, asked = [6, 0, 0, 0], [True, False, False, False]
    one, two = (drawn(year(), labels, asked, seed=3) for _ in range(2))
    assert torch.equal(one.past, two.past)
    assert torch.equal(one.ahead, two.ahead)


def test_covariates_are_unknown_and_leave_doubt() -> None:
    found = drawn(year(), [6, 0, 0, 0], [False] * 4)
    assert (found.doubt > 0.0).all()
    assert found.doubt.shape == found.ahead.shape == (20, SHAPE.horizon, 2)
