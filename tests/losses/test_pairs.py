"""Naive Bayes over factors, what it loses where labels go together, and the joint prior over a pair."""

from itertools import product

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.losses.batch_terms import marginal_terms
from divecast.losses.terms import component_kl, mixture_kl
from divecast.model.pairing import Coupling
from divecast.model.prior import MarginalPrior, RBFMixture
from laws import COMPONENTS, EXACT, double_mixture, expectation, plane, prior_of

TOGETHER = ((0.4, 0.05, 0.05), (0.02, 0.18, 0.3))  # pi_kl
ROWS, COLUMNS = (0.5, 0.5), (0.42, 0.23, 0.35)
APART = tuple(tuple(row * column for column in COLUMNS) for row in ROWS)
CASES = list(product((-1, 0, 1), (-1, 0, 2)))  # labels of the first and the second factor
Q = Normal(torch.tensor([[0.3, -0.4]]).double(), torch.tensor([[0.5, 0.8]]).double())
SMOOTH = ("normal", "logistic")  # in the plane the rule is too coarse for the kinks of Laplace densities


def pair(component: str = "normal", frequencies: tuple[tuple[float, ...], ...] = TOGETHER) -> MarginalPrior:
    first = double_mixture("ordered", ROWS, component=component, seed=1)
    second = double_mixture("ordered", COLUMNS, component=component, seed=2)
    return prior_of(first, second, couplings=(Coupling(0, 1, frequencies),))


def every_class(mixture: RBFMixture, block: Tensor) -> Tensor:
    """f_k(b), (point, class), of a block of one dimension."""
    return mixture.component(torch.arange(mixture.n_classes)).log_prob(block[:, None, :]).exp()[..., 0]


def joint(prior: MarginalPrior, b: Tensor, frequencies: tuple[tuple[float, ...], ...] = TOGETHER) -> Tensor:
    """pi_kl f_ik(b_i) f_jl(b_j), (point, class, class), written out."""
    first, second = (every_class(m, block) for m, block in zip(prior.mixtures(), prior.blocks(b), strict=True))
    return torch.tensor(frequencies, dtype=torch.float64) * first[:, :, None] * second[:, None, :]


def terms(prior: MarginalPrior, b: Tensor, labels: tuple[int, int]) -> tuple[Tensor, Tensor]:
    spread = Normal(Q.loc.expand(len(b), -1), Q.scale.expand(len(b), -1))
    return marginal_terms(prior, spread, b, torch.tensor([labels]).expand(len(b), -1))


def part(index: int) -> Normal:
    return Normal(Q.loc[:, [index]], Q.scale[:, [index]])


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found.squeeze(), expected.squeeze(), atol=EXACT, rtol=0)


@pytest.mark.parametrize("component", SMOOTH)
def test_kl_of_a_product_to_a_product_is_the_sum(component: str) -> None:
    """Naive Bayes: KL(q(b|x) || p(b)) = sum_i KL(q_i || p_i), the left side in the plane, the right on two lines."""
    prior = prior_of(*pair(component).mixtures())
    b, weight = plane(Q, 101)
    log_p = torch.log(joint(prior, b, APART).sum((1, 2)))
    whole = (weight * (Q.log_prob(b).sum(1) - log_p)).sum()
    apart = [
        expectation(part(i), lambda b, i=i, m=mixture: mixture_kl(part(i), b, m.log_joint(b)))
        for i, mixture in enumerate(prior.mixtures())
    ]
    close(sum(apart), whole)
    for labels in CASES:
        kl, _ = terms(prior, b, labels)
        close((weight * kl.sum(1)).sum(), whole)


@pytest.mark.parametrize("width", [0.0, -1.0, -3.0])
def test_naive_bayes_loses_at_most_the_information_the_labels_share(width: float) -> None:
    """E_p log p(b_i,b_j) / (p_i p_j) is above zero where labels go together, and I(c_i; c_j) for classes far apart."""
    prior, table = pair(), torch.tensor(TOGETHER, dtype=torch.float64)
    for mixture in prior.mixtures():
        mixture.log_width.fill_(width)
    line = torch.linspace(-6.0, 6.0, 301, dtype=torch.float64)
    b = torch.cartesian_prod(line, line)
    together, apart = joint(prior, b).sum((1, 2)), joint(prior, b, APART).sum((1, 2))
    seen = together > 1e-300
    lost = 0.04**2 * (together[seen] * (together[seen] / apart[seen]).log()).sum()
    shared = (table * (table / torch.tensor(APART, dtype=torch.float64)).log()).sum()
    assert 0.01 < lost < shared + EXACT
    if width == -3.0:
        close(lost, shared)


@pytest.mark.parametrize("component", SMOOTH)
@pytest.mark.parametrize("labels", CASES)
def test_the_columns_of_a_pair_add_up_to_its_kl(labels: tuple[int, int], component: str) -> None:
    """Whatever is known of the labels, the KL columns sum to KL(q || p) and the entropies to that of the labels."""
    prior = pair(component)
    b, weight = plane(Q, 101)
    table = joint(prior, b)
    kl, entropy = terms(prior, b, labels)
    close((weight * kl.sum(1)).sum(), (weight * (Q.log_prob(b).sum(1) - table.sum((1, 2)).log())).sum())
    k, other = labels
    agreeing = table[:, k : k + 1] if k >= 0 else table
    agreeing = agreeing[:, :, other : other + 1] if other >= 0 else agreeing
    wanted = table.sum((1, 2)).log() - agreeing.sum((1, 2)).log()  # -log r of all that is known
    close(entropy.sum(1), wanted)


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_labelled_pair_needs_no_sampling(component: str) -> None:
    """At any draw, both columns of KL and cross-entropy together are KL(q_i||f_ik) + KL(q_j||f_jl) - log pi_kl."""
    prior = pair(component)
    b = torch.linspace(-4.0, 4.0, 22, dtype=torch.float64).reshape(11, 2)
    for k, other in product(range(2), range(3)):
        kl, entropy = terms(prior, b, (k, other))
        one, two = prior.mixtures()
        closed = component_kl(part(0), one.component(torch.tensor([k])))
        closed = closed + component_kl(part(1), two.component(torch.tensor([other])))
        expected = closed - torch.tensor(TOGETHER[k][other], dtype=torch.float64).log()
        close((kl + entropy).sum(1), expected.expand(11))


def test_each_column_of_a_pair_is_a_link_of_the_chain() -> None:
    """The later factor's column is its KL to p(b_j | label before it), the earlier one's what is left."""
    prior = pair()
    b, weight = plane(Q, 101)
    table = torch.tensor(TOGETHER, dtype=torch.float64)
    first, second = prior.mixtures()

    def link(index: int, mixture: RBFMixture, weights: Tensor) -> Tensor:
        q = part(index)
        return expectation(q, lambda b: q.log_prob(b)[:, 0] - (weights * every_class(mixture, b)).sum(1).log())

    def columns(labels: tuple[int, int]) -> Tensor:
        return (weight[:, None] * terms(prior, b, labels)[0]).sum(0)

    for k in range(2):
        given = link(1, second, table[k] / table[k].sum())
        for other in (-1, 0, 1, 2):
            close(columns((k, other))[1], given)
    for other in range(3):
        close(columns((-1, other))[0], link(0, first, table[:, other] / table[:, other].sum()))
    close(columns((-1, -1))[0], link(0, first, table.sum(1)))


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("labels", CASES)
def test_a_pair_of_independent_labels_has_the_sums_of_naive_bayes(labels: tuple[int, int], component: str) -> None:
    together = pair(component, APART)
    alone = prior_of(*together.mixtures())
    b = torch.linspace(-4.0, 4.0, 22, dtype=torch.float64).reshape(11, 2)
    for one, two in zip(terms(together, b, labels), terms(alone, b, labels), strict=True):
        torch.testing.assert_close(one, two, atol=1e-12, rtol=0)


def test_gradients_of_a_pair_are_finite_far_from_every_centre() -> None:
    prior = pair()
    for labels in CASES:
        b = torch.tensor([[1e4, -1e4], [0.0, 1e4]], dtype=torch.float64, requires_grad=True)
        kl, entropy = terms(prior, b, labels)
        (gradient,) = torch.autograd.grad((kl + 10.0 * entropy).sum(), b)
        assert torch.isfinite(gradient).all()
