"""Sums of products from step to step against the products multiplied out."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.model.linear import window_products as subject
from divecast.model.linear.window_products import series_of, window_products


def windows(seed: int, n: int, steps: int, breaks: int = 0) -> torch.Tensor:
    """Windows of one series far from zero, as copies, so that only values tell; some of them left out."""
    draw = torch.Generator().manual_seed(seed)
    series = torch.randn(n + steps - 1, generator=draw).cumsum(0) + 3.0
    gone = torch.randint(n, (breaks,), generator=draw)
    return series.unfold(0, steps, 1)[~torch.isin(torch.arange(n), gone)].contiguous()


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 90), st.integers(2, 12), st.data())
def test_they_are_the_products_however_windows_break(seed: int, n: int, steps: int, data: st.DataObject) -> None:
    first, breaks = data.draw(st.integers(1, steps - 1)), data.draw(st.integers(0, 5))
    given_windows = windows(seed, n, steps, breaks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "_LEAST_RUN", data.draw(st.sampled_from([1, 10, 1000])))
        found = window_products(given_windows, first)
    expected = given_windows[:, :first].double().T @ given_windows.double()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)


def test_runs_are_summed_far_more_exactly_than_float32_can() -> None:
    given_windows = windows(0, 5000, 50)
    exact = given_windows.double().T[:40] @ given_windows.double()
    torch.testing.assert_close(window_products(given_windows, 40), exact, rtol=1e-12, atol=0)
    view = torch.cat([given_windows[:, 0], given_windows[-1, 1:]]).unfold(0, 50, 1)
    torch.testing.assert_close(window_products(view, 40), exact, rtol=1e-12, atol=0)


def test_a_change_within_the_windows_only_is_seen() -> None:
    given_windows = windows(1, 600, 8)
    given_windows[300, 4] += 1.0  # first and second step still tell of one series
    exact = given_windows.double().T[:6] @ given_windows.double()
    torch.testing.assert_close(window_products(given_windows, 6), exact, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("n", [1, 2, 30])
def test_the_series_behind_windows(n: int) -> None:
    series = torch.randn(n + 6, 3, generator=torch.Generator().manual_seed(2))
    x, y = series.unfold(0, 7, 1).transpose(1, 2).contiguous().split([4, 3], dim=1)
    found = series_of(x, y)
    assert found is not None
    assert torch.equal(found, series)


@pytest.mark.parametrize("at", [(0, 0, 0), (9, 6, 2), (4, 3, 1), (5, 4, 0)])
@pytest.mark.parametrize("value", [9.0, float("nan")])
def test_no_series_behind_windows_that_differ_or_miss_a_value(at: tuple[int, int, int], value: float) -> None:
    series = torch.randn(16, 3, generator=torch.Generator().manual_seed(3))
    steps = series.unfold(0, 7, 1).transpose(1, 2).clone()
    steps[at] = value
    found = series_of(*steps.split([4, 3], dim=1))
    seen_once = at in {(0, 0, 0), (9, 6, 2)}  # the first and the last value of a series lie in one window only
    assert (found is not None) == (seen_once and value == 9.0)
