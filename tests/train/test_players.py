"""Players own disjoint parts of the network, and learn these alone."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import LossConfig, TrainingConfig
from divecast.losses.batch_terms import marginal_terms
from divecast.model.marginal import MarginalCode
from divecast.model.network import Network
from divecast.train.player_loss import TASKS, TERMS, player_loss
from divecast.train.players import build_players
from divecast.train.schedule import Schedule
from divecast.types import Batch
from laws import changed, frozen
from worlds import SMALL, network, turning


def players_of(net: Network, interleave: str, factors: bool = True, freeze: bool = True) -> dict:
    config = TrainingConfig(interleave=interleave, freeze=freeze)
    return build_players(net, Schedule.of(config, factors), config)


def marginal_names(net: Network) -> set[str]:
    return {name for name, _ in net.named_parameters() if name.startswith("marginal.")}


def step(interleave: str, turn: str, missing: float = 0.0, freeze: bool = True) -> tuple[Network, set[str]]:
    """Take one turn on a batch; return the network and the names of the weights that moved."""
    net = network().train()
    before, batch = frozen(net), turning(32, missing=missing).batch(torch.arange(32))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        loss = player_loss(turn, net, batch, TrainingConfig(freeze=freeze), LossConfig())
    players_of(net, interleave, freeze=freeze)[turn].update(tuple(loss.tasks.values()), 0.01)
    return net, changed(before, frozen(net))


@pytest.mark.parametrize("interleave", ["step", "epoch", "joint"])
@pytest.mark.parametrize("factors", [True, False])
def test_players_are_disjoint_and_together_everything(interleave: str, factors: bool) -> None:
    net = network(factors=factors)
    owned = [id(p) for player in players_of(net, interleave, factors).values() for p in player.parameters]
    assert len(owned) == len(set(owned))
    assert set(owned) == {id(p) for p in net.parameters()}
    tuned = [
        id(p)
        for player in players_of(net, interleave, factors).values()
        for group in player.optimiser.param_groups
        for p in group["params"]
    ]
    assert sorted(tuned) == sorted(owned)


def test_every_turn_of_a_schedule_has_its_player() -> None:
    for interleave in ("step", "epoch", "joint"):
        schedule = Schedule.of(TrainingConfig(interleave=interleave), True)
        called = {turn for epoch in range(2) for turn in schedule.turns(epoch)}
        assert set(players_of(network(), interleave)) == called


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_a_conditional_turn_leaves_the_marginal_weights_bit_equal(missing: float) -> None:
    net, moved = step("step", "conditional", missing)
    assert not moved & marginal_names(net)
    assert {name.split(".")[0] for name in moved} == {"conditional", "fusion", "decoder", "forecaster"}


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_a_marginal_turn_moves_the_marginal_weights_alone(missing: float) -> None:
    net, moved = step("step", "marginal", missing)
    assert moved <= marginal_names(net)
    assert {name.split(".")[1] for name in moved} == {"encoder", "prior"}


def test_a_joint_turn_moves_both() -> None:
    _, moved = step("joint", "joint")
    assert {name.split(".")[0] for name in moved} == {"marginal", "conditional", "fusion", "decoder", "forecaster"}


def test_with_nothing_frozen_a_conditional_turn_moves_the_encoder_of_b() -> None:
    _, moved = step("step", "conditional", freeze=False)
    assert "marginal.encoder.head.linear.weight" in moved
    assert {name.split(".")[0] for name in moved} == {"marginal", "conditional", "fusion", "decoder", "forecaster"}


def test_in_a_joint_turn_the_forecast_reaches_the_marginal_encoder() -> None:
    """The ablation is the plain bound: the encoder of b learns from forecast and reconstruction too."""
    net, batch = network().train(), turning(32).batch(torch.arange(32))
    weights = LossConfig(marginal_kl=0.0, cross_entropy=0.0)
    gradients = {}
    for turn in ("joint", "conditional"):
        objective = player_loss(turn, net, batch, TrainingConfig(clamp=0.0), weights).objective
        (gradients[turn],) = torch.autograd.grad(objective, net.marginal.encoder.head.linear.weight, allow_unused=True)
    assert gradients["joint"].abs().sum() > 0
    assert gradients["conditional"] is None


def test_terms_by_turn() -> None:
    net, batch = network().train(), turning(32).batch(torch.arange(32))
    losses = {
        turn: player_loss(turn, net, batch, TrainingConfig(), LossConfig()) for turn in ("marginal", "conditional")
    }
    names = {turn: tuple(loss.terms) for turn, loss in losses.items()}
    assert names == {"marginal": TERMS[3:], "conditional": TERMS[:3]}
    assert {turn: tuple(loss.tasks) for turn, loss in losses.items()} == {
        "marginal": TASKS[2:],
        "conditional": TASKS[:2],
    }
    joint = player_loss("joint", net, batch, TrainingConfig(), LossConfig())
    assert (tuple(joint.terms), tuple(joint.tasks)) == (TERMS, TASKS)


def test_objectives_are_the_weighted_terms() -> None:
    net, batch = network().eval(), turning(32).batch(torch.arange(32))
    weights = LossConfig(2.0, 3.0, 5.0, 7.0, 11.0)
    loss = player_loss("joint", net, batch, TrainingConfig(clamp=1.0), weights)
    t = loss.terms
    conditional = (2 * t["forecast"] + 3 * t["reconstruction"] + 5 * t["conditional_kl"]) / (3 * 2)
    marginal = (7 * t["marginal_kl"] + 11 * t["cross_entropy"]) / (3 * 2)  # one bound, one divisor
    torch.testing.assert_close(loss.objective.detach(), conditional + marginal)


@pytest.mark.parametrize("turn", ["marginal", "conditional", "joint"])
def test_every_turn_draws_its_code(turn: str) -> None:
    """In evaluation mode nothing is random but the draws of a and b."""
    net, batch = network().eval(), turning(32).batch(torch.arange(32))
    one, two = (player_loss(turn, net, batch, TrainingConfig(clamp=0.0), LossConfig()).terms for _ in range(2))
    drawn = {"marginal": ["cross_entropy"], "conditional": ["reconstruction"]}
    for name in drawn.get(turn, ["cross_entropy", "reconstruction"]):
        assert one[name] != two[name]


@pytest.mark.parametrize("clamp", [0.0, 1.0])
def test_clamp_is_the_share_of_labels_handed_over(clamp: float, monkeypatch: pytest.MonkeyPatch) -> None:
    net, batch = network().train(), turning(64, missing=0.2).batch(torch.arange(64))
    handed = []
    original = net.marginal_code

    def listening(x: torch.Tensor, labels: torch.Tensor, sample: bool) -> MarginalCode:
        handed.append(labels)
        return original(x, labels, sample)

    monkeypatch.setattr(net, "marginal_code", listening)
    player_loss("conditional", net, batch, TrainingConfig(clamp=clamp), LossConfig())
    assert torch.equal(handed[0], batch.labels if clamp else torch.full_like(batch.labels, -1))


def test_clipping_bounds_the_gradient_of_a_player() -> None:
    net = network()
    player = build_players(net, Schedule("step", True), TrainingConfig(clip=1e-3))["marginal"]
    norms = []
    player.optimiser.register_step_pre_hook(
        lambda *_: norms.append(torch.stack([p.grad.norm() for p in player.parameters if p.grad is not None]).norm())
    )
    x = turning(8).x
    player.update([100.0 * net.marginal.infer(x).loc.square().sum()], 0.01)
    assert norms[0] == pytest.approx(1e-3, rel=1e-3)


def test_weight_decay_is_for_the_weights_of_layers() -> None:
    """Decayed centres would drift together, decayed log scales towards one."""
    net = network()
    player = build_players(net, Schedule("joint", True), TrainingConfig(weight_decay=0.3))["joint"]
    decayed, free = ({id(p) for p in group["params"]} for group in player.optimiser.param_groups)
    assert [group["weight_decay"] for group in player.optimiser.param_groups] == [0.3, 0.0]
    assert {id(m.weight) for m in net.modules() if isinstance(m, nn.Linear | nn.Conv1d)} == decayed
    assert {id(p) for p in net.marginal.prior.parameters()} <= free
    assert {id(net.forecaster.embedding), id(net.forecaster.likelihood.log_scale)} <= free


def test_few_labels_weigh_as_much_as_many() -> None:
    """The cross-entropy a player minimises is the mean over labelled windows, whatever their share."""
    net, batch = network().eval(), turning(32).batch(torch.arange(32))
    weights = LossConfig(marginal_kl=0.0, cross_entropy=1.0)
    hidden = torch.where(torch.arange(32)[:, None] < 8, batch.labels, -1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        few = player_loss("marginal", net, Batch(batch.x, batch.y, hidden), TrainingConfig(), weights).objective
        torch.manual_seed(0)
        kept = [
            term.sum(1)[:8].mean() for term in marginal_terms(net.marginal.prior, *_posterior(net, batch), batch.labels)
        ]
    torch.testing.assert_close(few, kept[1] / hidden.shape[1])


def _posterior(net: Network, batch: Batch) -> tuple[Normal, Tensor]:
    posterior = net.marginal.infer(batch.x)
    return posterior, posterior.rsample()


def test_a_code_without_a_has_no_total_correlation() -> None:
    net = network(config=replace(SMALL, code=replace(SMALL.code, n_conditional=0)))
    data = turning()
    batch, weights = Batch(data.x[:8], data.y[:8], data.labels[:8]), LossConfig(unlabelled_rise=0.0)
    losses = []
    for tc in (0.0, 5.0):
        torch.manual_seed(0)
        found = player_loss("conditional", net, batch, TrainingConfig(), replace(weights, conditional_tc=tc))
        losses.append(found.objective)
    torch.testing.assert_close(*losses)


def test_a_step_does_not_import_what_compiles_steps() -> None:
    code = """
import sys, torch
from divecast.train.optimiser import AdamW
weight, other = (torch.nn.Parameter(torch.ones(3)) for _ in range(2))
for kind, value in ((AdamW, weight), (torch.optim.AdamW, other)):
    optimiser = kind([value], lr=0.1, fused=True)
    for _ in range(3):
        value.square().sum().backward()
        optimiser.step()
        optimiser.zero_grad()
    optimiser.load_state_dict(optimiser.state_dict())
    assert kind is torch.optim.AdamW or "torch._dynamo" not in sys.modules
assert torch.equal(weight, other)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)  # noqa: S603
