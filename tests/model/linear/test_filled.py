"""Filled windows against hand-worked ones, a plain loop, and what must not change."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from divecast.model.linear.filled import fill_short, fill_window, forward_fill

NAN = float("nan")


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)[None, :, None]


@pytest.mark.parametrize(
    ("first", "levels"),
    [(0, [1.0, 1.0, 1.0, 1.0]), (4, [0.4, 0.8, 1.2, 1.6]), (8, [1.4, 1.8, 2.2, 2.6]), (12, [2.0, 2.0, 2.0, 2.0])],
)
def test_a_missing_day_looks_like_the_others_between_the_levels_beside_it(first: int, levels: list[float]) -> None:
    day = torch.tensor([0.0, 3.0, 1.0, -4.0])
    x = torch.cat([day + level for level in range(4)])[None, :, None]
    x[:, first : first + 4] = NAN
    torch.testing.assert_close(fill_window(x, 4)[0, first : first + 4, 0], day + torch.tensor(levels))


def test_a_season_that_repeats_is_filled_exactly() -> None:
    whole = torch.tensor([0.0, 3.0, 1.0, -4.0]).repeat(5)[None, :, None]
    x = whole.clone()
    x[:, [0, 5, 6, 7, 13, 18, 19]] = NAN
    torch.testing.assert_close(fill_window(x, 4), whole)


def test_without_a_season_it_is_a_straight_line_between_neighbours() -> None:
    found = fill_window(column(NAN, 1, NAN, NAN, 4, NAN), 1)
    torch.testing.assert_close(found, column(1, 1, 2, 3, 4, 4))


def test_a_place_in_the_season_that_is_never_seen_takes_the_mean() -> None:
    found = fill_window(column(1, NAN, 1, NAN, 1, NAN), 2)
    torch.testing.assert_close(found, column(1, 1, 1, 1, 1, 1))
    assert (fill_window(column(NAN, NAN, NAN), 2) == 0).all()


def test_season_0_takes_the_last_value() -> None:
    x = column(NAN, 2, NAN, NAN, 5, NAN)
    assert torch.equal(fill_window(x, 0), forward_fill(x))


def test_a_whole_window_is_given_back_itself() -> None:
    x = torch.randn(2, 5, 3)
    assert fill_window(x, 2) is x


def by_loop(values: list[float], season: int) -> list[float]:
    """One channel of one window, step by step."""
    known = [at for at, value in enumerate(values) if value == value]
    if not known:
        return [0.0] * len(values)
    mean = sum(values[at] for at in known) / len(known)

    def usual(at: int) -> float:
        same = [values[other] for other in known if (other - at) % season == 0]
        return sum(same) / len(same) if same else mean

    filled = list(values)
    for at in sorted(set(range(len(values))) - set(known)):
        before = max((other for other in known if other < at), default=None)
        after = min((other for other in known if other > at), default=before)
        before = after if before is None else before
        share = 0.0 if before == after else (at - before) / (after - before)
        ends = [values[end] - usual(end) for end in (before, after)]
        filled[at] = usual(at) + ends[0] + share * (ends[1] - ends[0])
    return filled


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 14), st.integers(1, 14), st.floats(0, 1))
def test_it_agrees_with_a_loop_and_keeps_what_is_known(seed: int, time: int, season: int, share: float) -> None:
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(3, time, 2, generator=draw)
    x[torch.rand(x.shape, generator=draw) < share] = NAN
    before, found = x.clone(), fill_window(x, min(season, time))
    assert torch.equal(x.isnan(), before.isnan())
    assert torch.equal(found[~x.isnan()], x[~x.isnan()])
    for window, channel in ((0, 0), (2, 1)):
        expected = by_loop(x[window, :, channel].tolist(), min(season, time))
        torch.testing.assert_close(found[window, :, channel], torch.tensor(expected), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("most", "expected"), [(1, [NAN, 1, 2, 3, NAN, NAN, 0, NAN]), (2, [NAN, 1, 2, 3, 2, 1, 0, NAN])]
)
def test_short_holes_are_filled_and_no_others(most: int, expected: list[float]) -> None:
    found = fill_short(column(NAN, 1, NAN, 3, NAN, NAN, 0, NAN), most)
    torch.testing.assert_close(found, column(*expected), equal_nan=True)
