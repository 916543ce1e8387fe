"""What followed the earlier places of a window that its last rows look most alike."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.model.nearest_cycles import nearest_cycles
from divecast.model.network import Network
from worlds import SMALL, network, turning


@settings(max_examples=25)
@given(st.integers(4, 30), st.integers(0, 100))
def test_a_pure_cycle_is_forecast_exactly(period: int, seed: int) -> None:
    cycle = torch.randn(3, period, generator=torch.Generator().manual_seed(seed))
    rows = cycle.repeat(1, 8)
    time, horizon = 3 * period + 1, 2 * period + 3
    found, differences = nearest_cycles(rows[None, :, :time], (period // 2, period), horizon)
    assert torch.equal(found[0], rows[:, None, time : time + horizon].expand(-1, 2, -1))
    assert differences[0].tolist() == pytest.approx([0.0, 0.0], abs=1e-5)


def test_the_best_match_is_that_of_all_rows_compared_one_by_one() -> None:
    windows = torch.randn(5, 2, 50, generator=torch.Generator().manual_seed(0))
    found, differences = nearest_cycles(windows, (7,), 4)
    for window, ahead, difference in zip(windows, found[:, :, 0], differences, strict=True):
        misses = [(window[:, place : place + 7] - window[:, -7:]).square().mean() for place in range(50 - 13)]
        best = int(torch.stack(misses).argmin())
        assert difference == pytest.approx(float(misses[best]), rel=1e-4)
        assert torch.equal(ahead[:, 0], window[:, best + 7])


def test_the_channels_are_compared_together() -> None:
    """The first channel alone would match its first rows, both match the later ones."""
    window = torch.tensor([[1.0, 2.0, 9.0, 1.1, 2.1, 7.0, 1.0, 2.0], [5.0, 5.0, 5.0, 0.0, 0.0, 6.0, 0.0, 0.0]])[None]
    assert nearest_cycles(window[:, :1], (2,), 1)[0].item() == 9.0
    assert nearest_cycles(window, (2,), 1)[0][0, :, 0, 0].tolist() == [7.0, 6.0]


def recordings_network(cycles: bool = True) -> Network:
    decoder = replace(SMALL.decoder, cycles=cycles)
    return network(
        lookback=20, config=replace(SMALL, encoder=replace(SMALL.encoder, kind="recording"), decoder=decoder)
    )


def test_forecasts_start_as_those_of_the_linear_path_and_take_a_share_of_the_cycle() -> None:
    net, x = recordings_network(), turning(6).x.repeat(1, 3, 1)[:, :20].contiguous()
    forecaster, classes = net.forecaster, net(x, torch.full((6, 2), -1)).code.classes
    fused = torch.zeros(6, SMALL.decoder.token_width)
    linear = forecaster.linear_forecast(x, classes)
    assert torch.equal(forecaster(x, fused, classes).mean, linear)
    assert forecaster.cycles is not None
    with torch.no_grad():
        forecaster.cycles.leave.bias.unflatten(0, (3, -1))[1] = 1.0
    cycles = nearest_cycles(x.transpose(1, 2), (4,), 3)[0][:, :, 0].transpose(1, 2)
    assert torch.allclose(forecaster(x, fused, classes).mean, cycles, atol=1e-6)


def test_panels_and_forecasters_that_are_told_none_read_no_cycles() -> None:
    assert recordings_network(cycles=False).forecaster.cycles is None
    assert network(lookback=20).forecaster.cycles is None
