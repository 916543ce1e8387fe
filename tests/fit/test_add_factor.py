"""A factor that is added later is inferred, and changes nothing else, to the last bit."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ByRecording, ConfigError, DataError, DataWarning, DeepDIVE, Label, Panel, TrainingConfig
from divecast.fit import add_factor as adding
from laws import assert_same_bits, frozen
from worlds import SMALL, hours, moves

PANEL = hours().panel
DAY = np.where(np.arange(len(PANEL.values)) % 24 < 12, "early", "late").astype(object)


def labelled(n: int = 56) -> Panel:
    """The panel with a label of half days in ``n`` rows of its training part."""
    shown = np.full(len(DAY), None, dtype=object)
    chosen = np.random.default_rng(0).choice(np.arange(24, len(DAY) // 2), n, replace=False)
    shown[chosen] = DAY[chosen]
    return replace(PANEL, labels={"half": shown})


def copied(fitted: DeepDIVE) -> DeepDIVE:
    """Another estimator of the same fitted model."""
    model = DeepDIVE.from_plan(fitted.plan)
    model._fitted = fitted.fitted_model
    return model


@pytest.fixture(scope="module")
def grown(hours_model: DeepDIVE) -> DeepDIVE:
    """The shared model, with a factor more; its network is the same object."""
    return copied(hours_model).add_factor(labelled(), "half")


def test_network_and_forecasts_stay_bit_for_bit(hours_model: DeepDIVE, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "_STEPS", 30)
    before, forecast = (
        frozen(hours_model.fitted_model.network),
        hours_model.forecast(PANEL, start="2024-02-20", every=7),
    )
    model = copied(hours_model).add_factor(labelled(), "half")
    assert_same_bits(frozen(model.fitted_model.network), before)
    again = model.forecast(PANEL, start="2024-02-20", every=7)
    np.testing.assert_array_equal(again.mean, forecast.mean)
    np.testing.assert_array_equal(again.quantiles, forecast.quantiles)
    assert not hours_model.fitted_model.added


def test_it_is_inferred_from_few_examples(grown: DeepDIVE, hours_model: DeepDIVE) -> None:
    labels = grown.infer_labels(replace(PANEL, labels={"half": DAY}), "test")
    assert labels.factors == ("hour", "weekend", "half")
    assert labels.accuracy()["half"] > 0.85
    old = hours_model.infer_labels(PANEL, "test")
    for one, other in zip(labels.probabilities, old.probabilities, strict=False):
        np.testing.assert_array_equal(one, other)


def test_codes_have_its_block_which_the_fusion_does_not_read(grown: DeepDIVE, hours_model: DeepDIVE) -> None:
    codes, old = grown.encode(PANEL, "test"), hours_model.encode(PANEL, "test")
    assert codes.factors == (*old.factors, "half")
    assert codes.b_mean[2].shape == codes.b_sd[2].shape
    assert not codes.attention[:, :, 2].any()
    np.testing.assert_array_equal(codes.attention[:, :, :2], old.attention)
    np.testing.assert_array_equal(codes.a_mean, old.a_mean)
    assert {"b_half0_mean", "p_half_early"} <= set(codes.frame(backend="pandas").columns)


def test_it_is_saved(grown: DeepDIVE, tmp_path) -> None:
    grown.save(tmp_path / "model.safetensors")
    again = DeepDIVE.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.encode(PANEL, "test").b_mean[2], grown.encode(PANEL, "test").b_mean[2])
    assert again.fitted_model.added[0].n_examples == 56


def test_what_cannot_be_added(grown: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="has a factor or covariate 'half' already"):
        grown.add_factor(labelled(), "half")
    with pytest.raises(ConfigError, match="differs by series"):
        grown.add_factor(labelled(), Label("other", per_series=True))
    with pytest.raises(ConfigError, match="its name, or a Label, got ndarray"):
        grown.add_factor(PANEL, np.array(["early"] * len(DAY)))
    with pytest.raises(DataError):
        grown.add_factor(PANEL, "other")
    early = np.full(len(DAY), None, dtype=object)
    early[:20] = DAY[:20]  # before the first window ends
    with pytest.raises(DataError, match="No window ends at a row with a label 'other'"):
        grown.add_factor(replace(PANEL, labels={"other": early}), "other")


def test_rare_classes_are_told(hours_model: DeepDIVE, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "_STEPS", 30)
    rare = np.full(len(DAY), None, dtype=object)
    rare[100:160], rare[200:203] = "often", "seldom"
    with pytest.warns(DataWarning, match="1 class of 'what' with fewer than 5 labelled windows: seldom"):
        copied(hours_model).add_factor(replace(PANEL, labels={"what": rare}), "what")


@pytest.mark.slow
def test_recordings_and_models_without_factors_learn_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "_STEPS", 60)
    data = moves(n_each=2)
    model = DeepDIVE(5, 40, model=SMALL, training=TrainingConfig(epochs=1, batch_size=128, window_stride=4))
    model.fit(data, ByRecording(1, 1, 0, group="person"), progress=False)
    with pytest.raises(ConfigError, match="infers no labels"):
        model.infer_labels(data)
    model.add_factor(data, "move")
    labels = model.infer_labels(data, by="recording")
    assert labels.factors == ("move",)
    assert labels.accuracy()["move"] > 0.8
