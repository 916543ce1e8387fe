"""Both encoders take any window: with holes, of any length, of one channel or many."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from divecast.config import EncoderConfig
from divecast.model.encoder import ConditionalEncoder, MarginalEncoder, standard_normal
from divecast.model.panel_features import PanelFeatures

KINDS = ["panel", "recording"]


def config(kind: str) -> EncoderConfig:
    return EncoderConfig(kind, n_mixtures=4, time_features=8, width=16)


def windows(batch: int, time: int, channels: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, time, channels, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lookback", [2, 3, 11, 12, 13, 24, 100, 333, 1200])
def test_windows_of_any_length(kind: str, lookback: int) -> None:
    q = MarginalEncoder(lookback, 3, 5, config(kind)).eval()(windows(2, lookback, 3))
    assert q.loc.shape == q.scale.shape == (2, 5)
    assert torch.isfinite(q.loc).all()
    assert not torch.allclose(q.loc[0], q.loc[1])


@settings(max_examples=20)
@given(st.sampled_from(KINDS), st.integers(0, 1000), st.floats(0, 1), st.integers(1, 5))
def test_holes_give_finite_codes_and_finite_gradients(kind: str, seed: int, share: float, channels: int) -> None:
    x = windows(4, 16, channels, seed)
    x[torch.rand(x.shape, generator=torch.Generator().manual_seed(seed)) < share] = torch.nan
    x[0] = torch.nan
    x[1, :, 0] = 1.0  # a flat channel
    encoder = ConditionalEncoder(16, channels, 2, 3, config(kind))
    q = encoder(x, torch.zeros(4, 2))
    assert torch.isfinite(q.loc).all()
    assert (q.scale > 0).all()
    (q.loc.sum() + q.scale.sum()).backward()
    assert all(torch.isfinite(p.grad).all() for p in encoder.parameters() if p.grad is not None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_is_read_alone(kind: str) -> None:
    """The code of a window does not depend on its companions, nor on whether one of them has holes."""
    x = windows(5, 16, 3)
    encoder = MarginalEncoder(16, 3, 2, config(kind)).eval()
    alone = encoder(x[:1]).loc
    torch.testing.assert_close(encoder(x).loc[:1], alone, atol=1e-5, rtol=1e-5)
    x[4, 3:7, 1] = torch.nan
    torch.testing.assert_close(encoder(x).loc[:1], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_holes_are_seen(kind: str) -> None:
    """In a channel at its mean throughout nothing but the flag of a hole tells it from what it is filled with."""
    x = windows(2, 16, 3)
    x[:, :, 1] = 0.0
    holes = x.clone()
    holes[:, 4:9, 1] = torch.nan
    encoder = MarginalEncoder(16, 3, 2, config(kind)).eval()
    assert not torch.allclose(encoder(holes).loc, encoder(x).loc, atol=1e-4)


def test_reordered_channels_with_reordered_weights_give_the_same_features() -> None:
    features, order = PanelFeatures(16, 3, config("panel"), levels=False).eval(), torch.tensor([2, 0, 1])
    x = windows(4, 16, 3)
    x[0, 2, 1] = torch.nan
    expected = features(x)
    with torch.no_grad():
        features.mixing.copy_(features.mixing[order])
    torch.testing.assert_close(features(x[:, :, order]), expected, atol=1e-5, rtol=1e-5)


def test_labels_are_read_from_the_shape_of_a_panel_window_not_its_level() -> None:
    x = windows(4, 16, 3)
    encoder = MarginalEncoder(16, 3, 2, config("panel")).eval()
    torch.testing.assert_close(encoder(x + 100.0).loc, encoder(x).loc, atol=1e-3, rtol=1e-3)


def test_a_tells_the_level_of_a_panel_window() -> None:
    x, nothing = windows(4, 16, 3), torch.empty(4, 0)
    encoder = ConditionalEncoder(16, 3, 0, 5, config("panel")).eval()
    assert not torch.allclose(encoder(x + 100.0, nothing).loc, encoder(x, nothing).loc, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_q_of_a_depends_on_b(kind: str) -> None:
    x, b = windows(4, 16, 3), windows(4, 1, 2)[:, 0].requires_grad_()
    q = ConditionalEncoder(16, 3, 2, 3, config(kind)).eval()(x, b)
    gradient = torch.autograd.grad(q.loc.square().sum(), b)[0]
    assert (gradient != 0).any(dim=1).all()


def test_channel_dropout_hides_channels_in_training_only() -> None:
    features = PanelFeatures(16, 40, EncoderConfig("panel", 4, 8, 16, 0.0, 0.5), levels=False)
    x = windows(1, 16, 40)
    assert torch.equal(features.eval()(x), features(x))
    features.train()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert not torch.allclose(features(x), features(x))


def test_the_prior_of_a_is_standard_normal() -> None:
    encoder: nn.Module = ConditionalEncoder(16, 3, 0, 4, config("panel"))
    p = standard_normal(encoder(windows(2, 16, 3), torch.empty(2, 0)))
    assert torch.equal(p.loc, torch.zeros(2, 4))
    assert torch.equal(p.scale, torch.ones(2, 4))
