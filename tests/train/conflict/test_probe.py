"""The probe: known angles, steps and nulls; and a fit that does not notice it."""

import math
import random
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from torch import Tensor, nn

from divecast import ByTime, DeepDIVE, TrainingConfig
from divecast.config import LossConfig
from divecast.errors import ConfigError
from divecast.model.blocks import FeatureDropout
from divecast.model.network import Network
from divecast.train.conflict.look import Look, find_places, take_look
from divecast.train.conflict.probe import ConflictProbe, modules_of, trained_moves
from divecast.train.conflict.summary import ConflictSummary, PairConflict, summarise_looks
from divecast.train.history import History
from divecast.train.loop import Checkpointing, Probe, fit_network
from divecast.train.player_loss import TASKS, player_loss
from laws import assert_same_bits, frozen
from train.fits import Watch, task
from worlds import SMALL, hours, network, turning

ONE_PASS = TrainingConfig(epochs=1, batch_size=64, learning_rate=1e-2)
BY_EPOCH = replace(ONE_PASS, epochs=2, interleave="epoch")
BOTH = np.ones((2, 1), dtype=bool)


class Bowls:
    """Losses size x |w - centre|^2 / 2 of one shared weight; centres by half and loss."""

    def __init__(self, start: ArrayLike, centres: ArrayLike, sizes: tuple[float, ...]) -> None:
        self.weight = nn.Parameter(torch.from_numpy(np.array(start, dtype=np.float64)))
        self.centres, self.sizes = torch.from_numpy(np.array(centres, dtype=np.float64)), sizes

    def __call__(self, half: int) -> Mapping[str, Tensor]:
        distances = (self.weight - self.centres[half]).square().sum(1) / 2
        return {name: size * distance for name, size, distance in zip("pq", self.sizes, distances, strict=True)}

    def look(self, relative_step: float = 1e-3) -> Look:
        return take_look(0, self, {"bowl": [self.weight]}, BOTH, relative_step)


def only(look: Look) -> PairConflict:
    return summarise_looks([look], 0.0).pair("p", "q", "bowl", "unfrozen")


def test_two_bowls_have_the_angle_size_and_steps_of_the_closed_form() -> None:
    """At (3, 4) the gradients are (3, 4) and 2 (3, -4): cosine -7/25, norms 5 and 10."""
    bowls = Bowls([3.0, 4.0], [[[0.0, 0.0], [0.0, 8.0]]] * 2, (1.0, 2.0))
    look = bowls.look(relative_step=1e-3)
    pair = only(look)
    assert pair.same.median == pytest.approx(-7 / 25, abs=1e-12)
    assert pair.similarity == pytest.approx(2 * 5 * 10 / (5**2 + 10**2), abs=1e-12)
    length = 1e-3 * 5.0  # the weight's norm is 5, too
    own = -length * 5 + length**2 / 2, 2 * (-length * 5 + length**2 / 2)
    other = 2 * (length * 7 / 5 + length**2 / 2), length * 7 / 5 + length**2 / 2
    bowl = next(effects for place, effects in zip(look.places, look.effects, strict=True) if place.module == "bowl")
    np.testing.assert_allclose(bowl, [[own[0], other[0]], [other[1], own[1]]], rtol=1e-9)
    assert (pair.forth.harmful, pair.back.harmful) == (1.0, 1.0)
    assert pair.forth.change == pytest.approx(other[0] / abs(own[1]), rel=1e-9)
    assert pair.back.change == pytest.approx(other[1] / abs(own[0]), rel=1e-9)


def test_a_small_step_harms_by_minus_the_cosine_in_units_of_an_own_step() -> None:
    pair = only(Bowls([3.0, 4.0], [[[0.0, 0.0], [0.0, 8.0]]] * 2, (1.0, 2.0)).look(relative_step=1e-7))
    assert pair.forth.change == pytest.approx(-pair.same.median, abs=1e-5)
    assert pair.back.change == pytest.approx(-pair.same.median, abs=1e-5)


def test_equal_halves_have_a_null_of_cosine_one() -> None:
    pair = only(Bowls([3.0, 4.0], [[[0.0, 0.0], [0.0, 8.0]]] * 2, (1.0, 2.0)).look())
    for null in (pair.null_first, pair.null_second):
        assert (null.n, null.negative) == (1, 0.0)
        assert null.median == pytest.approx(1.0, abs=1e-12)
    assert pair.across.median == pytest.approx(pair.same.median)
    assert pair.null == 0.0


def test_halves_that_differ_give_same_across_and_null_their_own_cosines() -> None:
    """Gradients at 0 are minus the centres: first half (1, 0) and (0, 1), second half (-1, 0) and (-1, -1)/sqrt 2."""
    pair = only(Bowls([1e-9, 0.0], [[[-1.0, 0.0], [0.0, -1.0]], [[1.0, 0.0], [1.0, 1.0]]], (1.0, 1.0)).look())
    diagonal = math.sqrt(0.5)
    assert pair.same.median == pytest.approx((0.0 + diagonal) / 2, abs=1e-6)
    assert pair.across.median == pytest.approx((-diagonal + 0.0) / 2, abs=1e-6)
    assert pair.null_first.median == pytest.approx(-1.0)
    assert pair.null_second.median == pytest.approx(-diagonal)
    assert pair.null == 1.0
    assert math.isnan(pair.corrected)


def test_the_corrected_cosine_is_that_of_the_gradients_without_their_noise() -> None:
    draw = np.random.default_rng(0)
    first, other = np.zeros(20_000), np.zeros(20_000)
    first[0], other[:2] = 1.0, (0.6, 0.8)
    looks = []
    for _ in range(60):
        noisy = [[-(mean + draw.normal(size=20_000) / 100) for mean in (first, other)] for _ in range(2)]
        looks.append(Bowls(np.zeros(20_000), noisy, (1.0, 1.0)).look())
    pair = summarise_looks(looks, 0.0).pair("p", "q", "bowl", "unfrozen")
    assert pair.across.median < 0.3
    assert pair.corrected == pytest.approx(0.6, abs=0.05)


@settings(max_examples=25)
@given(st.lists(st.floats(-9, 9), min_size=6, max_size=6), st.floats(0.01, 100.0))
def test_a_loss_may_be_scaled_without_any_angle_turning(numbers: list[float], size: float) -> None:
    start, first, other = numbers[:2], numbers[2:4], numbers[4:]
    plain, scaled = (only(Bowls(start, [[first, other]] * 2, (1.0, s)).look()) for s in (1.0, size))
    assert scaled.same.n == plain.same.n
    if plain.same.n:
        assert abs(plain.same.median) <= 1 + 1e-12
        assert scaled.same.median == pytest.approx(plain.same.median, abs=1e-9)
    if plain.same.n and not math.isnan(plain.similarity):
        norms = math.dist(start, first), size * math.dist(start, other)
        assert scaled.similarity == pytest.approx(2 * norms[0] * norms[1] / (norms[0] ** 2 + norms[1] ** 2), abs=1e-6)


def test_a_loss_at_its_lowest_has_no_angle_and_takes_no_step() -> None:
    pair = only(Bowls([3.0, 4.0], [[[3.0, 4.0], [0.0, 8.0]]] * 2, (1.0, 1.0)).look())
    assert pair.same.n == pair.across.n == pair.null_first.n == 0
    assert math.isnan(pair.same.negative)
    assert math.isnan(pair.forth.change)
    assert pair.back.harmful == 1.0


def test_weights_are_put_back_bit_for_bit() -> None:
    bowls = Bowls([0.1, 1 / 3], [[[0.0, 0.0], [0.0, 8.0]]] * 2, (1.0, 2.0))
    before = bowls.weight.detach().clone()
    bowls.look(relative_step=0.37)
    assert torch.equal(bowls.weight, before)
    assert bowls.weight.grad is None


def test_places_are_modules_that_two_losses_move_and_all_together() -> None:
    reached = np.array([[True, True, False], [True, False, True]])
    trained = np.array([[False, True, True], [True, True, True]])
    places = find_places(("shared", "mine", "yours"), reached, trained)
    assert [(place.module, place.view) for place in places] == [
        ("whole", "as trained"),
        ("shared", "unfrozen"),
        ("whole", "unfrozen"),
    ]
    assert places[0].moves.tolist() == [[False, False, False], [True, False, False]]
    assert places[2].moves.tolist() == [[True, False, False], [True, False, False]]


def fitted(
    config: TrainingConfig,
    probe: Probe | None = None,
    keep: Checkpointing | None = None,
    callbacks: tuple[Watch, ...] = (),
    factors: bool = True,
) -> tuple[Network, History]:
    """Fit a network that starts from the same weights every time, with dropout at work."""
    net = network(seed=1, factors=factors)
    for module in net.modules():
        if isinstance(module, FeatureDropout):
            module.share = 0.05
    return net, fit_network(net, task(config=config, factors=factors), keep, callbacks, probe)


@cache
def plain(config: TrainingConfig) -> tuple[Network, History]:
    """A fit of these settings without a probe; tests must not change it."""
    return fitted(config)


@cache
def probed(config: TrainingConfig) -> tuple[Network, History, ConflictProbe]:
    """One with a probe that looks before the first of all batches and before the last."""
    probe = ConflictProbe(every=2 * config.epochs - 1)
    return *fitted(config, probe), probe


def met(report: ConflictSummary, view: str) -> set[tuple[str, str, str]]:
    return {(p.first, p.second, p.module) for p in report.pairs if p.view == view and p.same.n}


FROZEN_MEET = {("forecast", "reconstruction", module) for module in ("conditional", "fusion", "whole")}
ALL_MEET = FROZEN_MEET | {
    (first, second, module)
    for first, second in (TASKS[:2], TASKS[::2], TASKS[1:])
    for module in ("marginal.encoder", "marginal.prior", "whole")
}


@pytest.mark.parametrize("config", [ONE_PASS, BY_EPOCH])
def test_frozen_the_marginal_modules_have_no_pair_as_trained(config: TrainingConfig) -> None:
    report = probed(config)[2].summary()
    assert met(report, "as trained") == FROZEN_MEET
    assert met(report, "unfrozen") == ALL_MEET
    whole = report.pair("forecast", "disentanglement", "whole", "as trained")
    assert (whole.forth.harmful, whole.forth.change) == (0.0, 0.0)  # a step that leaves b alone
    assert whole.back.change != 0.0  # one that moves it


@pytest.mark.parametrize("config", [replace(ONE_PASS, freeze=False), replace(ONE_PASS, interleave="joint")])
def test_where_nothing_is_frozen_both_views_are_one(config: TrainingConfig) -> None:
    report = probed(config)[2].summary()
    assert met(report, "as trained") == met(report, "unfrozen") == ALL_MEET
    for pair in report.pairs:
        twin = report.pair(pair.first, pair.second, pair.module, "as trained")
        assert repr(replace(twin, view=pair.view)) == repr(pair)


def test_without_factors_only_forecast_and_reconstruction_meet() -> None:
    probe = ConflictProbe(every=1)
    fitted(ONE_PASS, probe, factors=False)
    assert {pair[:2] for pair in met(probe.summary(), "unfrozen")} == {("forecast", "reconstruction")}


def test_gradients_as_trained_are_those_that_do_not_pass_through_b() -> None:
    """Freezing changes no gradient of what is not frozen: one set of gradients serves both views."""
    net, batch, found = network().train(), turning().batch(torch.arange(40)), []
    own = [*net.conditional.parameters(), *net.fusion.parameters()]
    for turn in ("conditional", "joint"):
        torch.manual_seed(3)
        loss = player_loss(turn, net, batch, TrainingConfig(), LossConfig()).tasks["forecast"]
        found.append(torch.autograd.grad(loss, own, allow_unused=True))
    for one, other in zip(*found, strict=True):
        assert (one is None) == (other is None)
        assert one is None or torch.equal(one, other)


def test_trained_moves_follow_the_settings() -> None:
    modules = "marginal.encoder", "conditional"
    assert trained_moves(modules, TASKS, TrainingConfig()).tolist() == [[False, True], [False, True], [True, False]]
    assert trained_moves(modules, TASKS, TrainingConfig(freeze=False)).tolist() == [
        [True, True],
        [True, True],
        [True, False],
    ]
    assert trained_moves(modules, TASKS, TrainingConfig(interleave="joint")).all()


def test_modules_are_all_of_the_network_each_once() -> None:
    net = network()
    modules = modules_of(net)
    assert set(modules) == {"marginal.prior", "marginal.encoder", "conditional", "fusion", "decoder", "forecaster"}
    listed = [id(parameter) for module in modules.values() for parameter in module]
    assert sorted(listed) == sorted(id(parameter) for parameter in net.parameters())


@pytest.mark.parametrize(
    "config",
    [
        ONE_PASS,
        BY_EPOCH,
        replace(ONE_PASS, freeze=False),
        replace(ONE_PASS, interleave="joint"),
        replace(ONE_PASS, interleave="joint", combine="pcgrad"),
    ],
)
def test_a_fit_with_a_probe_is_the_fit_without_bit_for_bit(config: TrainingConfig) -> None:
    one, expected = plain(config)
    two, history, _ = probed(config)
    assert_same_bits(frozen(two), frozen(one))
    assert [record.train for record in history.records] == [record.train for record in expected.records]


def test_a_probed_fit_that_was_broken_off_ends_like_any_other(tmp_path: Path) -> None:
    keep = Checkpointing(tmp_path / "fit.ckpt")
    with pytest.raises(KeyboardInterrupt):
        fitted(ONE_PASS, ConflictProbe(every=1), keep, (Watch(1, "interrupt"),))
    probe = ConflictProbe(every=1)
    two, _ = fitted(ONE_PASS, probe, replace(keep, resume=True))
    assert_same_bits(frozen(two), frozen(plain(ONE_PASS)[0]))
    assert [look.step for look in probe.looks] == [1]


def test_a_look_leaves_network_modes_and_random_states_alone() -> None:
    net, batch = network().train(), turning().batch(torch.arange(33))
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    torch.manual_seed(5)
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    ConflictProbe().look(0, net, batch, TrainingConfig(), LossConfig())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
    assert random.getstate() == states[2]
    assert_same_bits(net.state_dict(), weights)
    assert all(parameter.grad is None for parameter in net.parameters())
    assert net.training


def test_it_looks_every_so_many_batches_the_first_included() -> None:
    probe = probed(BY_EPOCH)[2]
    assert [look.step for look in probe.looks] == [0, 3]
    report = probe.summary()
    assert (report.looks, report.seconds > 0) == (len(probe.looks), True)
    assert report.pair("forecast", "reconstruction", "conditional", "unfrozen").same.n <= 2 * report.looks


def test_it_can_look_at_losses_the_fit_does_not_minimise() -> None:
    net, batch = network().train(), turning().batch(torch.arange(40))
    alone = LossConfig(forecast=1, reconstruction=0, conditional_kl=0, marginal_kl=0, cross_entropy=0)
    blind, seeing = ConflictProbe(), ConflictProbe(weights=LossConfig())
    for probe in (blind, seeing):
        torch.manual_seed(0)
        probe.look(0, net, batch, TrainingConfig(interleave="joint"), alone)
    assert blind.summary().pair("reconstruction", "disentanglement", "whole", "unfrozen").same.n == 0
    assert seeing.summary().pair("reconstruction", "disentanglement", "whole", "unfrozen").same.n == 2


def test_a_batch_of_one_window_is_passed_over() -> None:
    probe = ConflictProbe()
    probe.look(0, network().train(), turning().batch(torch.arange(1)), TrainingConfig(), LossConfig())
    assert probe.looks == ()
    assert probe.summary().table() == {}


def test_the_estimator_carries_a_probe_and_its_report_is_a_frozen_table() -> None:
    probe = ConflictProbe(every=2)
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=TrainingConfig(epochs=1, batch_size=96))
    model.fit(hours(4).panel, ByTime(3, 1, 1), probe=probe, progress=False)
    report = probe.summary()
    table = report.table()
    assert {len(column) for column in table.values()} == {len(report.pairs)}
    at = list(zip(table["first"], table["module"], table["view"], strict=True)).index(
        ("forecast", "fusion", "as trained")
    )
    pair = report.pair("forecast", "reconstruction", "fusion", "as trained")
    assert table["same_n"][at] == pair.same.n > 0
    assert table["same_median"][at] == pair.same.median
    assert table["back_change"][at] == pair.back.change
    assert len(str(report).splitlines()) == 1 + len(report.pairs)
    with pytest.raises(FrozenInstanceError):
        report.looks = 3


@pytest.mark.parametrize("every", [0, -1])
def test_an_interval_below_one_is_refused(every: int) -> None:
    with pytest.raises(ConfigError, match="every must be a whole number >= 1"):
        ConflictProbe(every)
