"""The estimator as scikit-learn's users know estimators: its text, its settings by name, and its copies."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from divecast import (
    Calendar,
    CodeConfig,
    ConfigError,
    DeepDIVE,
    Label,
    LossConfig,
    ModelConfig,
    NotFittedError,
    TrainingConfig,
)
from laws import assert_same_bits, frozen
from worlds import SMALL, hours

PANEL = hours().panel


def varied() -> DeepDIVE:
    """An estimator in which each group of settings differs from its defaults."""
    return DeepDIVE(
        6,
        24,
        ["hour", Label("shift", "ordered")],
        model=ModelConfig(code=CodeConfig(n_conditional=3)),
        training=TrainingConfig(epochs=2),
        losses=LossConfig(forecast=2.0),
        seed=4,
    )


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (DeepDIVE(6, 24), "DeepDIVE(horizon=6, lookback=24)"),
        (DeepDIVE(6, 24, ()), "DeepDIVE(horizon=6, lookback=24)"),
        (DeepDIVE(6, 24, ["hour"], seed=3), "DeepDIVE(horizon=6, lookback=24, factors=['hour'], seed=3)"),
        (
            DeepDIVE(6, 24, training=TrainingConfig(epochs=2, clip=0.5)),
            "DeepDIVE(horizon=6, lookback=24, training=TrainingConfig(epochs=2, clip=0.5))",
        ),
        (
            DeepDIVE(6, 24, model=ModelConfig(code=CodeConfig(n_conditional=3))),
            "DeepDIVE(horizon=6, lookback=24, model=ModelConfig(code=CodeConfig(n_conditional=3)))",
        ),
    ],
)
def test_the_text_shows_what_differs_from_the_defaults(model: DeepDIVE, text: str) -> None:
    assert repr(model) == text
    assert eval(repr(model)).get_params() == model.get_params()  # noqa: S307  of the text above


def test_the_text_of_all_settings_is_code_that_gives_them_back() -> None:
    assert eval(repr(varied())).get_params() == varied().get_params()  # noqa: S307  of a settings' own text


def test_settings_have_nested_names() -> None:
    settings = varied().get_params()
    assert settings["training__epochs"] == 2
    assert settings["model__code"] == CodeConfig(n_conditional=3)
    assert settings["model__code__n_conditional"] == 3
    assert settings["losses__forecast"] == 2.0
    assert settings["training"] == TrainingConfig(epochs=2)
    groups = ["model", "training", "losses"]
    names = ["horizon", "lookback", "factors", "covariates", *groups, "seed", "device", "series", "bounds"]
    assert list(varied().get_params(deep=False)) == names
    defaults = DeepDIVE(6, 24).get_params()
    assert defaults["model"] is None
    assert defaults["training__clip"] == TrainingConfig().clip


def test_settings_are_set_by_name_whole_groups_before_what_is_in_them() -> None:
    model = DeepDIVE(6, 24)
    changed = model.set_params(training__epochs=3, training=TrainingConfig(clip=0.5), model__code__n_conditional=2)
    assert changed is model
    assert model.training == TrainingConfig(epochs=3, clip=0.5)
    assert model.model == ModelConfig(code=CodeConfig(n_conditional=2))
    assert model.set_params(horizon=12, training=None).plan.training == TrainingConfig()
    assert (model.horizon, model.lookback) == (12, 24)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"horizn": 3}, "DeepDIVE has no setting 'horizn'"),
        ({"seed__epochs": 3}, "DeepDIVE has no setting 'seed__epochs'"),
        ({"training__epoch": 3}, "TrainingConfig has no setting 'epoch'.*epochs"),
        ({"training__epochs": 0}, r"training\.epochs must be >= 1"),
        ({"training__epochs__more": 1}, "the name of a single setting"),
        ({"horizon": 0}, "horizon must be a whole number >= 1"),
        ({"factors": ["hour", "hour"]}, "more than one factor"),
        ({"device": "abacus"}, "device must be one of"),
    ],
)
def test_settings_are_all_changed_or_none(wrong: dict[str, Any], message: str) -> None:
    model = varied()
    before = model.get_params()
    with pytest.raises(ConfigError, match=message):
        model.set_params(lookback=48, losses__forecast=5.0, **wrong)
    assert model.get_params() == before


def test_new_settings_leave_the_fitted_model_as_it_is(hours_model: DeepDIVE) -> None:
    model = DeepDIVE.from_plan(hours_model.plan)
    model._fitted = hours_model.fitted_model
    model.set_params(horizon=3, seed=9)
    assert model.is_fitted
    np.testing.assert_array_equal(model.forecast(PANEL).mean, hours_model.forecast(PANEL).mean)
    assert_same_bits(frozen(model.fitted_model.network), frozen(hours_model.fitted_model.network))


def test_scikit_learn_clones_it_without_the_fit(hours_model: DeepDIVE) -> None:
    base = pytest.importorskip("sklearn.base")
    for model in (varied(), hours_model):
        copy = base.clone(model)
        assert type(copy) is DeepDIVE
        assert copy is not model
        assert not copy.is_fitted
        assert (copy.plan, repr(copy)) == (model.plan, repr(model))


def test_a_plan_gives_back_the_text_of_its_estimator() -> None:
    factors = ["hour", "shift", Label("weekday"), Label("state", "ordered"), Calendar("month", tz="Asia/Tokyo")]
    for model in (DeepDIVE(6, 24, factors, training=TrainingConfig(epochs=2)), DeepDIVE(6, 24, seed=3)):
        assert repr(DeepDIVE.from_plan(model.plan)) == repr(model)


def test_a_plan_is_all_settings(hours_model: DeepDIVE) -> None:
    plan = varied().plan
    assert (plan.horizon, plan.lookback, plan.seed) == (6, 24, 4)
    assert plan.factors == (Calendar("hour"), Label("shift", "ordered"))
    again = DeepDIVE.from_plan(replace(plan, lookback=48))
    assert not again.is_fitted
    assert again.plan == replace(plan, lookback=48)
    assert DeepDIVE.from_plan(hours_model.plan).plan == hours_model.plan


def test_settings_are_attributes_before_and_after_the_fit(hours_model: DeepDIVE) -> None:
    model = DeepDIVE(6, 24, ["hour"])
    assert (model.horizon, model.lookback, model.factors, model.is_fitted) == (6, 24, ["hour"], False)
    assert (hours_model.horizon, hours_model.lookback, hours_model.is_fitted) == (6, 24, True)
    with pytest.raises(NotFittedError, match="Call fit"):
        _ = model.fitted_model


def test_only_public_names_are_listed(hours_model: DeepDIVE) -> None:
    for model in (varied(), hours_model):
        names = [name for name in dir(model) if not name.startswith("__")]
        assert not [name for name in names if name.startswith("_")]
        assert {"fit", "forecast", "what_if", "horizon", "is_fitted", "set_params"} <= set(names)


def test_a_score_is_larger_the_better_the_forecasts(hours_model: DeepDIVE) -> None:
    scores = hours_model.evaluate(PANEL, "all", every=7, baselines=False)
    mase = scores.scores["DeepDIVE"].overall()["mase"]
    assert hours_model.score(PANEL, part="all", every=7) == -mase
    assert hours_model.score(PANEL.rows(0, 100)) < 0  # other data than those of the fit: all rows


def test_scikit_learn_cross_validates_the_rows_of_a_table() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    pandas = pytest.importorskip("pandas")
    hour = np.arange(400)
    load = hour % 24 + np.random.default_rng(0).normal(0, 1, 400)
    table = pandas.DataFrame({"ds": pandas.date_range("2024-01-01", periods=400, freq="h"), "load": load})
    model = DeepDIVE(4, 24, model=SMALL, training=TrainingConfig(epochs=1, batch_size=64))
    folds = selection.TimeSeriesSplit(2, test_size=60)
    scores = selection.cross_val_score(model, table, cv=folds, params={"progress": False})
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
