"""The minibatch-weighted estimate of total correlation, and what it is of."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, Normal, kl_divergence

from divecast.losses.terms import normal_kl, total_correlation
from laws import EXACT


def posterior(n: int, dims: int, seed: int = 0) -> Normal:
    draw = torch.Generator().manual_seed(seed)
    loc = 1.5 * torch.randn(n, dims, generator=draw, dtype=torch.float64)
    return Normal(loc, 0.3 + torch.rand(n, dims, generator=draw, dtype=torch.float64))


def by_loops(q: Normal, z: torch.Tensor, units: list[list[int]], n_data: int) -> list[float]:
    """Chen et al. 2018, eq. 5, as written: log of the mean density over the batch, over N."""
    values = []
    for i in range(len(z)):
        densities = torch.zeros(len(z), len(units), dtype=torch.float64)
        for j in range(len(z)):
            for u, dims in enumerate(units):
                densities[j, u] = math.exp(
                    sum(Normal(q.loc[j, d], q.scale[j, d]).log_prob(z[i, d]).item() for d in dims)
                )
        joint = math.log(densities.prod(1).sum() / (n_data * len(z)))
        values.append(joint - sum(math.log(densities[:, u].sum() / (n_data * len(z))) for u in range(len(units))))
    return values


@pytest.mark.parametrize("sizes", [[1, 1, 1], [2, 1]])
def test_it_is_the_estimator_as_written(sizes: list[int]) -> None:
    q = posterior(5, 3)
    z = q.sample()
    units = [list(range(sum(sizes[:u]), sum(sizes[: u + 1]))) for u in range(len(sizes))]
    expected = torch.tensor(by_loops(q, z, units, n_data=40), dtype=torch.float64)
    torch.testing.assert_close(total_correlation(q, z, sizes, 40), expected, atol=EXACT, rtol=0)


def test_one_unit_has_none() -> None:
    q = posterior(6, 4)
    torch.testing.assert_close(total_correlation(q, q.sample(), [4], 100), torch.zeros(6, dtype=torch.float64))


def test_the_number_of_windows_moves_the_value_and_no_gradient() -> None:
    q = posterior(6, 3)
    loc = q.loc.requires_grad_()
    z = loc + q.scale
    few, many = (total_correlation(Normal(loc, q.scale), z, [1, 1, 1], n) for n in (6, 600))
    torch.testing.assert_close(many - few, torch.full_like(few, 2 * math.log(100)))
    one, other = (torch.autograd.grad(each.sum(), loc, retain_graph=True)[0] for each in (few, many))
    torch.testing.assert_close(one, other)


def test_with_the_whole_data_as_batch_it_is_the_integral_and_the_kl_falls_into_three() -> None:
    """E KL(q(z|x) || p) = index-code information + total correlation + dimension-wise KL (Chen et al. 2018, eq. 2).

    With the batch as all data the aggregate q(z) is the mixture of the batch's posteriors; n_data = 1 then makes the
    weights those of that mixture, so that the mean over many draws is the integral.
    """
    n, draws = 4, 6_000
    q = posterior(n, 2, seed=3)
    torch.manual_seed(0)
    each = torch.stack([total_correlation(q, q.sample(), [1, 1], 1) for _ in range(draws // n)]).flatten()
    grid = torch.linspace(-8, 8, 321, dtype=torch.float64)
    a, b = torch.meshgrid(grid, grid, indexing="ij")
    points = torch.stack([a.flatten(), b.flatten()], dim=1)
    uniform = Categorical(torch.ones(n, dtype=torch.float64))
    aggregate = MixtureSameFamily(uniform, MultivariateNormal(q.loc, torch.diag_embed(q.scale**2)))
    marginals = [MixtureSameFamily(uniform, Normal(q.loc[:, d], q.scale[:, d])) for d in range(2)]
    log_q = aggregate.log_prob(points)
    log_product = sum(m.log_prob(points[:, d]) for d, m in enumerate(marginals))
    area = float(grid[1] - grid[0]) ** 2
    correlation = (log_q.exp() * (log_q - log_product)).sum() * area
    assert abs(each.mean() - correlation) < 4 * each.std() / math.sqrt(draws)
    assert correlation > 0.05

    standard = Normal(torch.zeros(n, 2, dtype=torch.float64), torch.ones(n, 2, dtype=torch.float64))
    prior = Normal(torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64))
    dimensions = (log_q.exp() * (log_product - prior.log_prob(points).sum(1))).sum() * area
    entropies = MultivariateNormal(q.loc, torch.diag_embed(q.scale**2)).entropy().mean()
    information = -(log_q.exp() * log_q).sum() * area - entropies
    torch.testing.assert_close(
        normal_kl(q, standard).mean(), information + correlation + dimensions, atol=EXACT, rtol=0
    )
    torch.testing.assert_close(normal_kl(q, standard), kl_divergence(q, standard).sum(1))
