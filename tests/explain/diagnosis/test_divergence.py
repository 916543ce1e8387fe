"""KL of hand-made posteriors against closed forms and integrals."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from divecast.explain.diagnosis.divergence import block_kl, class_kl, dimension_kl, standard_kl
from divecast.model.prior import RBFMixture
from laws import COMPONENTS, double_mixture

NUMBERS = st.floats(-3.0, 3.0), st.floats(0.05, 2.0)


def single(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float64)


@given(mean=NUMBERS[0], sd=NUMBERS[1])
def test_kl_from_the_standard_normal_is_the_closed_form(mean: float, sd: float) -> None:
    q = Normal(torch.tensor(mean, dtype=torch.float64), torch.tensor(sd, dtype=torch.float64))
    expected = float(kl_divergence(q, Normal(torch.zeros(1).double(), torch.ones(1).double())))
    assert standard_kl(single(mean), single(sd))[0, 0] == pytest.approx(expected, abs=1e-9)


@given(mean=NUMBERS[0], sd=NUMBERS[1])
@settings(max_examples=30)
def test_kl_from_one_normal_component_is_the_closed_form(mean: float, sd: float) -> None:
    """A mixture whose classes share centre and width is that one normal."""
    mixture = merged()
    component = mixture.component(torch.zeros(1, dtype=torch.int64))
    q = Normal(torch.full((1, 2), mean).double(), torch.full((1, 2), sd).double())
    expected = kl_divergence(q, component).numpy()
    found = dimension_kl(single(mean, mean), single(sd, sd), mixture)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    many = np.full((500, 2), mean), np.full((500, 2), sd)
    assert block_kl(*many, mixture).mean() == pytest.approx(float(expected.sum()), rel=0.1, abs=0.1)


def merged() -> RBFMixture:
    mixture = double_mixture("plain", (0.2, 0.3, 0.5))
    with torch.no_grad():
        mixture.centres.points.copy_(mixture.centres.points[:1].expand(3, -1))
        mixture.log_width.fill_(float(mixture.log_width[0]))
    return mixture


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("sd", [0.05, 0.5, 2.0])
def test_kl_from_a_mixture_is_its_integral(component: str, sd: float) -> None:
    mixture = double_mixture("ordered", (0.1, 0.3, 0.6), component=component)
    line = torch.linspace(-10.0, 10.0, 40_001, dtype=torch.float64)
    for mean in (-1.0, 0.3):
        q = Normal(torch.tensor(mean).double(), torch.tensor(sd).double())
        b = q.loc + q.scale * line
        terms = q.log_prob(b) - mixture.log_joint(b[:, None]).logsumexp(1)
        expected = float(torch.trapezoid(q.log_prob(b).exp() * terms, b))
        assert dimension_kl(single(mean), single(sd), mixture)[0, 0] == pytest.approx(expected, rel=1e-2, abs=1e-3)
        assert block_kl(single(mean), single(sd), mixture)[0] == pytest.approx(expected, rel=1e-2, abs=1e-3)


def test_kl_of_a_block_is_unbiased_over_windows() -> None:
    mixture = double_mixture("cyclic", (0.25, 0.25, 0.25, 0.25))
    n, dims = 4000, mixture.dims
    centres = mixture.centres()
    mean, sd = np.repeat(centres[:1].numpy(), n, 0), np.full((n, dims), 0.1)
    q = Normal(centres[:1].expand(1, dims), torch.full((1, dims), 0.1).double())
    draws = q.sample((200_000,))[:, 0]
    expected = float((q.log_prob(draws).sum(1) - mixture.log_joint(draws).logsumexp(1)).mean())
    assert block_kl(mean, sd, mixture).mean() == pytest.approx(expected, abs=0.02)


def test_draws_leave_the_random_state_alone() -> None:
    mixture = double_mixture("cyclic", (0.25, 0.25, 0.25, 0.25))
    mean, sd = np.zeros((5, mixture.dims)), np.ones((5, mixture.dims))
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert (block_kl(mean, sd, mixture) == block_kl(mean, sd, mixture)).all()
    assert torch.equal(torch.get_rng_state(), before)


def test_kl_of_classes() -> None:
    pi = np.array([0.25, 0.75])
    shares = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])
    expected = [0.0, np.log(4.0), 0.5 * np.log(2.0) + 0.5 * np.log(2 / 3)]
    np.testing.assert_allclose(class_kl(shares, pi), expected, atol=1e-12)
