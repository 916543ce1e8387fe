"""Recalibration by errors of the validation part."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.fit.recalibrate import Errors, fit_recalibration


@settings(max_examples=30)
@given(level=st.floats(-1e6, 1e6, width=32), spread=st.sampled_from([0.0, 1e-6, 1.0]))
def test_levels_rise_wherever_a_channel_lies(level: float, spread: float) -> None:
    """A channel may not vary, or lie thousands of standard deviations off: its factor is a number there, too."""
    draw = torch.Generator().manual_seed(0)
    noise = torch.randn(80, 3, 2, generator=draw)
    mean = level + spread * torch.randn(80, 3, 2, generator=draw)
    found = fit_recalibration(Errors(noise, mean, torch.ones_like(mean), None), 1, 1.0)
    assert (found.knots.diff(dim=0) > 0).all()
    for away in (0.0, 10.0):
        _, factor = found(mean + away * mean.abs().clamp(min=1.0))
        assert factor.isfinite().all()
        assert (factor.abs() < 3.0).all()
