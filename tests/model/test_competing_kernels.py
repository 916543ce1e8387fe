"""Features of kernels that compete: laws of what wins and how often."""

import pytest
import torch

from divecast.model.competing_kernels import CompetingKernels

WINDOWS = torch.randn(40, 30, 3, generator=torch.Generator().manual_seed(0)).cumsum(1)


def drawn(lookback: int = 30) -> CompetingKernels:
    torch.manual_seed(1)
    kernels = CompetingKernels(lookback, 3)
    kernels.draw()
    return kernels


def parts(kernels: CompetingKernels, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what was won and how often each kernel was the smallest, (window, view and dilation, group, kernel)."""
    found = kernels(x).square().unflatten(1, (-1, 2, 16, 8))
    return found[:, :, 0], found[:, :, 1]


def test_one_kernel_of_each_group_is_the_smallest_at_every_step() -> None:
    won, smallest = parts(drawn(), WINDOWS)
    total = smallest.sum(-1)
    assert (total < 1.0 + 1e-5).all()
    assert float(total.mean()) > 0.98  # but where nothing moves
    assert (won >= 0).all()
    assert won.shape[1] == 2 * len(drawn().dilations) == 4  # dilations 1 and 2 in 30 steps


def test_a_stronger_movement_wins_more_and_its_winners_are_the_same() -> None:
    (won, smallest), (more, same) = (parts(drawn(), gain * WINDOWS) for gain in (1.0, 4.0))
    torch.testing.assert_close(more, 4.0 * won, rtol=1e-3, atol=1e-4)
    assert float((same - smallest).abs().mean()) < 1e-4  # but for responses that only rounding tells from 0


def test_it_does_not_matter_where_in_a_window_something_happens() -> None:
    inside = torch.zeros(1, 30, 3)
    inside[0, 10:18] = torch.randn(8, 3, generator=torch.Generator().manual_seed(2))
    found, moved = (drawn()(x) for x in (inside, inside.roll(2, dims=1)))
    torch.testing.assert_close(found, moved, atol=1e-3, rtol=1e-3)


def test_where_nothing_moves_rounding_decides_nothing() -> None:
    still = torch.tensor([0.3, -1.7, 100.0]).expand(1, 30, 3)
    noise = 1e-6 * torch.randn(1, 30, 3, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(drawn()(still + noise), drawn()(still), atol=0.01, rtol=0.0)
    assert not drawn()(torch.zeros(1, 30, 3)).any()


def test_a_window_is_read_alike_alone_and_among_others() -> None:
    torch.testing.assert_close(drawn()(WINDOWS[7:8]), drawn()(WINDOWS)[7:8])


@pytest.mark.parametrize("lookback", [1, 2, 8])
def test_short_windows_and_missing_values_are_read(lookback: int) -> None:
    windows = WINDOWS[:, :lookback].clone()
    windows[0, 0, 1] = torch.nan
    assert torch.isfinite(drawn(lookback)(windows)).all()
