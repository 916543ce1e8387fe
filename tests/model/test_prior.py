"""The mixture prior against torch's distributions and the integral."""

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from divecast.config import CodeConfig
from divecast.model.prior import MarginalPrior, RBFMixture
from laws import EXACT, double_mixture

FREQUENCIES = (0.5, 0.3, 0.15, 0.05)


def by_torch(mixture: RBFMixture) -> MixtureSameFamily:
    scale = mixture.log_width.exp()[:, None].expand(-1, mixture.dims)
    return MixtureSameFamily(
        Categorical(torch.tensor(FREQUENCIES, dtype=torch.float64)), Independent(Normal(mixture.centres(), scale), 1)
    )


def points(mixture: RBFMixture) -> torch.Tensor:
    return 3.0 * torch.randn(50, mixture.dims, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", ["plain", "ordered", "cyclic"])
def test_log_joint_adds_up_to_the_density_of_the_mixture(kind: str) -> None:
    mixture = double_mixture(kind, FREQUENCIES)
    b = points(mixture)
    density = mixture.log_joint(b).logsumexp(1)
    torch.testing.assert_close(density, by_torch(mixture).log_prob(b), atol=EXACT, rtol=0)


def test_the_density_integrates_to_one() -> None:
    mixture = double_mixture("ordered", FREQUENCIES)
    line = torch.linspace(-40, 40, 40_001, dtype=torch.float64)
    assert abs(torch.trapezoid(mixture.log_joint(line[:, None]).logsumexp(1).exp(), line) - 1) < EXACT


@pytest.mark.parametrize("kind", ["plain", "ordered", "cyclic"])
def test_class_posterior_is_bayes_rule(kind: str) -> None:
    mixture = double_mixture(kind, FREQUENCIES)
    prior = MarginalPrior((), (), CodeConfig())
    prior.factors.append(mixture)
    prior.block_sizes = [mixture.dims]
    b = points(mixture)
    likelihood = torch.stack(
        [mixture.component(torch.full((50,), k)).log_prob(b).sum(1).exp() for k in range(4)], dim=1
    )
    joint = likelihood * torch.tensor(FREQUENCIES, dtype=torch.float64)
    expected = joint / joint.sum(1, keepdim=True)
    torch.testing.assert_close(prior.class_probabilities(b)[0], expected, atol=EXACT, rtol=0)


def test_a_component_sits_at_its_centre() -> None:
    mixture, labels = double_mixture("cyclic", FREQUENCIES), torch.tensor([2, 0, 2])
    f = mixture.component(labels)
    torch.testing.assert_close(f.loc, mixture.centres()[labels])
    torch.testing.assert_close(f.scale[:, 0], mixture.log_width.exp()[labels])


def test_rarer_classes_need_more_evidence() -> None:
    """Between two centres of one width, the posterior odds are those of the frequencies."""
    mixture = double_mixture("plain", (0.8, 0.2), block="line")
    mixture.log_width.fill_(0.0)
    middle = mixture.centres().mean(0, keepdim=True)
    odds = mixture.log_joint(middle).softmax(1)
    torch.testing.assert_close(odds, torch.tensor([[0.8, 0.2]], dtype=torch.float64))


def test_blocks_cut_b_between_factors() -> None:
    prior = MarginalPrior(("cyclic", "ordered", "plain"), ((0.2,) * 5, (0.5, 0.5), (0.4, 0.3, 0.3)), CodeConfig())
    b = torch.randn(3, prior.dims)
    blocks = prior.blocks(b)
    assert [block.shape[1] for block in blocks] == [m.dims for m in prior.mixtures()]
    assert torch.equal(torch.cat(blocks, dim=1), b)
    shares = prior.class_probabilities(b)
    assert [share.shape for share in shares] == [(3, 5), (3, 2), (3, 3)]
    for share in shares:
        torch.testing.assert_close(share.sum(1), torch.ones(3))


def test_without_factors_there_is_no_marginal_code() -> None:
    prior = MarginalPrior((), (), CodeConfig())
    assert prior.dims == 0
    assert prior.class_probabilities(torch.empty(4, 0)) == ()
