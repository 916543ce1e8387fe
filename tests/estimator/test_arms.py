"""Every way labels can be part of the code, through the whole estimator."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from divecast import ByTime, CodeConfig, ConfigError, DeepDIVE, LossConfig, ModelConfig, TrainingConfig
from worlds import SMALL, hours

SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "unused": ({"labels": "unused"}, {}, {}),
    "b alone": ({"n_conditional": 0}, {}, {}),
    "merged": ({"labels": "merged"}, {}, {}),
    "tcvae": ({"labels": "merged"}, {}, {"conditional_tc": 5.0}),
    "given": ({"labels": "given"}, {"clamp": 1.0}, {}),
    "latent": ({"labels": "latent"}, {"clamp": 1.0, "interleave": "joint", "epochs": 2}, {}),
    "a without b": ({"given_b": False}, {}, {}),
    "tc of b": ({}, {}, {"marginal_tc": 1.0}),
    "pcgrad": ({}, {"interleave": "joint", "combine": "pcgrad"}, {}),
    "not frozen": ({}, {"freeze": False, "epochs": 2}, {}),
    "laplace": ({"component": "laplace"}, {}, {}),
    "pairs": ({"prior": "pairs"}, {}, {}),
}
FACTORS = ["hour", "weekend"]


def small(**code: Any) -> ModelConfig:
    return replace(SMALL, code=replace(SMALL.code, **code))


def fit(name: str, seed: int = 0) -> DeepDIVE:
    code, training, losses = SETTINGS[name]
    steps = TrainingConfig(**{"epochs": 1, "batch_size": 128, "learning_rate": 1e-2, **training})
    model = DeepDIVE(6, 24, FACTORS, model=small(**code), training=steps, losses=LossConfig(**losses), seed=seed)
    return model.fit(hours().panel, ByTime(3, 1, 1), progress=False)


@cache
def fitted_once(name: str) -> DeepDIVE:
    """The fit of these settings; tests must not change it."""
    return fit(name)


@pytest.fixture(scope="module", params=sorted(SETTINGS))
def arm(request: pytest.FixtureRequest) -> tuple[str, DeepDIVE]:
    return request.param, fitted_once(request.param)


def test_it_forecasts_no_worse_than_the_day_before(arm: tuple[str, DeepDIVE]) -> None:
    scores = arm[1].evaluate(hours().panel).scores
    assert scores["DeepDIVE"].overall()["rrse"] < scores["seasonal naive (24)"].overall()["rrse"]


def test_it_is_saved_and_loaded_bit_by_bit(arm: tuple[str, DeepDIVE], tmp_path: Path) -> None:
    name, model = arm
    model.save(tmp_path / "m.safetensors")
    again = DeepDIVE.load(tmp_path / "m.safetensors")
    panel = hours().panel
    for mode in ("known", "infer"):
        assert np.array_equal(model.forecast(panel, labels=mode).mean, again.forecast(panel, labels=mode).mean), name


def test_codes_are_as_wide_as_the_settings_say(arm: tuple[str, DeepDIVE]) -> None:
    name, model = arm
    codes = model.encode(hours().panel, "test")
    n_a = {"b alone": 0, "merged": 3 + 4 + 1, "tcvae": 3 + 4 + 1}.get(name, 3)  # hour: two circles, weekend: one
    assert codes.a_mean.shape[1] == n_a
    expected = {"unused": [], "merged": [], "tcvae": [], "given": [24, 2], "latent": [24, 2]}.get(name, [4, 1])
    assert [block.shape[1] for block in codes.b_mean] == expected
    assert len(codes.factors) == len(expected)
    assert np.isfinite(codes.a_mean).all()
    frame = codes.frame()
    assert ("attention_hour" in frame.column_names) == bool(expected)


def test_labels_are_inferred_where_they_are_part_of_the_posterior(arm: tuple[str, DeepDIVE]) -> None:
    name, model = arm
    if name in ("unused", "merged", "tcvae", "given"):
        with pytest.raises(ConfigError, match="infers no labels"):
            model.infer_labels(hours().panel, "test")
        return
    assert model.infer_labels(hours().panel, "test").accuracy()["hour"] > 3 / 24  # chance is 1/24, after a pass or two


def test_windows_are_drawn_from_its_prior(arm: tuple[str, DeepDIVE]) -> None:
    drawn = arm[1].sample(5, {"hour": "07"})
    assert np.isfinite(drawn.y).all()
    assert (drawn.labels["hour"] == "07").all()


def test_a_fit_repeats_itself() -> None:
    for name in ("latent", "pcgrad"):
        one, other = (model.forecast(hours().panel).mean for model in (fitted_once(name), fit(name)))
        assert np.array_equal(one, other)


def test_given_labels_reach_the_forecast_and_missing_ones_do_not_break_it() -> None:
    model = fitted_once("given")
    known, hidden = (model.forecast(hours().panel, labels=mode).mean for mode in ("known", "infer"))
    assert not np.allclose(known, hidden)
    assert np.isfinite(hidden).all()


def test_unused_labels_change_nothing() -> None:
    """Without b the labels are there to be compared with, and for nothing else."""
    training, panel = TrainingConfig(epochs=1, batch_size=128), hours(weeks=3).panel
    means = [
        DeepDIVE(6, 24, factors, model=small(labels="unused"), training=training)
        .fit(panel, ByTime(3, 1, 1), progress=False)
        .forecast(panel)
        .mean
        for factors in (FACTORS, [])
    ]
    assert np.array_equal(*means)


def test_a_code_without_dimensions_is_refused() -> None:
    model = DeepDIVE(6, 24, FACTORS, model=ModelConfig(code=CodeConfig(n_conditional=0, labels="unused")))
    with pytest.raises(ConfigError, match="The code has no dimensions"):
        model.fit(hours().panel, progress=False)


def test_correlation_penalty_lowers_the_correlation_of_a() -> None:
    """Two channels' worth of daily wave in a code of eight: the penalty must leave less shared between dimensions."""
    correlations = []
    for name in ("merged", "tcvae"):
        a = torch.from_numpy(fitted_once(name).encode(hours().panel, "test").a_mean).double()
        eigenvalues = torch.linalg.eigvalsh(torch.corrcoef(a.T).nan_to_num(0.0).fill_diagonal_(1.0))
        correlations.append(-0.5 * eigenvalues.clamp(min=1e-6).log().sum().item())  # that of a normal
    assert correlations[1] < correlations[0]
