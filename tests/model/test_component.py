"""The densities of a class: shape, log-concavity, draws, and KL(q || f) against quadrature."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from divecast.model.component import Logistic, build_density
from laws import COMPONENTS, EXACT, expectation


def one(value: float) -> torch.Tensor:
    return torch.tensor([[value]], dtype=torch.float64)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_is_a_density_around_its_centre(component: str) -> None:
    line = torch.linspace(-79.0, 81.0, 160_001, dtype=torch.float64)
    density = build_density(component, one(1.0)[0], one(1.6)[0]).log_prob(line).exp()
    assert abs(torch.trapezoid(density, line) - 1) < EXACT
    torch.testing.assert_close(density, density.flip(0))
    assert line[density.argmax()] == pytest.approx(1.0)


@settings(max_examples=30)
@given(st.sampled_from(COMPONENTS), st.floats(-50, 50), st.floats(0.01, 100), st.floats(0.001, 5))
def test_a_component_is_log_concave(component: str, loc: float, scale: float, gap: float) -> None:
    line = loc + scale * torch.linspace(-60, 60, 101, dtype=torch.float64)
    f = build_density(component, one(loc)[0], one(scale)[0])
    middle, ends = f.log_prob(line), f.log_prob(line - gap) + f.log_prob(line + gap)
    assert (2.0 * middle - ends >= -1e-9 * (1.0 + middle.abs())).all()


def test_the_logistic_is_the_slope_of_its_distribution_function() -> None:
    value = torch.linspace(-30, 30, 61, dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(torch.sigmoid((value - 0.4) / 1.3).sum(), value)
    density = Logistic(one(0.4)[0], one(1.3)[0]).log_prob(value).exp()
    torch.testing.assert_close(density, slope, atol=1e-15, rtol=1e-6)


def test_logistic_draws_follow_their_distribution_with_gradients() -> None:
    loc, scale = torch.tensor(0.5).requires_grad_(), torch.tensor(2.0).requires_grad_()
    f = Logistic(loc.expand(40_000), scale.expand(40_000))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        draw = f.rsample()
        assert f.rsample((2,)).shape == (2, 40_000)
    heights = torch.sigmoid((draw.detach() - 0.5) / 2.0).sort().values
    apart = (heights - (torch.arange(40_000) + 0.5) / 40_000).abs().max()
    assert apart < 1.63 / math.sqrt(40_000)  # Kolmogorov-Smirnov at one per cent
    by_loc, by_scale = torch.autograd.grad(draw.sum(), (loc, scale))
    assert float(by_loc) == pytest.approx(40_000)
    torch.testing.assert_close(by_scale, ((draw.detach() - 0.5) / 2.0).sum(), rtol=1e-3, atol=0.1)


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("ratio", [0.01, 0.1, 0.6, 1.0, 3.0, 10.0, 100.0])
@pytest.mark.parametrize("offset", [0.0, 0.3, -4.0, 60.0])
def test_kl_to_a_component_is_the_integral(component: str, ratio: float, offset: float) -> None:
    """``ratio`` is the scale of q over that of f; ``offset`` the distance of their middles in scales of f."""
    q, f = Normal(one(1.0 + 0.7 * offset), one(0.7 * ratio)), build_density(component, one(1.0), one(0.7))
    integral = expectation(q, lambda b: (q.log_prob(b) - f.log_prob(b))[:, 0], 400_001)
    torch.testing.assert_close(kl_divergence(q, f)[0, 0], integral, atol=EXACT, rtol=0)


@pytest.mark.parametrize("component", COMPONENTS)
def test_gradients_of_the_kl_are_those_of_its_values(component: str) -> None:
    draw = torch.Generator().manual_seed(0)
    values = [torch.randn(4, 2, dtype=torch.float64, generator=draw).requires_grad_() for _ in range(4)]

    def kl(loc: torch.Tensor, log_scale: torch.Tensor, centre: torch.Tensor, log_width: torch.Tensor) -> torch.Tensor:
        q = Normal(loc, log_scale.exp())
        return kl_divergence(q, build_density(component, centre, log_width.exp()))

    assert torch.autograd.gradcheck(kl, values)


def test_kl_to_a_logistic_holds_in_single_precision() -> None:
    """Scales as far as q(b|x) goes, exp(-6) to exp(2), and any place."""
    draw = torch.Generator().manual_seed(0)
    loc, log_scale = 20.0 * torch.randn(500, 1, generator=draw), 8.0 * torch.rand(500, 1, generator=draw) - 6.0
    q, f = Normal(loc, log_scale.exp()), Logistic(torch.zeros(500, 1), torch.full((500, 1), 0.37))
    exact = kl_divergence(Normal(loc.double(), q.scale.double()), Logistic(f.loc.double(), f.scale.double()))
    torch.testing.assert_close(kl_divergence(q, f).double(), exact, rtol=1e-5, atol=1e-5)


def test_the_mixture_behind_the_logistic_is_exact_at_every_point() -> None:
    """For q all but a point, KL plus entropy is -log f there; an error bound at every point is one for every q."""
    line = torch.linspace(-60, 60, 12_001, dtype=torch.float64)[:, None]
    q, f = Normal(line, torch.full_like(line, 1e-9)), Logistic(one(0.3), one(1.7))
    torch.testing.assert_close(kl_divergence(q, f) + q.entropy(), -f.log_prob(line), atol=1e-9, rtol=0)
