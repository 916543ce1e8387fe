"""What forecasts rest on: shares, and models cut so that the answer is known."""

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import CodeConfig, ConfigError, DataError, DecoderConfig, DeepDIVE, ModelConfig, TrainingConfig
from divecast.explain.attribution.ablation import n_components, prior_mean, replaced
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.attribution.why import attribute
from divecast.inference.fitted_model import FittedModel
from divecast.model.network import Dimensions, Network
from divecast.types import Code
from worlds import FREQUENCIES, KINDS, SMALL, fit_hours, hours, moves, network

PANEL, RECORDINGS = hours().panel, moves()
Cut = Callable[[Network], None]


@pytest.fixture(scope="module")
def plain_model() -> DeepDIVE:
    """A model without effects: labels reach its forecasts through the code and the label covariates alone."""
    return fit_hours(epochs=1, config=replace(SMALL, effects=False))


def cut(model: DeepDIVE, change: Cut) -> FittedModel:
    fitted = model.fitted_model
    changed = copy.deepcopy(fitted.network)
    with torch.no_grad():
        change(changed)
    return replace(fitted, network=changed)


def explain(model: DeepDIVE, change: Cut, every: int = 5) -> Attribution:
    windows = model.fitted_model.windows(PANEL, "test", every=every)
    return attribute(cut(model, change), windows)


def deafen(*factors: int) -> Cut:
    """Cut the ways by which these factors reach a forecast: their tokens, and their covariates of the linear path."""

    def change(net: Network) -> None:
        forecaster = net.forecaster
        for factor in factors:
            token = net.fusion.tokens[factor]
            for weight in (token.class_vectors, token.project.weight, token.project.bias):
                weight.zero_()
        classes = forecaster.n_classes
        owners = [{i} for i, k in enumerate(classes) for _ in range(k)]
        owners += [{i, j} for i, j in forecaster.pairs for _ in range(classes[i] * classes[j])]
        lookback = forecaster.linear.weight.shape[1] - len(owners)
        for row, owner in enumerate(owners):
            if owner & set(factors):
                forecaster.linear.weight[:, lookback + row].zero_()

    return change


def test_shares_sum_to_one(hours_model: DeepDIVE) -> None:
    found = hours_model.why(PANEL, "test", 5)
    assert found.components == ("b_hour", "b_weekend", "a")
    np.testing.assert_allclose(found.share.sum(axis=0), 1.0, rtol=1e-6)
    assert found.overall.sum() == pytest.approx(1.0)
    assert (found.share >= 0.0).all()
    np.testing.assert_allclose(found.agreement.ablation.sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(found.agreement.attention.sum(axis=1), 1.0, rtol=1e-5)


def test_a_factor_that_is_cut_out_has_no_share(hours_model: DeepDIVE) -> None:
    found = explain(hours_model, deafen(0))
    np.testing.assert_array_equal(found.change[:, 0], 0.0)
    assert found.overall[0] == 0.0
    assert found.overall[1:].sum() == pytest.approx(1.0)


def test_a_model_that_ignores_b_gives_all_to_a(hours_model: DeepDIVE) -> None:
    found = explain(hours_model, deafen(0, 1))
    np.testing.assert_array_equal(found.overall, [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(found.together, found.change[:, 2])
    assert found.fused_share == 1.0
    assert found.additivity == pytest.approx(1.0)
    assert "Attention is not shown" in str(found)


def test_a_code_that_is_not_read_has_no_share(hours_model: DeepDIVE) -> None:
    def change(net: Network) -> None:
        net.forecaster_reads_a = False

    assert explain(hours_model, change).components == ("b_hour", "b_weekend")


def test_a_model_that_ignores_its_code_has_no_shares_and_the_window_has_all(hours_model: DeepDIVE) -> None:
    def change(net: Network) -> None:
        deafen(0, 1)(net)
        net.forecaster.conditions.weight.zero_()

    found = explain(hours_model, change)
    assert np.isnan(found.share).all()
    assert np.isnan(found.overall).all()
    np.testing.assert_allclose(found.window_share, 1.0, rtol=1e-5)
    assert "No component of the code changes these forecasts." in str(found)


def test_a_forecaster_that_leaves_the_fusion_out_has_the_linear_path_only(hours_model: DeepDIVE) -> None:
    found = explain(hours_model, lambda net: net.forecaster.conditions.weight.zero_())
    np.testing.assert_array_equal(found.fused, 0.0)
    assert found.fused_share == 0.0
    assert found.overall[2] == 0.0
    assert found.overall[:2].sum() == pytest.approx(1.0)


def test_a_model_that_ignores_its_window_leaves_it_nothing(plain_model: DeepDIVE) -> None:
    def change(net: Network) -> None:
        net.forecaster.linear.weight[:, : net.decoder.lookback].zero_()
        net.forecaster.leave.weight.zero_()
        net.forecaster.leave.bias.zero_()  # else each window's own spread would come through
        net.forecaster.departures.follow.zero_()

    found = explain(plain_model, change)
    np.testing.assert_allclose(found.window_share, 0.0, atol=1e-5)


def test_the_labels_alone_are_found_to_carry_what_only_they_know(plain_model: DeepDIVE) -> None:
    """In this world nothing but hour and weekend moves the values, and noise is white: the code must tell them."""
    found = plain_model.why(PANEL, "test")
    assert found.overall[:2].sum() > 0.9
    assert found.overall[0] > found.overall[1]


def test_changes_are_those_of_forecasts_with_the_part_at_its_prior_mean(hours_model: DeepDIVE) -> None:
    """The hour set to its prior mean by hand: b at the centres' mean and every class at its frequency."""
    fitted = hours_model.fitted_model
    windows = fitted.windows(PANEL, "test", every=50)
    net, batch = fitted.network, windows.batch(np.arange(len(windows)))
    found = hours_model.why(PANEL, "test", 50)
    with torch.inference_mode():
        marginal = net.marginal_code(batch.x, batch.labels, sample=False)
        a = net.infer_conditional(batch.x, marginal.b, batch.effects).loc
        mixture, size = net.marginal.prior.mixtures()[0], net.marginal.block_sizes[0]
        pi = mixture.log_pi.exp()
        b = marginal.b.clone()
        b[:, :size] = (pi[:, None] * mixture.centres()).sum(0)
        codes = Code(a, marginal.b, marginal.classes), Code(a, b, (pi.expand(len(b), -1), marginal.classes[1]))
        read = [(net.fuse_for_forecast(code)[0], code.classes, batch.effects) for code in codes]
        whole, less = (net.forecaster(batch.x, *each).mean for each in read)
    np.testing.assert_allclose(found.change[:, 0], (whole - less).square().mean(2), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.shift[:, 0], (whole - less).mean(2), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.by_channel[0], (whole - less).square().mean(0), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.variance, whole.var(0, correction=0), rtol=1e-4)
    assert found.by_channel.shape == (3, 6, 4)


@given(components=st.sets(st.integers(0, 2)))
@settings(max_examples=10)
def test_replacing_takes_the_components_asked_for_and_no_other(components: set[int]) -> None:
    net = network()
    own = Code(torch.ones(2, 3), torch.ones(2, sum(net.marginal.block_sizes)), (torch.ones(2, 4), torch.ones(2, 2)))
    mean = prior_mean(net, 2)
    found = replaced(own, mean, net.marginal.block_sizes, components)
    blocks = zip(*(net.marginal.blocks(code.b) for code in (found, own, mean)), strict=True)
    triples = [*blocks, (found.a, own.a, mean.a)]
    for part, (new, old, other) in enumerate(triples):
        assert torch.equal(new, other if part in components else old)
    for part, classes in enumerate(zip(found.classes, own.classes, mean.classes, strict=True)):
        assert torch.equal(classes[0], classes[2 if part in components else 1])


@pytest.mark.parametrize("labels", ["blocks", "given", "latent"])
def test_the_prior_mean_is_that_of_many_draws(labels: str) -> None:
    """Draw classes by frequency, b from the class's component: their means are the prior's."""
    config = ModelConfig(SMALL.encoder, CodeConfig(n_conditional=2, labels=labels), SMALL.decoder)
    frequencies = (FREQUENCIES[0], (0.2, 0.8))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Network(Dimensions(8, 3, 2, KINDS, frequencies), config).eval()
        drawn = torch.stack([torch.multinomial(torch.tensor(pi), 40_000, replacement=True) for pi in frequencies], 1)
        b, classes = net.marginal.clamp(torch.zeros(len(drawn), sum(net.marginal.block_sizes)), drawn, noise=True)
    mean = prior_mean(net, 1)
    torch.testing.assert_close(b.mean(0), mean.b[0].detach(), atol=0.06, rtol=0)
    for many, one in zip(classes, mean.classes, strict=True):
        torch.testing.assert_close(many.mean(0), one[0], atol=0.02, rtol=0)


def fit(factors: tuple[str, ...], config: ModelConfig) -> DeepDIVE:
    training = TrainingConfig(epochs=1, batch_size=512)
    return DeepDIVE(6, 24, factors, model=config, training=training).fit(hours(weeks=4).panel, progress=False)


def test_a_model_without_factors_rests_on_a_alone() -> None:
    model = fit((), SMALL)
    found = model.why(hours(weeks=4).panel, "test", 3)
    assert found.components == ("a",)
    assert n_components(model.fitted_model.network) == 1
    np.testing.assert_array_equal(found.change[:, 0], found.together)
    assert "fewer than two factors" in str(found.agreement)
    assert len(pa.table(found.frame("attention"))) == 0


def test_a_model_without_a_and_without_attention() -> None:
    decoder = DecoderConfig(token_width=16, n_heads=2, n_loadings=4, width=24, depth=1, fusion="concatenation")
    model = fit(("hour", "weekend"), ModelConfig(SMALL.encoder, CodeConfig(n_conditional=0), decoder))
    found = model.why(hours(weeks=4).panel, "test", 3)
    assert found.components == ("b_hour", "b_weekend")
    assert "no weights" in str(found.agreement)
    assert np.isnan(found.frame("attention")["attention"].to_numpy()).all()


def test_a_single_window_has_shares_but_no_variance(hours_model: DeepDIVE) -> None:
    found = hours_model.why(PANEL, at="2024-01-21 12:00")
    assert found.overall.sum() == pytest.approx(1.0)
    assert np.isnan(found.window_share).all()
    assert str(found.keys.stamps[0, 1]).startswith("2024-01-21T12")
    assert str(found).startswith("1 window, 6 steps")


def test_recordings_are_named(moves_model: DeepDIVE) -> None:
    name = RECORDINGS.names[1]
    found = moves_model.why(RECORDINGS, at=name)
    assert list(found.frame("window").column("recording").to_pylist()) == [name] * (3 * 5)


def test_frames_hold_the_arrays(hours_model: DeepDIVE) -> None:
    found = hours_model.why(PANEL, "test", 40)
    by_step, by_window, by_channel = (found.frame(rows) for rows in ("step", "window", "channel"))
    np.testing.assert_allclose(by_step["share"].to_numpy().reshape(3, 6), found.share)
    assert by_step.num_rows == 18
    np.testing.assert_array_equal(by_window["change"].to_numpy().reshape(found.change.shape), found.change)
    np.testing.assert_array_equal(by_channel["change"].to_numpy().reshape(found.by_channel.shape), found.by_channel)
    assert by_channel["unique_id"].to_pylist()[:4] == list(found.channels)
    assert by_window["ds"].to_numpy()[5] == found.keys.stamps[0, 6]
    assert set(found.frame("attention")["agrees"].to_pylist()) == {found.agreement.agrees}


def test_what_cannot_be_asked_is_refused(hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="Pass either at="):
        hours_model.why(PANEL, "test", at="2024-01-21 12:00")
    with pytest.raises(DataError, match="1999"):
        hours_model.why(PANEL, at="1999-01-01")
    with pytest.raises(ConfigError, match='"known" or "infer"'):
        hours_model.why(PANEL, "test", labels="guess")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="rows must be"):
        hours_model.why(PANEL, "test", 100).frame("year")  # type: ignore[arg-type]
    fitted = hours_model.fitted_model
    windows = fitted.windows(PANEL, "test")
    with pytest.raises(DataError, match="no window to explain"):
        attribute(fitted, windows.subset(slice(0, 0)))
