"""Effects cut into windows."""

from dataclasses import replace

import numpy as np
import torch

from divecast.effects import facts_of, gaps, untold
from divecast.types import WindowEffects
from effects.told import SHAPE, by_series, fit, panel_of, with_class, year

ORIGINS = np.array([48, 100, 101, 102, 3000, 52 * 168])


def assert_close(one: WindowEffects, other: WindowEffects) -> None:
    for name in ("past", "ahead", "told_past", "told_ahead", "doubt"):
        found, expected = getattr(one, name), getattr(other, name)
        assert (found is None) == (expected is None)
        if found is not None:
            torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


def test_windows_cut_from_the_whole_are_those_computed_one_batch_after_the_other() -> None:
    for world, origins in ((year(), ORIGINS), (by_series(), ORIGINS[:5])):
        assert_close(world.cut(keep=True).of(origins), world.cut().of(origins))
        some = np.array([1])
        assert_close(world.cut(keep=True).of(origins, some), world.cut().of(origins, some))


def test_the_future_of_a_window_is_the_past_of_later_ones() -> None:
    windows = year().cut().of(np.arange(200, 200 + SHAPE.horizon + 1))
    for step in range(SHAPE.horizon):
        torch.testing.assert_close(windows.ahead[0, step], windows.past[1 + step, -1], atol=1e-6, rtol=0)
    torch.testing.assert_close(windows.past[1:, :-1], windows.past[:-1, 1:], atol=1e-6, rtol=0)


def test_windows_have_the_effects_of_their_rows() -> None:
    world, origins = year(), ORIGINS[1:5]
    found = world.cut().of(origins)
    rows = origins[:, None] + np.arange(-SHAPE.lookback, SHAPE.horizon)
    effects, told = (
        of(world.facts, rows.ravel()).reshape(*rows.shape, 2) for of in (world.effects.of, world.effects.told)
    )
    np.testing.assert_allclose(torch.cat([found.past, found.ahead], dim=1), effects, atol=2e-5)
    level = told[:, : SHAPE.lookback].mean(1, keepdims=True)
    np.testing.assert_allclose(found.told, told[:, SHAPE.lookback :] - level, atol=2e-5)
    doubt = world.effects.doubt(world.facts, rows.ravel()).reshape(effects.shape)
    np.testing.assert_allclose(found.doubt, doubt[:, SHAPE.lookback :], atol=1e-5)


def test_a_holiday_after_the_horizon_is_known() -> None:
    """The calendar leaves no doubt after the end of the data, and the eve of a holiday is known as such there."""
    panel = panel_of()
    world, eve = fit(panel, ("hour", "holiday:US"), ()), 24 * 358
    cut_off = facts_of(panel.rows(0, eve), world.factors, world.vocabularies, (), SHAPE.horizon)
    assert_close(replace(world.cut(), facts=cut_off).of(np.array([eve])), world.cut().of(np.array([eve])))


def test_what_the_future_does_not_tell_is_named_with_its_steps() -> None:
    world = year()
    n = len(world.panel.values)
    assert untold(world.cut(), np.array([n - SHAPE.horizon])) == {}
    assert untold(world.cut(), np.array([n - SHAPE.horizon + 2])) == {
        "promotion": ([23, 24], ()),
        "temperature": ([23, 24], ()),
    }
    known = replace(world.facts, classes=np.where(world.facts.classes < 0, 0, world.facts.classes).astype(np.int16))
    told = replace(world.cut(), facts=known)
    assert untold(told, np.array([n])) == {"temperature": (list(range(1, 25)), ())}


def test_gaps_in_the_windows_are_counted() -> None:
    """Of a covariate each row, of a label only if none is known; rows in which no series has a value do not count."""
    world, numbers = year(), year().facts.numbers[0].copy()
    numbers[200:210] = np.nan
    rows, values = replace(world.cut(), facts=replace(world.facts, numbers=(numbers,))), world.panel.values.copy()
    n = SHAPE.lookback
    assert gaps(rows, np.array([200]), values) == {}
    assert gaps(rows, np.array([205, 210]), values) == {"temperature": (10, n + 5, ())}
    values[204:] = np.nan
    assert gaps(rows, np.array([210]), values) == {"temperature": (4, n - 6, ())}
    promotion = with_class(world.facts, 2, -1, slice(200 - n, 205))
    unlabelled = replace(world.cut(), facts=promotion)
    assert [*gaps(unlabelled, np.array([200]), values)] == ["promotion"]
    assert gaps(unlabelled, np.array([206]), world.panel.values) == {}


def test_gaps_are_those_of_each_series() -> None:
    """A series without any label is named whatever the others have; labels that series have by turns are no gap."""
    world, n = by_series(), SHAPE.lookback
    window, values = np.arange(200 - n, 200), world.panel.values.copy()
    values[window[0], 1] = np.nan

    def found(*cells: tuple[slice, int]) -> dict[str, tuple[int, int, tuple[int, ...]]]:
        labels = world.facts.of_series[1].copy()
        for rows, series in cells:
            labels[window[rows], series] = -1
        facts = replace(world.facts, of_series=(None, labels))
        return gaps(replace(world.cut(), facts=facts), np.array([200]), values)

    assert found((slice(None), 1)) == {"promotion": (n - 1, n - 1, (1,))}
    assert found((slice(None), 0), (slice(None), 1)) == {"promotion": (2 * n - 1, 2 * n - 1, ())}
    assert found((slice(0, None, 2), 0), (slice(1, None, 2), 1)) == {}
