"""The statements the loss rests on, against quadrature and closed forms in float64."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, Normal, kl_divergence

from divecast.config import LossConfig
from divecast.losses.batch_terms import marginal_terms
from divecast.losses.objective import forecast_objective, marginal_objective, reconstruction_objective
from divecast.losses.terms import (
    component_kl,
    cross_entropy,
    labelled_marginal_kl,
    mixture_kl,
    negative_log_likelihood,
    normal_kl,
)
from laws import COMPONENTS, EXACT, double_mixture, expectation, prior_of

FREQUENCIES = (0.5, 0.3, 0.2)
FINE = 100_001  # points of the trapezoid rule, for the kinks of Laplace densities
POSTERIORS = [(0.0, 0.4), (1.3, 0.05), (-2.0, 1.5), (6.0, 0.7)]


def normal(loc: float, scale: float) -> Normal:
    return Normal(torch.tensor([[loc]], dtype=torch.float64), torch.tensor([[scale]], dtype=torch.float64))


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found.squeeze(), expected.squeeze(), atol=EXACT, rtol=0)


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize(("loc", "scale"), POSTERIORS)
@pytest.mark.parametrize("label", [0, 1, 2])
def test_marginal_kl_is_component_kl_less_log_pi_less_expected_cross_entropy(
    loc: float, scale: float, label: int, component: str
) -> None:
    mixture, q = double_mixture("ordered", FREQUENCIES, component=component), normal(loc, scale)
    marginal = expectation(q, lambda b: mixture_kl(q, b, mixture.log_joint(b)), FINE)
    true = torch.tensor([label])
    entropy = expectation(q, lambda b: cross_entropy(mixture.log_joint(b), true.expand(len(b))), FINE)
    closed = component_kl(q, mixture.component(true))
    close(labelled_marginal_kl(closed, mixture.log_pi[true], entropy), marginal)
    bound = closed - mixture.log_pi[true]
    close(bound - marginal, entropy)  # the gap of the bound is the expected cross-entropy
    assert (marginal <= bound).all()


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_bound_is_tight_where_the_class_is_certain(component: str) -> None:
    mixture = double_mixture("ordered", FREQUENCIES, component=component)
    with torch.no_grad():
        mixture.log_width.fill_(-4.0)
    q = normal(float(mixture.centres()[1]), 0.01)
    marginal = expectation(q, lambda b: mixture_kl(q, b, mixture.log_joint(b)), FINE)
    close(marginal, component_kl(q, mixture.component(torch.tensor([1]))) - mixture.log_pi[1])


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_least_cross_entropy_is_not_the_least_marginal_kl(component: str) -> None:
    """Away from all other classes the cross-entropy only falls, while KL and bound only rise."""
    mixture, true = double_mixture("ordered", FREQUENCIES, component=component), torch.tensor([2])
    with torch.no_grad():
        mixture.log_width.fill_(-1.0)  # of one width, else the widest class wins far out
    entropies, kls, bounds = [], [], []
    for step in (0.0, 0.5, 1.0, 2.0):
        q = normal(float(mixture.centres()[2]) + step, 0.3)
        entropies.append(expectation(q, lambda b: cross_entropy(mixture.log_joint(b), true.expand(len(b))), FINE))
        kls.append(expectation(q, lambda b, q=q: mixture_kl(q, b, mixture.log_joint(b)), FINE))
        bounds.append(component_kl(q, mixture.component(true))[0])
    assert (torch.stack(entropies).diff() < 0).all()
    assert (torch.stack(kls).diff() > 0).all()
    assert (torch.stack(bounds).diff() > 0).all()


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("kind", ["plain", "ordered", "cyclic"])
def test_marginal_kl_and_cross_entropy_at_equal_weights_need_no_sampling(kind: str, component: str) -> None:
    """Whatever was drawn, their sum is KL(q || f_k) - log pi_k: in value and in gradient."""
    mixture = double_mixture(kind, (0.4, 0.3, 0.2, 0.1), component=component)
    prior = prior_of(mixture)
    loc = torch.randn(4, mixture.dims, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    q, labels = Normal(loc.requires_grad_(), torch.full_like(loc, 0.3)), torch.tensor([[0], [1], [2], [3]])
    closed = component_kl(q, mixture.component(labels[:, 0])) - mixture.log_pi[labels[:, 0]]
    (wanted,) = torch.autograd.grad(closed.mean(), loc)
    for _ in range(3):
        kl, entropy = marginal_terms(prior, q, q.rsample(), labels)
        close(kl + entropy, closed)
        loss = marginal_objective(kl, entropy, LossConfig(marginal_kl=1.0, cross_entropy=1.0))
        close(loss, closed.mean())
        (gradient,) = torch.autograd.grad(loss, loc)
        torch.testing.assert_close(gradient, wanted)


@pytest.mark.parametrize("component", COMPONENTS)
def test_sampled_mixture_kl_converges_to_the_integral(component: str) -> None:
    mixture, q = double_mixture("ordered", FREQUENCIES, component=component), normal(0.4, 0.6)
    draws = 200_000
    b = q.loc + q.scale * torch.randn(draws, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    sampled = mixture_kl(q, b, mixture.log_joint(b))
    integral = expectation(q, lambda b: mixture_kl(q, b, mixture.log_joint(b)), FINE)
    assert abs(sampled.mean() - integral) < 4 * sampled.std() / math.sqrt(draws)
    assert sampled.std() > 0.05  # else the line above says nothing


def test_sampled_mixture_kl_of_the_prior_itself_is_zero() -> None:
    """A mixture whose components lie in one place is a normal: KL(q || p) = 0 draw by draw for q equal to it."""
    mixture = double_mixture("plain", (0.5, 0.5), block="line")
    with torch.no_grad():
        mixture.centres.points.fill_(1.0)
        mixture.log_width.fill_(-0.5)
    q = normal(1.0, math.exp(-0.5))
    b = torch.linspace(-3, 3, 7, dtype=torch.float64)[:, None]
    close(mixture_kl(q, b, mixture.log_joint(b)), torch.zeros(7, dtype=torch.float64))


def test_each_factor_has_its_own_term() -> None:
    """Three factors of other kinds and sizes, some labels missing: each column is the term of one factor alone."""
    mixtures = [
        double_mixture("cyclic", (0.25,) * 4),
        double_mixture("plain", (0.5, 0.5)),
        double_mixture("ordered", FREQUENCIES),
    ]
    draw = torch.Generator().manual_seed(2)
    dims = [m.dims for m in mixtures]
    loc = torch.randn(6, sum(dims), dtype=torch.float64, generator=draw)
    q, b = Normal(loc, torch.full_like(loc, 0.5)), loc + 0.2
    labels = torch.tensor([[0, 1, 2], [3, 0, 0], [-1, 1, 1], [2, -1, -1], [-1, -1, -1], [1, 0, 2]])
    kl, entropy = marginal_terms(prior_of(*mixtures), q, b, labels)
    parts = [
        marginal_terms(prior_of(m), Normal(loc_i, torch.full_like(loc_i, 0.5)), b_i, labels[:, [i]])
        for i, (m, loc_i, b_i) in enumerate(zip(mixtures, loc.split(dims, 1), b.split(dims, 1), strict=True))
    ]
    close(kl, torch.cat([part[0] for part in parts], dim=1))
    close(entropy, torch.cat([part[1] for part in parts], dim=1))
    assert (entropy[4] == 0).all()  # without a label there is no cross-entropy


def test_a_missing_label_takes_the_kl_to_the_mixture() -> None:
    mixture = double_mixture("ordered", FREQUENCIES)
    prior = prior_of(mixture)
    q, b = Normal(torch.zeros(2, 1).double(), torch.ones(2, 1).double()), torch.tensor([[0.3], [0.3]]).double()
    kl, _ = marginal_terms(prior, q, b, torch.tensor([[-1], [1]]))
    close(kl[0], mixture_kl(q, b, mixture.log_joint(b))[0])
    # at one and the same draw the identity holds point by point, so both windows differ by closed form less sample
    expected = normal_kl(q, mixture.component(torch.tensor([1, 1]))) - mixture.log_pi[1]
    close(kl[1] + cross_entropy(mixture.log_joint(b), torch.tensor([1, 1]))[1], expected[1])


@pytest.mark.parametrize("sd_of_a", [0.3, 1.0])
def test_kl_of_the_code_is_marginal_plus_expected_conditional(sd_of_a: float) -> None:
    """The chain, where q(a|b) and q(b) make one known bivariate normal and p is another."""
    slope, q_b = 0.8, normal(0.5, 0.6)

    def q_a(b: Tensor) -> Normal:
        return Normal(slope * b, torch.full_like(b, sd_of_a))

    standard = Normal(torch.zeros(1, 1).double(), torch.ones(1, 1).double())
    p_b = normal(-0.3, 1.2)
    chain = normal_kl(q_b, p_b) + expectation(q_b, lambda b: normal_kl(q_a(b), standard))
    variance = float(q_b.variance)
    covariance = [[variance, slope * variance], [slope * variance, slope**2 * variance + sd_of_a**2]]
    q = MultivariateNormal(torch.tensor([0.5, slope * 0.5]).double(), torch.tensor(covariance).double())
    p = MultivariateNormal(torch.tensor([-0.3, 0.0]).double(), torch.diag(torch.tensor([1.44, 1.0])).double())
    close(chain, kl_divergence(q, p))


class LinearGaussian:
    """x = 0.9 a - 0.5 b + noise, y = 0.7 a + 0.4 b + 0.6 x + noise, a ~ N(0, 1), b ~ a mixture of three normals."""

    def __init__(self) -> None:
        self.mixture = double_mixture("ordered", FREQUENCIES)
        self.x = torch.tensor([[[0.8]]]).double()
        self.y = torch.tensor([[[1.7]]]).double()

    def reconstruction(self, a: Tensor, b: Tensor) -> Normal:
        return Normal((0.9 * a - 0.5 * b)[:, :, None], torch.full((len(a), 1, 1), 0.5).double())

    def forecast(self, a: Tensor, b: Tensor) -> Normal:
        mean = 0.7 * a + 0.4 * b + 0.6 * self.x[0]
        return Normal(mean[:, :, None], torch.full((len(a), 1, 1), 0.8).double())

    def components(self) -> list[tuple[Tensor, MultivariateNormal]]:
        """log pi_k and the normal of (a, b, x, y) under class k."""
        found = []
        for k in range(3):
            f = self.mixture.component(torch.tensor([k]))
            a, b = torch.tensor([1.0, 0, 0, 0]).double(), torch.tensor([0, 1.0, 0, 0]).double()
            noise_x, noise_y = torch.tensor([0, 0, 1.0, 0]).double(), torch.tensor([0, 0, 0, 1.0]).double()
            x = 0.9 * a - 0.5 * b + noise_x
            maps = torch.stack([a, b, x, 0.7 * a + 0.4 * b + 0.6 * x + noise_y])
            start = torch.tensor([0.0, float(f.loc), 0, 0]).double()
            spread = torch.tensor([1.0, float(f.scale), 0.5, 0.8]).double()
            found.append(
                (self.mixture.log_pi[k], MultivariateNormal(maps @ start, maps @ torch.diag(spread**2) @ maps.T))
            )
        return found

    def evidence(self) -> Tensor:
        """log p(x, y), in closed form."""
        data = torch.stack([self.x.squeeze(), self.y.squeeze()])
        terms = [
            log_pi + MultivariateNormal(p.mean[2:], p.covariance_matrix[2:, 2:]).log_prob(data)
            for log_pi, p in self.components()
        ]
        return torch.logsumexp(torch.stack(terms), dim=0)

    def posterior(self) -> MixtureSameFamily:
        """p(a, b | x, y), in closed form."""
        data = torch.stack([self.x.squeeze(), self.y.squeeze()])
        weights, means, covariances = [], [], []
        for log_pi, p in self.components():
            s = p.covariance_matrix
            gain = s[:2, 2:] @ torch.linalg.inv(s[2:, 2:])
            weights.append(log_pi + MultivariateNormal(p.mean[2:], s[2:, 2:]).log_prob(data))
            means.append(p.mean[:2] + gain @ (data - p.mean[2:]))
            covariances.append(s[:2, :2] - gain @ s[2:, :2])
        return MixtureSameFamily(
            Categorical(logits=torch.stack(weights)), MultivariateNormal(torch.stack(means), torch.stack(covariances))
        )


@pytest.mark.parametrize(("loc", "scale"), [(0.0, 0.5), (0.8, 0.3)])
def test_negative_objective_and_kl_to_the_true_posterior_make_the_evidence(loc: float, scale: float) -> None:
    """Wong et al. 2025, Proposition 1: log p(x, y) = L + KL(q(a,b|x) || p(a,b|x,y)), with L from the loss terms."""
    world, q_b = LinearGaussian(), normal(loc, scale)
    grid = torch.linspace(-9, 9, 301, dtype=torch.float64)
    u, v = (g.reshape(-1, 1) for g in torch.meshgrid(grid, grid, indexing="ij"))
    b = q_b.loc + q_b.scale * u
    q_a = Normal(0.3 + 0.5 * b, torch.full_like(b, 0.6))  # a conditional that does depend on b
    a = q_a.loc + q_a.scale * v
    weight = torch.exp(-0.5 * (u**2 + v**2))[:, 0]
    weight = weight / weight.sum()
    standard = Normal(torch.zeros_like(a), torch.ones_like(a))
    target_x, target_y = world.x.expand(len(a), 1, 1), world.y.expand(len(a), 1, 1)
    plain = LossConfig(marginal_kl=1.0, cross_entropy=0.0)
    terms = (
        weight * negative_log_likelihood(world.forecast(a, b), target_y),
        weight * negative_log_likelihood(world.reconstruction(a, b), target_x),
        weight * normal_kl(q_a, standard),
    )
    marginal = weight * mixture_kl(q_b, b, world.mixture.log_joint(b))
    # the objectives are means over windows, here over the points of the grid
    total = len(a) * (
        forecast_objective(terms[0], plain)
        + reconstruction_objective(*terms[1:], plain)
        + marginal_objective(marginal, torch.zeros_like(marginal), plain)
    )
    log_q = q_b.log_prob(b)[:, 0] + q_a.log_prob(a)[:, 0]
    gap = (weight * (log_q - world.posterior().log_prob(torch.cat([a, b], dim=1)))).sum()
    close(-total + gap, world.evidence())
    assert gap > 0.01


class ShiftedGaussian:
    """The world of two normal codes whose rows have known effects T(u), which may take any value.

    x = T_x + 0.9 a - 0.5 b + noise, y = T_y + 0.7 a + 0.4 b + 0.6 (x - T_x) + noise, a ~ N(0, 1), b ~ N(0.2, 1.3).
    """

    def __init__(self, past: float, ahead: float) -> None:
        self.effects = torch.tensor([past, ahead]).double()
        self.data = self.effects + torch.tensor([0.8, 1.7]).double()
        maps = torch.tensor([[1, 0, 0, 0], [0, 1, 0, 0], [0.9, -0.5, 1, 0], [1.24, 0.1, 0.6, 1]]).double()
        spread = torch.tensor([1.0, 1.3, 0.5, 0.8]).double()
        self.joint = MultivariateNormal(
            maps @ torch.tensor([0.0, 0.2, 0.0, 0.0]).double() + torch.cat([torch.zeros(2).double(), self.effects]),
            maps @ torch.diag(spread**2) @ maps.T,
        )

    def evidence(self) -> Tensor:
        """log p(x, y | u), in closed form."""
        mean, covariance = self.joint.mean, self.joint.covariance_matrix
        return MultivariateNormal(mean[2:], covariance[2:, 2:]).log_prob(self.data)

    def posterior(self) -> MultivariateNormal:
        """p(a, b | x, y, u), in closed form."""
        mean, s = self.joint.mean, self.joint.covariance_matrix
        gain = s[:2, 2:] @ torch.linalg.inv(s[2:, 2:])
        return MultivariateNormal(mean[:2] + gain @ (self.data - mean[2:]), s[:2, :2] - gain @ s[2:, :2])

    def bound(self, q: MultivariateNormal) -> Tensor:
        """L, from the loss terms: q(b), then q(a|b), each over a grid of its own."""
        (mean_a, mean_b), s = q.mean, q.covariance_matrix
        q_b = normal(float(mean_b), float(s[1, 1].sqrt()))
        grid = torch.linspace(-9, 9, 301, dtype=torch.float64)
        u, v = (g.reshape(-1, 1) for g in torch.meshgrid(grid, grid, indexing="ij"))
        weight = torch.exp(-0.5 * (u**2 + v**2))[:, 0]
        weight = weight / weight.sum()
        b = q_b.loc + q_b.scale * u
        slope = s[0, 1] / s[1, 1]
        q_a = Normal(mean_a + slope * (b - mean_b), (s[0, 0] - slope * s[0, 1]).sqrt().expand(b.shape))
        a = q_a.loc + q_a.scale * v
        (past, ahead), (x, y) = self.effects, self.data
        reconstruction = Normal((past + 0.9 * a - 0.5 * b)[:, :, None], 0.5)
        forecast = Normal((ahead + 0.7 * a + 0.4 * b + 0.6 * (x - past))[:, :, None], 0.8)
        error = sum(
            negative_log_likelihood(p, value.expand(len(a), 1, 1)) for p, value in ((reconstruction, x), (forecast, y))
        )
        kl = normal_kl(q_a, Normal(torch.zeros_like(a), torch.ones_like(a)))
        return -(weight * (error + kl)).sum() - normal_kl(q_b, normal(0.2, 1.3)).squeeze()


@pytest.mark.parametrize("effects", [(0.0, 0.0), (5.0, -6.0), (-40.0, 2.5)])
def test_the_bound_holds_given_known_effects(effects: tuple[float, float]) -> None:
    """log p(x, y | u) = L + KL(q || p(a, b | x, y, u)): never below L, and equal to it at the exact posterior."""
    world = ShiftedGaussian(*effects)
    exact = world.posterior()
    close(world.bound(exact), world.evidence())
    for shift, scale in ((0.3, 1.0), (0.0, 0.6), (-0.5, 2.0)):
        q = MultivariateNormal(exact.mean + shift, scale * exact.covariance_matrix)
        bound, gap = world.bound(q), kl_divergence(q, exact)
        assert gap > 0.01
        assert bound < world.evidence()
        close(bound + gap, world.evidence())


def test_known_effects_that_move_with_the_values_change_neither_bound_nor_posterior() -> None:
    still, moved = ShiftedGaussian(0.0, 0.0), ShiftedGaussian(5.0, -6.0)
    close(moved.evidence(), still.evidence())
    close(moved.posterior().mean, still.posterior().mean)
    close(moved.posterior().covariance_matrix, still.posterior().covariance_matrix)
    close(moved.bound(still.posterior()), still.bound(still.posterior()))
