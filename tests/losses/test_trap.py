"""The useless optimum at weight 1, and the default weights that keep classes apart."""

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import CodeConfig, LossConfig
from divecast.losses.batch_terms import marginal_terms
from divecast.losses.objective import marginal_objective
from divecast.model.prior import MarginalPrior
from laws import COMPONENTS, spread_apart

BLOCKS = ("kind", "line")
MERGED = 0.01
SHARES = (0.25, 0.25, 0.25, 0.25)
LABELS = torch.arange(4).repeat(8)[:, None]


def prior_for(component: str, block: str) -> MarginalPrior:
    return MarginalPrior(("plain",), (SHARES,), CodeConfig(n_free=2, component=component, block=block))


def trained(weights: LossConfig, component: str, block: str, start: float) -> tuple[MarginalPrior, Tensor]:
    """Prior and free q of 32 windows; ``start`` is a factor on the centres the prior begins with."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        prior = prior_for(component, block)
        with torch.no_grad():
            prior.mixtures()[0].centres.points.mul_(start)
        loc = nn.Parameter(0.01 * torch.randn(32, prior.dims))
        log_scale = nn.Parameter(torch.full((32, prior.dims), -1.0))
        optimiser = torch.optim.Adam([*prior.parameters(), loc, log_scale], lr=0.12)
        for _ in range(60):
            q = Normal(loc, log_scale.exp())
            loss = marginal_objective(*marginal_terms(prior, q, q.rsample(), LABELS), weights)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return prior.requires_grad_(False), loc.detach()


def accuracy(prior: MarginalPrior, b: Tensor) -> float:
    return float((prior.class_probabilities(b)[0].argmax(1) == LABELS[:, 0]).float().mean())


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("component", COMPONENTS)
def test_at_weight_one_merged_classes_are_as_good_as_any(component: str, block: str) -> None:
    """The sum is KL(q || f_k) - log pi_k, which only looks at the own class: for q = f_k it is the labels' entropy."""
    prior = prior_for(component, block)
    mixture, apart = prior.mixtures()[0], prior.mixtures()[0].centres().detach().clone()
    losses = []
    for centres in (apart, torch.zeros_like(apart)):
        mixture.centres.points.data.copy_(centres)
        f = mixture.component(LABELS[:, 0])
        q = Normal(f.loc, f.scale)
        losses.append(marginal_objective(*marginal_terms(prior, q, q.rsample(), LABELS), LossConfig(cross_entropy=1.0)))
    torch.testing.assert_close(losses[0], losses[1])
    if component == "normal":
        torch.testing.assert_close(losses[0], -torch.tensor(0.25).log())


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("component", COMPONENTS)
def test_at_weight_one_merged_classes_stay_merged(component: str, block: str) -> None:
    prior, b = trained(LossConfig(cross_entropy=1.0), component, block, MERGED)
    mixture = prior.mixtures()[0]
    assert spread_apart(mixture.centres()) < 0.1 * mixture.log_width.exp().min()
    assert prior.class_probabilities(b)[0].max() < 0.5


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("component", COMPONENTS)
def test_default_weights_keep_classes_apart(component: str, block: str) -> None:
    """From the centres every model starts with, and windows that tell nothing yet."""
    prior, b = trained(LossConfig(), component, block, 1.0)
    assert accuracy(prior, b) > 0.9
    assert spread_apart(prior.mixtures()[0].centres()) > prior.mixtures()[0].log_width.exp().min()


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("component", ["normal", "logistic"])
def test_default_weights_drive_classes_apart(component: str, block: str) -> None:
    """Even from merged centres."""
    prior, b = trained(LossConfig(), component, block, MERGED)
    mixture = prior.mixtures()[0]
    assert spread_apart(mixture.centres()) > 3 * mixture.log_width.exp().max()
    assert accuracy(prior, b) == 1.0


@pytest.mark.parametrize(("component", "flat"), [("normal", False), ("logistic", False), ("laplace", True)])
def test_beyond_two_laplace_centres_nothing_says_which_way_to_go(component: str, flat: bool) -> None:
    """Why merged Laplace classes may stay so: on the wrong side of both centres their odds have no slope in b."""
    prior = prior_for(component, "line").requires_grad_(False)
    mixture = prior.mixtures()[0]
    b = mixture.centres().max() + torch.tensor([[0.5], [1.0]])
    b.requires_grad_()
    joint = mixture.log_joint(b)
    (slope,) = torch.autograd.grad((joint[:, 0] - joint[:, 1]).sum(), b)
    assert bool((slope.abs() < 1e-5).all()) == flat
