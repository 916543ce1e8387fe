"""The loop: repeatable, watched, stopped in time, and without effect on anything else."""

import math
import random
import signal
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.config import TrainingConfig
from divecast.model.network import Network
from divecast.train.loop import Task, fit_network, learning_rate
from divecast.train.player_loss import TERMS
from divecast.train.validate import validate
from laws import assert_same_bits, changed, frozen
from train.fits import PER_EPOCH, Watch, fitted, task
from worlds import Tensors, network, turning


@pytest.mark.parametrize("interleave", ["step", "epoch", "joint"])
def test_two_fits_of_one_seed_are_equal_bit_for_bit_and_another_seed_is_not(interleave: str) -> None:
    config = TrainingConfig(epochs=2, batch_size=64, interleave=interleave)
    one, first = fitted(task(0, config))
    two, second = fitted(task(0, config))
    assert_same_bits(frozen(two), frozen(one))
    assert [r.valid for r in first.records] == [r.valid for r in second.records]
    other, _ = fitted(task(1, config))
    assert changed(frozen(one), frozen(other)) > {"marginal.encoder.head.linear.weight", "decoder.courses.weight"}


def test_the_global_random_states_are_left_alone() -> None:
    torch.manual_seed(5)
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002  the state others use
    fitted(task(config=TrainingConfig(epochs=1, batch_size=64)))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1][1])  # noqa: NPY002
    assert random.getstate() == states[2]


def test_a_fit_does_not_depend_on_the_global_random_state() -> None:
    torch.manual_seed(1)
    one, _ = fitted(task(config=TrainingConfig(epochs=1, batch_size=64)))
    torch.manual_seed(2)
    two, _ = fitted(task(config=TrainingConfig(epochs=1, batch_size=64)))
    assert_same_bits(frozen(two), frozen(one))


def test_it_learns_to_forecast_and_to_read_labels() -> None:
    what = task(config=TrainingConfig(epochs=15, batch_size=64, learning_rate=1e-2), missing=0.0)
    net, history = fitted(what)
    assert history.records[-1].valid["forecast"] < 0.8 * history.records[0].valid["forecast"]
    batch = what.valid.batch(torch.arange(50))
    shares = net.marginal.class_probabilities(net.marginal.infer(batch.x).mean)
    for i, share in enumerate(shares):
        assert (share.argmax(1) == batch.labels[:, i]).float().mean() > 0.9


def test_without_factors_it_is_a_plain_autoencoder() -> None:
    watch = Watch()
    net, history = fitted(task(factors=False), callbacks=[watch], factors=False)
    assert not net.training
    assert set(history.records[0].train) == set(TERMS[:3])
    assert history.records[-1].valid["marginal_kl"] == history.records[-1].valid["cross_entropy"] == 0


class Weights:
    """Notes the weights before each batch."""

    def __init__(self) -> None:
        self.seen: list[dict[str, torch.Tensor]] = []

    def look(self, step: int, network: Network, *_: object) -> None:
        self.seen.append({name: value.detach().clone() for name, value in network.named_parameters()})


def test_an_averaged_fit_keeps_the_running_mean_of_the_weights_of_the_plain_one() -> None:
    config, weights = TrainingConfig(epochs=1, batch_size=64), Weights()
    plain = network(seed=1)
    fit_network(plain, task(config=config), probe=weights)
    each = [*weights.seen[1:], dict(plain.named_parameters())]
    mean = each[0]
    for step, now in enumerate(each[1:], 2):  # Shamir and Zhang 2013, with 9 for their eta
        mean = {name: mean[name] * (step - 1) / (step + 9) + now[name] * 10 / (step + 9) for name in mean}
    averaged = network(seed=1)
    history = fit_network(averaged, task(config=replace(config, average=True)))
    for name, value in averaged.named_parameters():
        torch.testing.assert_close(value, mean[name], rtol=1e-5, atol=1e-6)
    valid = validate(averaged, task(config=config).valid, 64, torch.device("cpu"))
    assert history.records[0].valid == pytest.approx(valid)


def opposite() -> Task:
    """Validation windows whose future is turned round: what is learned only hurts."""
    train = turning(200, 1)
    valid = Tensors(train.x, -train.y, train.labels)
    config = TrainingConfig(epochs=9, batch_size=32, learning_rate=1e-2, patience=1)
    return replace(task(config=config), train=train, valid=valid)


def test_it_stops_when_validation_stalls_and_keeps_the_best_weights() -> None:
    what = opposite()
    net, history = fitted(what)
    best = history.best_epoch
    assert len(history.records) == best + 1 + what.config.patience < what.config.epochs
    kept = validate(net, what.valid, what.config.batch_size, what.device)
    assert kept == history.records[best].valid
    assert kept["forecast"] < history.records[-1].valid["forecast"]
    assert not net.training


def test_watchers_hear_of_every_batch_and_pass() -> None:
    watch = Watch()
    _, history = fitted(task(), callbacks=[watch])
    assert watch.calls[0] == ("start", 0, 2 * PER_EPOCH)
    assert watch.calls[-1] == ("end",)
    assert watch.steps() == list(range(1, 2 * PER_EPOCH + 1))
    assert [call[1] for call in watch.calls if call[0] == "epoch"] == list(history.records)
    assert [r.epoch for r in history.records] == [0, 1]
    last_of_first = [call[2] for call in watch.calls if call[0] == "step"][PER_EPOCH - 1]
    assert history.records[0].train == last_of_first
    assert set(last_of_first) == set(TERMS)


def test_by_epoch_each_pass_has_the_terms_of_its_player() -> None:
    config = TrainingConfig(epochs=2, batch_size=64, interleave="epoch")
    _, history = fitted(task(config=config))
    assert [set(r.train) for r in history.records] == [set(TERMS[3:]), set(TERMS[:3])]


def test_a_watcher_that_fails_ends_the_fit_and_all_watchers_hear_of_it() -> None:
    other, watch = Watch(), Watch(2, "raise")
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="fell over"):
        fitted(task(), callbacks=[other, watch])
    assert other.calls[-1] == watch.calls[-1] == ("end",)
    assert signal.getsignal(signal.SIGINT) is before


def test_fewer_windows_than_a_batch_still_make_a_pass() -> None:
    what = replace(task(), train=turning(5, 1))
    _, history = fitted(what)
    assert len(history.records) == 2


def test_validation_is_a_mean_over_windows_however_batched() -> None:
    net, what = network(), task()
    whole = validate(net, what.valid, 1000, what.device)
    pieces = validate(net, what.valid, 7, what.device)
    assert pieces == pytest.approx(whole, rel=1e-5)
    assert tuple(whole) == TERMS
    assert all(math.isfinite(value) for value in whole.values())


@settings(max_examples=40)
@given(st.integers(1, 500), st.floats(0, 0.99), st.floats(1e-6, 1.0))
def test_the_rate_rises_to_its_peak_and_falls(n_steps: int, warmup: float, peak: float) -> None:
    config = TrainingConfig(warmup=warmup, learning_rate=peak)
    rates = [learning_rate(step, n_steps, config) for step in range(n_steps)]
    assert all(0 < rate <= peak * (1 + 1e-9) for rate in rates)
    top = max(1, round(warmup * n_steps)) - 1
    assert rates[top] == pytest.approx(peak)
    assert all(b > a for a, b in pairwise(rates[: top + 1]))
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(rates[top:]))


def test_the_rate_ends_near_zero() -> None:
    assert learning_rate(999, 1000, TrainingConfig(learning_rate=1.0)) < 1e-4
