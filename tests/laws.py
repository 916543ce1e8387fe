"""Integrals and comparisons the tests of several rooms share."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import CodeConfig
from divecast.model.pairing import Coupling
from divecast.model.prior import MarginalPrior, PairTable, RBFMixture

EXACT = 1e-6


COMPONENTS = ("normal", "laplace", "logistic")


def double_mixture(
    kind: str, frequencies: tuple[float, ...], block: str = "kind", seed: int = 0, component: str = "normal"
) -> RBFMixture:
    """A mixture in float64 that does not learn: exact frequencies, centres and widths away from their start."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        mixture = RBFMixture(kind, frequencies, CodeConfig(block=block, component=component)).double()
        with torch.no_grad():
            mixture.log_pi.copy_(torch.tensor(frequencies, dtype=torch.float64).log())
            for parameter in mixture.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
    return mixture.requires_grad_(False)


def prior_of(*mixtures: RBFMixture, couplings: tuple[Coupling, ...] = ()) -> MarginalPrior:
    """A prior in float64 of these very mixtures, with exact joint frequencies."""
    prior = MarginalPrior((), (), CodeConfig())
    prior.factors.extend(mixtures)
    prior.block_sizes = [mixture.dims for mixture in mixtures]
    for coupling in couplings:
        table = PairTable(coupling).double()
        table.log_pi.copy_(torch.tensor(coupling.frequencies, dtype=torch.float64).log())
        prior.tables.append(table)
    return prior


def expectation(q: Normal, function: Callable[[Tensor], Tensor], n_points: int = 20_001) -> Tensor:
    """E_q of a function of (point, 1), for a normal of one dimension, (1, 1), by the trapezoid rule.

    On a smooth integrand that falls off like a normal the rule converges faster than any power of the step; at a kink,
    as Laplace densities have, by its square only, so that those want more points.
    """
    points = torch.linspace(-12.0, 12.0, n_points, dtype=torch.float64)
    b = (q.loc + q.scale * points[:, None]).reshape(-1, 1)
    weight = torch.exp(-0.5 * points**2) / np.sqrt(2 * np.pi)
    return torch.trapezoid(weight * function(b), points)


def plane(q: Normal, n_points: int = 301) -> tuple[Tensor, Tensor]:
    """Points, (point, 2), and weights of the trapezoid rule in two dimensions for a normal of (1, 2)."""
    line = torch.linspace(-9.0, 9.0, n_points, dtype=torch.float64)
    u = torch.cartesian_prod(line, line)
    weight = torch.exp(-0.5 * u.square().sum(1))
    return q.loc + q.scale * u, weight / weight.sum()


def spread_apart(points: Tensor) -> float:
    """Smallest distance between two of the points, (point, dim)."""
    gaps = torch.cdist(points, points)
    return float((gaps + torch.diag(torch.full((len(points),), torch.inf, dtype=gaps.dtype))).min())


def frozen(module: nn.Module) -> dict[str, Tensor]:
    """A copy of all weights and buffers."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def assert_same_bits(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Every tensor is equal bit for bit."""
    assert found.keys() == expected.keys()
    different = [name for name in expected if not torch.equal(found[name], expected[name])]
    assert not different, f"differ: {different}"


def changed(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> set[str]:
    """Names of the tensors that are not equal bit for bit."""
    return {name for name in before if not torch.equal(before[name], after[name])}
