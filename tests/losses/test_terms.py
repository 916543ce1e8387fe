"""Each term alone: likelihood with holes, KL of normals, cross-entropy."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Laplace, Normal, StudentT

from divecast.losses.terms import cross_entropy, negative_log_likelihood, normal_kl
from divecast.model.likelihood import ScaledLikelihood
from laws import EXACT, expectation

FAMILIES = {
    "normal": lambda mean: Normal(mean, torch.full_like(mean, 0.7)),
    "laplace": lambda mean: Laplace(mean, torch.full_like(mean, 0.7)),
    "student_t": lambda mean: StudentT(3.0, mean, torch.full_like(mean, 0.7)),
}


def values(seed: int = 0) -> torch.Tensor:
    return torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("family", FAMILIES)
def test_likelihood_sums_the_log_densities_of_a_window(family: str) -> None:
    mean, target = values(0), values(1)
    found = negative_log_likelihood(FAMILIES[family](mean), target)
    by_hand = [
        -sum(float(FAMILIES[family](m).log_prob(t)) for m, t in zip(a.flatten(), b.flatten(), strict=True))
        for a, b in zip(mean, target, strict=True)
    ]
    torch.testing.assert_close(found, torch.tensor(by_hand, dtype=torch.float64))


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.sampled_from(sorted(FAMILIES)))
def test_missing_targets_count_for_nothing_in_value_and_gradient(seed: int, share: float, family: str) -> None:
    target = values(seed)
    holes = torch.rand(target.shape, generator=torch.Generator().manual_seed(seed)) < share
    target[holes] = torch.nan
    mean = values(seed + 1).requires_grad_()
    negative_log_likelihood(FAMILIES[family](mean), target).sum().backward()
    kept = mean.detach()[~holes].requires_grad_()
    expected = -FAMILIES[family](kept).log_prob(target[~holes]).sum()
    (gradient,) = torch.autograd.grad(expected, kept)
    torch.testing.assert_close(negative_log_likelihood(FAMILIES[family](mean), target).sum(), expected)
    assert torch.equal(mean.grad[~holes], gradient)
    assert (mean.grad[holes] == 0).all()


def test_a_window_without_targets_costs_nothing() -> None:
    target = values(0)
    target[2] = torch.nan
    assert negative_log_likelihood(FAMILIES["normal"](values(1)), target)[2] == 0


@pytest.mark.parametrize(("loc", "scale"), [(0.0, 1.0), (2.5, 0.1), (-1.0, 4.0)])
def test_normal_kl_is_the_integral(loc: float, scale: float) -> None:
    q = Normal(torch.tensor([[loc]], dtype=torch.float64), torch.tensor([[scale]], dtype=torch.float64))
    p = Normal(torch.tensor([[0.5]], dtype=torch.float64), torch.tensor([[1.5]], dtype=torch.float64))
    integral = expectation(q, lambda b: (q.log_prob(b) - p.log_prob(b))[:, 0])
    torch.testing.assert_close(normal_kl(q, p)[0], integral, atol=EXACT, rtol=0)


def test_normal_kl_of_independent_dimensions_adds_up() -> None:
    loc, scale = values(0)[0], values(1)[0].exp()
    p = Normal(torch.zeros(5, 3, dtype=torch.float64), torch.ones(5, 3, dtype=torch.float64))
    apart = [normal_kl(Normal(loc[:, [i]], scale[:, [i]]), Normal(p.loc[:, [i]], p.scale[:, [i]])) for i in range(3)]
    torch.testing.assert_close(normal_kl(Normal(loc, scale), p), torch.stack(apart).sum(0))


def test_cross_entropy_is_that_of_torch() -> None:
    logits, label = 30.0 * values(0)[0], torch.tensor([0, 1, 2, 2, 0])
    expected = torch.nn.functional.cross_entropy(logits, label, reduction="none")
    torch.testing.assert_close(cross_entropy(logits, label), expected)


def test_cross_entropy_is_finite_far_from_every_centre() -> None:
    joint = torch.tensor([[-1e30, -1e30], [-3e38, 0.0]])
    assert torch.isfinite(cross_entropy(joint, torch.tensor([0, 0]))).all()


def test_whole_windows_take_the_quick_way_to_the_same_number() -> None:
    draw = torch.Generator().manual_seed(0)
    mean, target = torch.randn(2, 5, 3, 2, generator=draw)
    p = ScaledLikelihood("student_t", (1, 2))(mean)
    torch.testing.assert_close(negative_log_likelihood(p, target), -p.log_prob(target).sum(dim=(1, 2)))
