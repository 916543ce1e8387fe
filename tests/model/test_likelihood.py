"""Likelihoods around a mean, against torch's own densities and scipy's distribution functions."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.distributions import Distribution, Laplace, Normal, StudentT

from divecast.model.likelihood import ScaledLikelihood

KINDS = ["normal", "student_t", "laplace"]


def by_torch(kind: str, p: Distribution) -> Distribution:
    if kind == "student_t":
        return StudentT(p.df, p.loc, p.scale)
    return {"normal": Normal, "laplace": Laplace}[kind](p.loc, p.scale)


def stirred(kind: str) -> tuple[ScaledLikelihood, torch.Tensor, torch.Tensor]:
    """A likelihood in float64 with a scale of its own for each step and channel, a mean and a target."""
    draw = torch.Generator().manual_seed(0)
    likelihood = ScaledLikelihood(kind, (3, 2)).double()
    with torch.no_grad():
        likelihood.log_scale += torch.randn(3, 2, generator=draw)
    mean, target = torch.randn(2, 5, 3, 2, generator=draw, dtype=torch.float64)
    return likelihood, mean.requires_grad_(), 3.0 * target


@pytest.mark.parametrize("kind", KINDS)
def test_density_and_its_gradients_are_those_of_torch(kind: str) -> None:
    likelihood, mean, target = stirred(kind)
    wrt = [mean, *likelihood.parameters()]
    p = likelihood(mean)
    found, expected = p.log_prob(target), by_torch(kind, likelihood(mean)).log_prob(target)
    torch.testing.assert_close(found, expected)
    pairs = zip(torch.autograd.grad(found.sum(), wrt), torch.autograd.grad(expected.sum(), wrt), strict=True)
    for gradient, wanted in pairs:
        torch.testing.assert_close(gradient, wanted)
    assert torch.equal(p.mean, mean)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(2,), (1, 2), (3, 2)])
def test_the_likelihood_of_windows_sums_up_their_densities(kind: str, shape: tuple[int, ...]) -> None:
    draw = torch.Generator().manual_seed(0)
    likelihood = ScaledLikelihood(kind, shape).double()
    likelihood.start_scale(0.1 + torch.rand(shape, generator=draw, dtype=torch.float64))
    mean, target = torch.randn(2, 5, 3, 2, generator=draw, dtype=torch.float64)
    p = likelihood(mean, torch.randn(5, 1 if shape != (3, 2) else 3, 2, generator=draw, dtype=torch.float64))
    torch.testing.assert_close(p.log_likelihood(target), p.log_prob(target).sum(dim=(1, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_draws_follow_the_density(kind: str) -> None:
    likelihood = ScaledLikelihood(kind, (1, 1))
    likelihood.start_scale(torch.full((1, 1), 0.4))
    p, n = likelihood(torch.full((1, 1, 1), 2.0)), 20_000
    with torch.random.fork_rng():
        torch.manual_seed(0)
        draws = p.sample((n,))
    assert draws.shape == (n, 1, 1, 1)
    assert not draws.requires_grad
    df = 5.0 if p.df is None else float(p.df.detach())
    family = {"normal": stats.norm(2.0, 0.4), "laplace": stats.laplace(2.0, 0.4), "student_t": stats.t(df, 2.0, 0.4)}
    # 1.63 / sqrt(n) is the Kolmogorov distance that one true sample in a hundred exceeds
    assert stats.kstest(np.asarray(draws).ravel(), family[kind].cdf).statistic < 1.63 / np.sqrt(n)


@pytest.mark.parametrize("kind", KINDS)
def test_it_starts_from_a_given_scale(kind: str) -> None:
    likelihood, scale = ScaledLikelihood(kind, (3, 2)), torch.rand(3, 2) + 0.1
    likelihood.start_scale(scale)
    torch.testing.assert_close(likelihood(torch.zeros(1, 3, 2)).scale[0], scale)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scale_cannot_vanish(kind: str) -> None:
    likelihood = ScaledLikelihood(kind, (1, 1))
    likelihood.start_scale(torch.zeros(1, 1))
    with torch.no_grad():
        likelihood.log_scale.fill_(-1e4)
    p = likelihood(torch.zeros(2, 4, 1))
    assert (p.scale > 0).all()
    assert torch.isfinite(p.log_prob(torch.zeros(2, 4, 1))).all()


def test_student_t_keeps_a_variance_whatever_its_parameter() -> None:
    likelihood = ScaledLikelihood("student_t", (1, 1))
    with torch.no_grad():
        likelihood.raw_df.fill_(-50.0)
    assert likelihood(torch.zeros(1, 1, 1)).df > 2
