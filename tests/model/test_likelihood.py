"""Likelihoods around a mean."""

import pytest
import torch

from divecast.model.likelihood import ScaledLikelihood

KINDS = ["normal", "student_t", "laplace"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_is_the_mean_and_the_scale_is_learned(kind: str) -> None:
    likelihood, mean = ScaledLikelihood(kind, (3, 2)), torch.randn(5, 3, 2)
    p = likelihood(mean)
    assert torch.equal(p.mean, mean)
    assert torch.isfinite(p.variance).all()
    (-p.log_prob(mean + 3.0)).sum().backward()
    assert (likelihood.log_scale.grad < 0).all()  # a residual far out asks for a wider scale


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
    assert torch.isfinite(likelihood(torch.zeros(1, 1, 1)).variance).all()
