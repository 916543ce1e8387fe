"""The useless optimum at weight 1, and the default weights that keep classes apart."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import CodeConfig, LossConfig
from divecast.losses.total import marginal_objective
from divecast.model.prior import MarginalPrior
from divecast.train.objective import marginal_terms
from laws import spread_apart

SHARES = (0.25, 0.25, 0.25, 0.25)
LABELS = torch.arange(4).repeat(8)[:, None]


def trained(weights: LossConfig, steps: int = 250) -> tuple[MarginalPrior, Tensor]:
    """Prior and free q of 32 windows, trained from centres that have all but fallen together."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        prior = MarginalPrior(("plain",), (SHARES,), CodeConfig(n_free=2))
        with torch.no_grad():
            prior.mixtures()[0].centres.points.mul_(0.01)
        loc, log_scale = nn.Parameter(0.01 * torch.randn(32, 2)), nn.Parameter(torch.full((32, 2), -1.0))
        optimiser = torch.optim.Adam([*prior.parameters(), loc, log_scale], lr=0.05)
        for _ in range(steps):
            q = Normal(loc, log_scale.exp())
            loss = marginal_objective(*marginal_terms(prior, q, q.rsample(), LABELS), weights)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return prior.requires_grad_(False), loc.detach()


def accuracy(prior: MarginalPrior, b: Tensor) -> float:
    return float((prior.class_probabilities(b)[0].argmax(1) == LABELS[:, 0]).float().mean())


def test_at_weight_one_merged_classes_are_as_good_as_any() -> None:
    prior = MarginalPrior(("plain",), (SHARES,), CodeConfig(n_free=2))
    mixture, apart = prior.mixtures()[0], prior.mixtures()[0].centres().detach().clone()
    for centres in (apart, torch.zeros_like(apart)):
        mixture.centres.points.data.copy_(centres)
        q = mixture.component(LABELS[:, 0])
        loss = marginal_objective(*marginal_terms(prior, q, q.rsample(), LABELS), LossConfig(cross_entropy=1.0))
        torch.testing.assert_close(loss, -torch.tensor(0.25).log())


def test_at_weight_one_merged_classes_stay_merged() -> None:
    prior, b = trained(LossConfig(cross_entropy=1.0))
    mixture = prior.mixtures()[0]
    assert spread_apart(mixture.centres()) < 0.1 * mixture.log_width.exp().min()
    assert prior.class_probabilities(b)[0].max() < 0.5


def test_default_weights_drive_classes_apart() -> None:
    prior, b = trained(LossConfig())
    mixture = prior.mixtures()[0]
    assert spread_apart(mixture.centres()) > 3 * mixture.log_width.exp().max()
    assert accuracy(prior, b) == 1.0
