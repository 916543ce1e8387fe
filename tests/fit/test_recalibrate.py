"""Recalibration by errors of the validation part."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.fit.recalibrate import Errors, fit_recalibration, folds

N_MONTHS, N_SERIES = 12, 60


def errors_of_rows(of_row: torch.Tensor, horizon: int) -> Errors:
    """Errors of windows from every origin, which miss a row by the same amount: (row, channel)."""
    origins = torch.arange(len(of_row) - horizon + 1)
    rows = origins[:, None] + torch.arange(horizon)
    values = of_row[rows]
    return Errors(values, torch.zeros_like(values), torch.ones_like(values), rows % N_MONTHS, origins)


@settings(max_examples=30)
@given(level=st.floats(-1e6, 1e6, width=32), spread=st.sampled_from([0.0, 1e-6, 1.0]))
def test_levels_rise_wherever_a_channel_lies(level: float, spread: float) -> None:
    """A channel may not vary, or lie thousands of standard deviations off: its factor is a number there, too."""
    draw = torch.Generator().manual_seed(0)
    noise = torch.randn(80, 3, 2, generator=draw)
    mean = level + spread * torch.randn(80, 3, 2, generator=draw)
    found = fit_recalibration(Errors(noise, mean, torch.ones_like(mean), None, torch.arange(80)), 1, 1.0)
    assert (found.knots.diff(dim=0) > 0).all()
    for away in (0.0, 10.0):
        _, factor = found(mean + away * mean.abs().clamp(min=1.0))
        assert factor.isfinite().all()
        assert (factor.abs() < 3.0).all()


@given(n_windows=st.integers(1, 60), horizon=st.integers(1, 24), first=st.integers(0, 10**6), most=st.integers(1, 10))
def test_blocks_are_as_long_as_a_horizon_and_share_no_row(n_windows: int, horizon: int, first: int, most: int) -> None:
    origins = first + torch.arange(n_windows)
    values = torch.zeros(n_windows, horizon, 1)
    block, n_blocks = Errors(values, values, values + 1.0, None, origins).blocks(most)
    rows = origins[:, None] + torch.arange(horizon)
    of_row = {int(row): int(number) for row, number in zip(rows.flatten(), block.flatten(), strict=True)}
    assert all(of_row[int(row)] == int(number) for row, number in zip(rows.flatten(), block.flatten(), strict=True))
    assert sorted(set(of_row.values())) == list(range(n_blocks))
    sizes = [list(of_row.values()).count(number) for number in range(n_blocks)]
    assert n_blocks <= most
    assert min(sizes) >= min(horizon, len(of_row))
    assert folds(Errors(values, values, values + 1.0, None, origins)).max() <= 1


def test_what_a_month_missed_once_is_no_bias_of_its_name() -> None:
    """Each window of two years sees the same errors of the same rows: they agree, and say nothing of the next year."""
    draw = torch.Generator().manual_seed(0)
    chance = torch.randn(26, N_SERIES, generator=draw)
    found = fit_recalibration(errors_of_rows(chance, N_MONTHS), N_MONTHS, 1.0)
    assert found.shift.square().mean() < 0.1
    assert found.by_level.abs().max() < 0.3  # nor do channels differ in spread


def test_what_a_month_misses_in_every_year_is_a_bias() -> None:
    draw = torch.Generator().manual_seed(0)
    bias = torch.randn(N_MONTHS, N_SERIES, generator=draw)
    rows = torch.arange(5 * N_MONTHS)
    errors = errors_of_rows(bias[rows % N_MONTHS] + 0.1 * torch.randn(len(rows), N_SERIES, generator=draw), N_MONTHS)
    found = fit_recalibration(errors, N_MONTHS, 1.0)
    assert (found.shift - bias).square().mean().sqrt() < 0.1
