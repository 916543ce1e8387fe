"""Features of fixed random convolutions: laws of their proportions."""

import pytest
import torch

from divecast.model.random_convolutions import RandomConvolutions

WINDOWS = torch.randn(40, 30, 3, generator=torch.Generator().manual_seed(0)).cumsum(1)


@pytest.fixture(scope="module")
def drawn() -> RandomConvolutions:
    torch.manual_seed(1)
    convolutions = RandomConvolutions(30, 3)
    convolutions.draw(WINDOWS)
    return convolutions


def test_kernels_are_all_that_raise_three_of_nine_and_sum_to_zero(drawn: RandomConvolutions) -> None:
    assert len(drawn.kernels.unique(dim=0)) == len(drawn.kernels) == 84
    assert not drawn.kernels.sum(1).any()
    assert drawn.channels.any(dim=2).all()


def test_proportions_are_between_0_and_1_and_those_of_training_windows_spread_evenly(drawn: RandomConvolutions) -> None:
    found = drawn(WINDOWS)
    assert found.shape == (40, drawn.n_features)
    assert 0.0 <= found.min() < 0.05 < 0.95 < found.max() <= 1.0
    assert float(found.mean()) == pytest.approx(0.5, abs=0.03)


def test_a_window_is_read_alike_alone_and_among_others(drawn: RandomConvolutions) -> None:
    torch.testing.assert_close(drawn(WINDOWS[7:8]), drawn(WINDOWS)[7:8])


def test_the_shape_is_read_alike_whatever_a_channels_gain_and_offset(drawn: RandomConvolutions) -> None:
    moved = WINDOWS * torch.tensor([3.0, 0.5, 20.0]) + torch.tensor([5.0, -2.0, 0.0])
    strength, shape = drawn(WINDOWS).chunk(2, dim=1)
    other_strength, other_shape = drawn(moved).chunk(2, dim=1)
    assert float((shape - other_shape).abs().mean()) < 1e-3  # rounding moves a response over a threshold
    assert float((strength - other_strength).abs().mean()) > 0.02


def test_missing_values_are_the_mean_and_a_silent_channel_says_nothing(drawn: RandomConvolutions) -> None:
    gaps = WINDOWS.clone()
    gaps[0, 5:9, 1] = torch.nan
    gaps[1, :, 2] = torch.nan
    assert torch.isfinite(drawn(gaps)).all()
    zero = WINDOWS.clone()
    zero[1, :, 2] = 0.0
    torch.testing.assert_close(drawn(gaps)[1:], drawn(zero)[1:])


@pytest.mark.parametrize("lookback", [1, 2, 8])
def test_a_window_shorter_than_the_kernels_is_read(lookback: int) -> None:
    convolutions = RandomConvolutions(lookback, 3)
    convolutions.draw(WINDOWS[:, :lookback])
    found = convolutions(WINDOWS[:, :lookback])
    assert torch.isfinite(found).all()
    assert found.std(0).max() > 0.1
