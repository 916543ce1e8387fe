"""Few labels: the marginal player's batch, and features it borrows."""

from dataclasses import replace

import pytest
import torch

from divecast.config import LossConfig, TrainingConfig
from divecast.model.encoder import MarginalEncoder
from divecast.model.network import Network
from divecast.train.loop import Task, fit_network
from divecast.train.player_loss import player_loss
from divecast.train.players import build_players
from divecast.train.schedule import Schedule
from divecast.types import Batch
from train.fits import task
from worlds import SMALL, network


class Noting:
    """A window source that notes what it was asked for."""

    def __init__(self, source) -> None:
        self.source, self.asked = source, []

    def __len__(self) -> int:
        return len(self.source)

    def batch(self, index: torch.Tensor) -> Batch:
        self.asked.append(index)
        return self.source.batch(index)


def borrowing() -> Network:
    net = network(seed=1)
    encoder = net.marginal.encoder
    assert isinstance(encoder, MarginalEncoder)
    encoder.borrow(net.conditional.features, SMALL.encoder)
    return net


def test_half_of_the_marginal_batch_has_labels() -> None:
    what, labelled = task(config=TrainingConfig(epochs=1, batch_size=32)), torch.tensor([3, 14])
    train = Noting(what.train)
    fit_network(network(seed=1), replace(what, train=train, labelled=labelled))
    for plain, marginal in zip(train.asked[::2], train.asked[1::2], strict=True):
        assert torch.equal(marginal[:16], plain[16:])
        assert set(marginal[16:].tolist()) <= {3, 14}


def test_without_them_a_batch_is_drawn_once() -> None:
    what = task(config=TrainingConfig(epochs=1, batch_size=32))
    train = Noting(what.train)
    fit_network(network(seed=1), replace(what, train=train))
    assert len(train.asked) == len(what.train) // 32


def test_borrowed_features_belong_to_their_player_alone() -> None:
    net = borrowing()
    players = build_players(net, Schedule("step", True), TrainingConfig())
    sets = [{id(p) for p in player.parameters} for player in players.values()]
    assert not sets[0] & sets[1]
    assert sum(map(len, sets)) == len(list(net.parameters()))
    assert {id(p) for p in net.conditional.features.parameters()} <= {id(p) for p in players["conditional"].parameters}


def test_no_gradient_reaches_the_lender() -> None:
    net, batch = borrowing(), task().train.batch(torch.arange(16))
    loss = player_loss("marginal", net, batch, TrainingConfig(), LossConfig()).objective
    found = torch.autograd.grad(loss, list(net.conditional.parameters()), allow_unused=True)
    assert all(gradient is None for gradient in found)
    assert torch.autograd.grad(loss, list(net.marginal.encoder.from_lent.parameters()))[0].abs().sum() > 0


def test_borrowed_features_are_read() -> None:
    net, x = borrowing().eval(), task().train.batch(torch.arange(4)).x
    before = net.marginal.infer(x).loc
    with torch.no_grad():
        next(net.conditional.features.parameters()).add_(1.0)
    assert not torch.allclose(before, net.marginal.infer(x).loc)


def test_the_kl_of_missing_labels_is_weighed() -> None:
    net, batch = network(seed=1).eval(), task().train.batch(torch.arange(32))

    def loss(labels: torch.Tensor, unlabelled: float) -> torch.Tensor:
        torch.manual_seed(0)
        weights = LossConfig(unlabelled_kl=unlabelled)
        return player_loss("marginal", net, replace(batch, labels=labels), TrainingConfig(), weights).objective

    missing, known = torch.full_like(batch.labels, -1), batch.labels.clamp(min=0)
    assert loss(missing, 0.0) == 0.0
    torch.testing.assert_close(loss(missing, 0.5), 0.5 * loss(missing, 1.0))
    assert loss(known, 0.0) == loss(known, 1.0)


@pytest.mark.parametrize(("done", "share"), [(0.0, 0.0), (0.1, 0.25), (0.4, 1.0), (1.0, 1.0)])
def test_missing_labels_count_more_and_more(done: float, share: float) -> None:
    weights = LossConfig(unlabelled_kl=0.8, unlabelled_rise=0.4)
    now = weights.at(done)
    assert now.unlabelled_kl == pytest.approx(0.8 * share)
    assert replace(now, unlabelled_kl=0.8, unlabelled_rise=0.4) == weights


def test_without_a_rise_they_count_in_full_at_once() -> None:
    weights = LossConfig(unlabelled_rise=0.0)
    assert weights.at(0.0) == weights


def test_the_rise_matters_only_where_labels_are_missing() -> None:
    def weights(data: Task, rise: float) -> dict[str, torch.Tensor]:
        net = network(seed=1)
        fit_network(net, replace(data, config=replace(data.config, epochs=1), weights=LossConfig(unlabelled_rise=rise)))
        return net.state_dict()

    whole, some = task(missing=0.0), task(missing=0.5)
    at_once, slowly = weights(whole, 0.0), weights(whole, 1.0)
    assert all(torch.equal(at_once[name], slowly[name]) for name in at_once)
    at_once, slowly = weights(some, 0.0), weights(some, 1.0)
    assert not all(torch.equal(at_once[name], slowly[name]) for name in at_once)
